"""Values of the domain as the API shows them. What is absent is left out, never null."""
