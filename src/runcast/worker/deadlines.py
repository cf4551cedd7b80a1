"""One timer for many deadlines: `max_duration` of all runs, eviction of all that wait."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Calls `due(item)` at an item's time. An item that no longer counts is the callee's to see."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context, due: Callable[[T], None]) -> None:
        self._loop = loop
        self._context = context
        self._due = due
        self._heap: list[tuple[float, int, T]] = []
        self._added = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, when: float, item: T) -> None:
        """Loop time `when`."""
        self._added += 1
        heapq.heappush(self._heap, (when, self._added, item))
        if self._heap[0][2] is item:
            self._set_timer()

    def close(self) -> None:
        self._heap.clear()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            self._timer = self._loop.call_at(self._heap[0][0], self._fire, context=self._context)

    def _fire(self) -> None:
        self._timer = None
        # A timer may fire a clock tick early; what it was set for is due all the same.
        now = max(self._loop.time(), self._heap[0][0]) if self._heap else 0.0
        while self._heap and self._heap[0][0] <= now:
            self._due(heapq.heappop(self._heap)[2])
        self._set_timer()
