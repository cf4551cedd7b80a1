"""Rings those who follow the feed, on their own loops. It carries no data, and may ring for nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from runcast.store.store import Store


class Doorbell:
    """`ring()` is safe from any thread; listeners are events of their own loops."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()

    @property
    def listeners(self) -> int:
        """How many follow the feed here."""
        return len(self._listeners)

    def ring(self) -> None:
        if not self._listeners:
            return
        with self._lock:
            listeners = list(self._listeners.items())
        for event, loop in listeners:
            self._store.mailbox(loop).put(event.set)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set after each commit with changes, while the block runs."""
        event = asyncio.Event()
        with self._lock:
            self._listeners[event] = asyncio.get_running_loop()
        try:
            yield event
        finally:
            with self._lock:
                del self._listeners[event]
