"""Guards the database file: one that was deleted or replaced is noticed before much is written that nobody can read."""

from __future__ import annotations

from collections.abc import Callable

from runcast.store.store import Store

LOOK_EVERY_MS = 1_000
"""A look costs some microseconds."""


class Guard:
    """A tick looks whether the file is still there; `on_loss` is called once, with what happened."""

    name = "guard"

    def __init__(self, store: Store, *, on_loss: Callable[[str], None]) -> None:
        self._store = store
        self._on_loss = on_loss

    async def tick(self, now: int) -> int | None:
        loss = self._store.find_loss()
        if loss is None:
            return now + LOOK_EVERY_MS
        self._on_loss(loss)
        return None
