"""Durable background work for Python that you can watch while it happens."""
