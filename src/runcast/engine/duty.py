"""A service that one engine is enough for, where several share a database."""

from __future__ import annotations

from functools import partial

from runcast.engine.service import Ticker
from runcast.store import duties
from runcast.store.store import Store

LEASE_MS = 30_000
LOOK_MS = 10_000
"""How often who has the duty renews it, and who has not looks whether it is free."""


class Duty:
    """Ticks another ticker as long as this engine holds the lease of its name.

    The lease saves work, it does not guard anything: what is ticked must be right when two engines do it at once.
    """

    def __init__(self, ticker: Ticker, store: Store, holder: str) -> None:
        self.name = ticker.name
        self._ticker = ticker
        self._store = store
        self._holder = holder
        self._held_until = 0
        self._due = 0
        """When what is ticked wants to be."""

    async def tick(self, now: int) -> int | None:
        if now > self._held_until - LEASE_MS + LOOK_MS:
            script = partial(duties.take, self.name, self._holder, now, LEASE_MS)
            held = await self._store.write(script, lazy=True)
            self._held_until = now + LEASE_MS if held else 0
        if self._held_until and now >= self._due:
            at = await self._ticker.tick(now)
            self._due = now + LOOK_MS if at is None else at
        return min(now + LOOK_MS, self._due) if self._held_until else now + LOOK_MS
