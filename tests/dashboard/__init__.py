"""The dashboard: what is served, and its pages in a real browser."""
