"""New ids for what code outside of a run asks for: sortable by the time of this machine."""

from __future__ import annotations

import os
import threading
import time

from runcast.domain.ids import ALPHABET, CHANCE_CHARS, make_id

_CHARACTER = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_KEPT_BYTES = 4_096


class _Chance:
    """Random bytes of the system, in stock: asking for them lets go of the interpreter, which a busy process gives back late."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """A forked child must not give out what its parent does."""
        self._lock = threading.Lock()
        self._kept = b""

    def take(self, count: int) -> bytes:
        if count > _KEPT_BYTES // 4:
            return os.urandom(count)
        with self._lock:
            if len(self._kept) < count:
                self._kept = os.urandom(_KEPT_BYTES)
            taken, self._kept = self._kept[:count], self._kept[count:]
        return taken


_chance = _Chance()
"""One for the process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_chance.begin_anew)


def fresh_id(prefix: str) -> str:
    """A new id, sortable by the time of this machine."""
    return fresh_ids(prefix, 1)[0]


def fresh_ids(prefix: str, count: int) -> list[str]:
    """New ids that sort in this order, so that a batch starts in the order of its items."""
    head = make_id(prefix, at_ms=time.time_ns() // 1_000_000, chance=0)[:-CHANCE_CHARS]
    text = _chance.take(CHANCE_CHARS * count).translate(_CHARACTER).decode()
    return sorted(head + text[at : at + CHANCE_CHARS] for at in range(0, len(text), CHANCE_CHARS))
