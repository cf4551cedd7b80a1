"""One life of an engine with its worker, which may end at any commit as a process ends: without another instruction."""

from __future__ import annotations

import asyncio
import warnings
from random import Random
from typing import Any

from runcast.sdk.ambient import use_door
from runcast.sdk.scope import current_scope
from runcast.sdk.stopping import Stopping
from runcast.store.script import Script, call
from runcast.store.store import Store
from runcast.testing.engine import TestEngine
from runcast.testing.ledger import Ledger
from runcast.testing.records import Snapshot, changed, snapshot

CLOSES_MAX = 50
"""How many awaits a body may have in the blocks that it leaves."""


class Crash(SystemExit):
    """The process ends at this instruction. Asyncio lets a `SystemExit` through at once, past everything."""


class CrashAt:
    """The writer's hook: ends the life before or after the n-th commit that changes a run. Commit 0: never."""

    def __init__(self, commit: int = 0, side: str = "before") -> None:
        self.commit = commit
        self.side = side
        self.seen = 0
        self.armed = True
        self.store: Store | None = None
        self.doing: list[str] = []
        """What the commit at which it struck was about to record, or had."""
        self._newest = 0
        self._changes = False
        self._before: Snapshot = {}

    def before_commit(self) -> None:
        if self.store is None or not self.armed:
            return
        newest = self.store.read_now(_newest_change)
        self._changes = newest != self._newest
        self._newest = newest
        if not self._changes:
            return
        self.seen += 1
        if self.seen == self.commit:
            self.doing = changed(self._before, snapshot(self.store))
            self._strike("before")

    def after_commit(self) -> None:
        if self.store is None or not self.armed or not self._changes:
            return
        if self.seen == self.commit:
            self._strike("after")
        elif self.seen == self.commit - 1:
            self._before = snapshot(self.store)

    def _strike(self, side: str) -> None:
        if side == self.side:
            raise Crash


class Chance(Random):
    """Random numbers that depend on the place in a body at which they are drawn, and on nothing else: a value whose
    record was lost in a crash is drawn again as it was, so that lives can be compared."""

    def random(self) -> float:
        return self._here().random() if current_scope.get() else super().random()

    def getrandbits(self, k: int, /) -> int:
        return self._here().getrandbits(k) if current_scope.get() else super().getrandbits(k)

    def _here(self) -> Random:
        scope = current_scope.get()
        assert scope is not None
        counts = sorted((scope._counts or {}).items())  # noqa: SLF001 - the place is what the scope counts
        return Random(f"{scope.execution.run_id} {scope.path} {counts}")


class MortalEngine(TestEngine):
    """A `TestEngine` that can die."""

    def __init__(self, faults: CrashAt, **options: Any) -> None:
        super().__init__(**options)
        self._faults = self.faults = faults
        self._random = Chance(0)

    async def __aenter__(self) -> MortalEngine:
        await super().__aenter__()
        return self

    def _opened(self, store: Store) -> None:
        self.faults.store = store

    def die(self, ledger: Ledger | None) -> None:
        """After a `Crash`: let go of the file, and of what other engines need. No code of a body runs."""
        self.clock.detach(self)
        use_door(self._door_before)
        for running in self._worker.executing():
            if ledger is not None:
                ledger.bury(running.host)
        self._store.abandon()

    def decompose(self) -> None:
        """Wake the threads that still wait, so that they end: their calls raise from now on."""
        for running in tuple(self._worker.executing()):
            running.stop = Stopping.FENCE
            if running.thread_wait is not None and not running.thread_wait.done():
                running.thread_wait.set_result(None)


def dispose(loop: asyncio.AbstractEventLoop) -> None:
    """Close a loop and every coroutine that stands in it, silently: their process has ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A `finally` block that gathers asks for the thread's loop: without one, asyncio makes one that nobody closes.
        asyncio.set_event_loop(loop)
        closed: set[asyncio.Task[Any]] = set()
        # What such a block starts is closed after the others.
        while tasks := asyncio.all_tasks(loop) - closed:
            for task in tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - nobody is to hear of it
                _close(task.get_coro())
            closed |= tasks
        asyncio.set_event_loop(None)
        loop.close()


def _close(coro: Any) -> None:
    """Close a coroutine, also one that awaits something in its `finally` blocks."""
    for _ in range(CLOSES_MAX):
        try:
            coro.close()
        except RuntimeError:
            continue
        except BaseException:  # noqa: BLE001 - what it raises is nobody's any more
            return
        return


def _newest_change() -> Script[int]:
    newest: int = yield call("newest_change")
    return newest
