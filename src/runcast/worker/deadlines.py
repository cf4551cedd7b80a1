"""One timer for many deadlines: `max_duration` of all runs, eviction of all that wait.

Most deadlines never fall due, because the run ends before. So they lie in slots of a few milliseconds, where one is
removed at no cost: a heap would hold a finished run with all its memory until its time.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")

SLOT_S = 0.01
"""Deadlines fall due up to this much late."""


class Deadlines(Generic[T]):
    """Calls `due(item)` at an item's time, or a little later."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context, due: Callable[[T], None]) -> None:
        self._loop = loop
        self._context = context
        self._due = due
        self._slots: dict[int, dict[str, T]] = {}
        self._slot_of: dict[str, int] = {}
        self._order: list[int] = []
        """A heap of slots, some of them empty by now."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_slot = 0

    def add(self, key: str, when: float, item: T) -> None:
        """Loop time `when`. A second deadline of the same key replaces the first."""
        self.remove(key)
        slot = math.ceil(when / SLOT_S)
        items = self._slots.get(slot)
        if items is None:
            items = self._slots[slot] = {}
            heapq.heappush(self._order, slot)
        items[key] = item
        self._slot_of[key] = slot
        if self._timer is None or slot < self._timer_slot:
            self._set_timer()

    def remove(self, key: str) -> None:
        """It will not fall due."""
        slot = self._slot_of.pop(key, None)
        if slot is not None:
            items = self._slots[slot]
            del items[key]
            if not items:
                del self._slots[slot]

    def close(self) -> None:
        """Nothing falls due any more."""
        self._slots.clear()
        self._slot_of.clear()
        self._order.clear()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._order and self._order[0] not in self._slots:
            heapq.heappop(self._order)
        if self._order:
            self._timer_slot = self._order[0]
            self._timer = self._loop.call_at(self._timer_slot * SLOT_S, self._fire, context=self._context)

    def _fire(self) -> None:
        self._timer = None
        # A timer may fire a clock tick early; what it was set for is due all the same.
        now = max(math.floor(self._loop.time() / SLOT_S), self._timer_slot)
        while self._order and self._order[0] <= now:
            items = self._slots.pop(heapq.heappop(self._order), {})
            for key in items:
                del self._slot_of[key]
            for item in items.values():
                self._due(item)
        self._set_timer()
