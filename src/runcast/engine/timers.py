"""Fires what falls due: sleeps, timeouts, delays, retries, ttls."""

from __future__ import annotations

from functools import partial

from runcast.store import timers
from runcast.store.store import Store


class Timers:
    """A tick fires a bounded piece and says when the next thing falls due."""

    name = "timers"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tick(self, now: int) -> int | None:
        return await self._store.write(partial(timers.fire_due, now))
