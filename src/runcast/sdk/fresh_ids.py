"""New ids for what code outside of a run asks for: sortable by the time of this machine."""

from __future__ import annotations

import os
import time

from runcast.domain.ids import ALPHABET, CHANCE_CHARS, make_id

_CHARACTER = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))


def fresh_id(prefix: str) -> str:
    """A new id, sortable by the time of this machine."""
    return fresh_ids(prefix, 1)[0]


def fresh_ids(prefix: str, count: int) -> list[str]:
    """New ids that sort in this order, so that a batch starts in the order of its items."""
    head = make_id(prefix, at_ms=time.time_ns() // 1_000_000, chance=0)[:-CHANCE_CHARS]
    text = os.urandom(CHANCE_CHARS * count).translate(_CHARACTER).decode()
    return sorted(head + text[at : at + CHANCE_CHARS] for at in range(0, len(text), CHANCE_CHARS))
