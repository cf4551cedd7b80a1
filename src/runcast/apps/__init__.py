"""Applications that come with Runcast: written as a user would, with the public names."""
