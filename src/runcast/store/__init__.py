"""Durable facts: SQL, scripts and drivers. Nothing else in Runcast knows a database."""
