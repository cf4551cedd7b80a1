"""Providers of texts, streamed as they are written."""
