"""The blob store, where the bytes of large artifacts may lie."""
