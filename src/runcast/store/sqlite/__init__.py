"""The SQLite driver: a file or memory, one writer thread, group commit."""
