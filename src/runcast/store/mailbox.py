"""The way into an event loop from the writer's thread."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any


class Mailbox:
    """Hands calls to one event loop from the writer's thread, in order, with one wake-up for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[Mailbox], None] | None = None) -> None:
        self._loop = loop
        self._wake_or_hold = ring or Mailbox.wake
        self._items: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._lock = threading.Lock()
        self._scheduled = False

    def put(self, function: Callable[..., None], *args: Any) -> None:
        with self._lock:
            self._items.append((function, args))
            if self._scheduled:
                return
            self._scheduled = True
        self._wake_or_hold(self)

    def wake(self) -> None:
        """Let the loop take what is here."""
        try:
            self._loop.call_soon_threadsafe(self._drain)
        except RuntimeError:
            # The loop is closed: nobody waits for this any more.
            self._items.clear()

    def _drain(self) -> None:
        with self._lock:
            items, self._items = self._items, deque()
            self._scheduled = False
        for function, args in items:
            function(*args)
