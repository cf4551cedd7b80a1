"""Counts threads that go on although their run was stopped: a thread cannot be killed, only the whole process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

from runcast.worker.deadlines import Deadlines
from runcast.worker.running import Running
from runcast.worker.settings import WorkerSettings


class StuckThreads:
    """Looks at stopped threads once their patience is over; past a bound it asks for a new process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context, settings: WorkerSettings) -> None:
        self._loop = loop
        self._settings = settings
        self._deadlines: Deadlines[Running] = Deadlines(loop, context, self._look)
        self._count = 0
        self.on_too_many: Callable[[], None] = _nothing

    def watch(self, running: Running) -> None:
        """The run was stopped: its thread, if it has one, should end soon."""
        if running.threaded:
            when = self._loop.time() + self._settings.kill_after_ms / 1000
            self._deadlines.add(f"{running.run_id}@{running.epoch}", when, running)

    def _look(self, running: Running) -> None:
        if running.ended:
            return
        self._count += 1
        if self._count > self._settings.abandoned_threads_max:
            self.on_too_many()

    def close(self) -> None:
        self._deadlines.close()


def _nothing() -> None:
    """Nobody listens."""
