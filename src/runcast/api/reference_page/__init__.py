"""Swagger UI 5.35.0 (Apache 2.0), as its makers publish it on npm, compressed: the reference page works without a network."""
