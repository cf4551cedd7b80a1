"""Leads, from its providers to the browser."""
