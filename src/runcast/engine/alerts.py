"""Looks for slow runs and long queues, for the alerts that want to hear of them."""

from __future__ import annotations

from functools import partial

from runcast.store import alerts
from runcast.store.store import Store

_EVERY_MS = 5_000


class Alerts:
    """A tick looks once. What fails or is parked raises its alerts itself, in the commit in which that happens."""

    name = "alerts"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tick(self, now: int) -> int | None:
        await self._store.write(partial(alerts.look, now), lazy=True)
        return now + _EVERY_MS
