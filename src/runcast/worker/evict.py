"""Which waiting coroutines and threads stay in this process, and for how long."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextvars import Context

from runcast.worker.deadlines import Deadlines
from runcast.worker.running import Running

POSTPONE_S = 0.1


class Residents:
    """The waiting executions, the one that waits longest first."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        evict: Callable[[Running], None],
        *,
        after_ms: int,
        maximum: int,
    ) -> None:
        self._loop = loop
        self._evict = evict
        self._after_ms = after_ms
        self._maximum = maximum
        self._waiting: OrderedDict[str, Running] = OrderedDict()
        self._deadlines: Deadlines[Running] = Deadlines(loop, context, self._due)

    def add(self, running: Running) -> None:
        """It begins to wait; it may be evicted at once."""
        after_ms = running.task.evict_after_ms
        # A worker that keeps nothing (a process of its own, a test) does so whatever the task would like.
        if after_ms is None or self._after_ms == 0:
            after_ms = self._after_ms
        if after_ms == 0:
            self._evict(running)
            return
        self._keep(running, after_ms / 1000)
        if len(self._waiting) > self._maximum:
            self._evict_first(lambda _: True)

    def postpone(self, running: Running) -> None:
        """It cannot be evicted now; look again later."""
        self._keep(running, max(self._after_ms / 1000, POSTPONE_S))

    def _keep(self, running: Running, seconds: float) -> None:
        self._waiting[running.run_id] = running
        self._deadlines.add(running.run_id, self._loop.time() + seconds, running)

    def remove(self, running: Running) -> None:
        """It goes on, or is gone."""
        if self._waiting.get(running.run_id) is running:
            del self._waiting[running.run_id]
            self._deadlines.remove(running.run_id)

    def evict_thread(self) -> bool:
        """Give up the thread that has waited longest; False if none waits."""
        return self._evict_first(lambda running: running.threaded)

    def close(self) -> None:
        self._deadlines.close()

    def _evict_first(self, fits: Callable[[Running], bool]) -> bool:
        found = next((running for running in self._waiting.values() if fits(running)), None)
        if found is None:
            return False
        self.remove(found)
        self._evict(found)
        return True

    def _due(self, running: Running) -> None:
        self.remove(running)
        self._evict(running)
