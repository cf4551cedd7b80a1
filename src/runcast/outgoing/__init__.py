"""Requests and letters that the server sends to places that its users name."""
