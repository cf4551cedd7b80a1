"""How many bodies are alive, and when the last one is gone."""

from __future__ import annotations

import asyncio


class Census:
    """Counts bodies of every kind. One waiter at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._alive = 0
        self._all_gone: asyncio.Future[None] | None = None

    def born(self) -> None:
        self._alive += 1

    def gone(self) -> None:
        self._alive -= 1
        if self._alive == 0 and self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)

    @property
    def is_empty(self) -> bool:
        return self._alive == 0

    async def until_empty(self, patience_s: float | None = None) -> None:
        """Wait until no body is left, or for as long as this."""
        if self._alive:
            self._all_gone = self._loop.create_future()
            await asyncio.wait([self._all_gone], timeout=patience_s)
