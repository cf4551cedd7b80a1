"""Facts without a network: from an address, pasted text, names and public lists."""
