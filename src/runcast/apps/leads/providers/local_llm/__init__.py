"""A small model on this machine, to see texts stream without a key: experimental, and only used when it is chosen."""
