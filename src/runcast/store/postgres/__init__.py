"""The PostgreSQL driver: many engines on one database, which write in turn."""
