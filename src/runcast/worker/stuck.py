"""Threads that nobody waits for any more, and that go on all the same: a thread cannot be killed, only its process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

from runcast.worker.deadlines import Deadlines
from runcast.worker.settings import WorkerSettings

GoesOn = Callable[[], bool]


class StuckThreads:
    """Counts the threads, of bodies and of steps, that are stuck now; past a bound it asks for a new process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context, settings: WorkerSettings) -> None:
        self._loop = loop
        self._settings = settings
        self._watched = 0
        self._stuck: list[GoesOn] = []
        self._deadlines: Deadlines[GoesOn] = Deadlines(loop, context, self._look)
        self.on_too_many: Callable[[], None] = _nothing

    def watch(self, goes_on: GoesOn) -> None:
        """A thread was given up; it is stuck if it still goes on after a while."""
        self._watched += 1
        when = self._loop.time() + self._settings.kill_after_ms / 1000
        self._deadlines.add(str(self._watched), when, goes_on)

    def close(self) -> None:
        self._deadlines.close()

    def _look(self, goes_on: GoesOn) -> None:
        self._stuck = [one for one in (*self._stuck, goes_on) if one()]
        if len(self._stuck) > self._settings.abandoned_threads_max:
            self.on_too_many()


def _nothing() -> None:
    """Nobody listens."""
