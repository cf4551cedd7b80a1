"""Providers of research: what is worth knowing of somebody."""
