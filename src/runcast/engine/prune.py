"""Removes finished runs, and all that belongs to them, after their retention."""

from __future__ import annotations

from functools import partial

from runcast.store import prune
from runcast.store.store import Store

_PAUSE_MS = 50
_REST_MS = 3_600_000


class Prune:
    """A tick removes one bounded piece; it rests for an hour when nothing is left."""

    name = "prune"

    def __init__(self, store: Store, *, retention_ms: int) -> None:
        self._store = store
        self._retention_ms = retention_ms

    async def tick(self, now: int) -> int | None:
        gone = await self._store.write(partial(prune.prune, now - self._retention_ms), lazy=True)
        return now + (_PAUSE_MS if gone else _REST_MS)
