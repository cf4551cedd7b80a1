"""What the door knows of the database without asking it for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from runcast.engine.access_desk import AccessDesk

T = TypeVar("T")

FRESH_MS = 2_000
"""How long another server's change may go unnoticed."""


class Remembered(Generic[T]):
    """A value in memory: read anew when it is older than it may be, or when this engine changed who may enter."""

    def __init__(self, desk: AccessDesk, read: Callable[[], Awaitable[T]], now_ms: Callable[[], int]) -> None:
        self._desk = desk
        self._read = read
        self._now_ms = now_ms
        self._value: T | None = None
        self._read_at: int | None = None
        self._changes = -1
        self._reading = asyncio.Lock()

    async def get(self, age_ms_max: int = FRESH_MS) -> T:
        """The value, at most so old."""
        if self._age_ms() > age_ms_max:
            # Requests that come together read once together.
            async with self._reading:
                if self._age_ms() > age_ms_max:
                    # Noted before the read: a change during it is not overlooked.
                    now, changes = self._now_ms(), self._desk.changes
                    self._value = await self._read()
                    self._read_at, self._changes = now, changes
        assert self._value is not None
        return self._value

    def _age_ms(self) -> float:
        current = self._read_at is not None and self._changes == self._desk.changes
        age_ms = self._now_ms() - (self._read_at or 0)
        return age_ms if current and age_ms >= 0 else float("inf")
