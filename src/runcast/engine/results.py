"""Hands runs and their ends to those who wait for them, straight from the commit that ended them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from runcast.domain.errors import EngineStopped, NotFound
from runcast.domain.run import End, Run
from runcast.store import reads
from runcast.store.store import Store

T = TypeVar("T")
YOUNG_MAX = 1_024
"""Runs known to be alive because they were born a moment ago."""
Waiter = asyncio.Future[Run]


class _Group:
    """Somebody who waits for the ends of many runs. Lives on their loop."""

    def __init__(self, run_ids: Sequence[str]) -> None:
        self.loop = asyncio.get_running_loop()
        self.complete = self.loop.create_future()
        self.ends: dict[str, End] = {}
        self.missing = dict.fromkeys(run_ids)

    def settle(self, ends: Sequence[End]) -> None:
        for end in ends:
            self.ends[end.id] = end
            self.missing.pop(end.id, None)
        if not self.missing and not self.complete.done():
            self.complete.set_result(None)


class Results:
    """Waiters by run id: for one whole run, or for the ends of many. `born` and `ended` are called on the writer's thread.

    A batch of ten thousand is one waiter, and the commit itself says how its runs ended: a read and a future for each
    run cost 150 µs. Who triggers a run and waits for it at once causes no read either: it is known to be alive.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiters: dict[str, list[Waiter]] = {}
        self._groups: dict[str, list[_Group]] = {}
        self._young: dict[str, None] = {}
        """The youngest runs that have not ended, in the order of their birth."""
        self._lock = threading.Lock()

    async def wait(self, run_id: str) -> Run:
        """The run, once it is final. Raises `NotFound`."""
        future: Waiter = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiters.setdefault(run_id, []).append(future)
        try:
            # Registered first, looked second: an end in between is seen by one of the two.
            run = await self._store.read(partial(reads.find_run, run_id))
            if run is None:
                raise NotFound(f"no run {run_id}")
            return run if run.is_final else await future
        finally:
            with self._lock:
                _remove(self._waiters, run_id, future)

    async def wait_all(self, run_ids: Sequence[str]) -> Sequence[End]:
        """How the runs ended, in this order, once all have. Raises `NotFound` when one of them does not exist."""
        group = _Group(run_ids)
        with self._lock:
            for run_id in group.missing:
                self._groups.setdefault(run_id, []).append(group)
        try:
            # Registered first, looked second, as above; whoever is young now ends later.
            missing = tuple(run_id for run_id in group.missing if run_id not in self._young)
            if missing:
                ends, unknown = await self._store.read(partial(reads.ends, missing))
                if unknown:
                    raise NotFound(f"no run {unknown[0]}")
                group.settle(ends)
            await group.complete
            return [group.ends[run_id] for run_id in run_ids]
        finally:
            with self._lock:
                for run_id in run_ids:
                    _remove(self._groups, run_id, group)

    def born(self, run_ids: Sequence[str]) -> None:
        young = self._young
        young.update(dict.fromkeys(run_ids[-YOUNG_MAX:]))
        while len(young) > YOUNG_MAX:
            del young[next(iter(young))]

    def ended(self, ends: Sequence[End]) -> None:
        for end in ends if self._young else ():
            self._young.pop(end.id, None)
        if self._waiters:
            self._hand_runs([end.id for end in ends])
        if self._groups:
            self._hand_ends(ends)

    def fail(self, reason: str) -> None:
        """The engine has stopped: whoever waits hears it, because no end will come."""
        with self._lock:
            futures = [future for waiters in self._waiters.values() for future in waiters]
            groups = {group for waiters in self._groups.values() for group in waiters}
        for future in [*futures, *(group.complete for group in groups)]:
            self._store.mailbox(future.get_loop()).put(_fail, future, EngineStopped(reason))

    def _hand_runs(self, run_ids: Sequence[str]) -> None:
        with self._lock:
            waited = {id: futures for id in run_ids if (futures := self._waiters.pop(id, None))}
        if not waited:
            return
        for run in self._store.read_now(partial(reads.runs_by_id, tuple(waited))):
            for future in waited[run.id]:
                self._store.mailbox(future.get_loop()).put(_resolve, future, run)

    def _hand_ends(self, ends: Sequence[End]) -> None:
        by_group: dict[_Group, list[End]] = {}
        with self._lock:
            for end in ends:
                for group in self._groups.pop(end.id, ()):
                    by_group.setdefault(group, []).append(end)
        for group, mine in by_group.items():
            self._store.mailbox(group.loop).put(group.settle, mine)


def _remove(waiting: dict[str, list[T]], run_id: str, waiter: T) -> None:
    waiters = waiting.get(run_id)
    if waiters is not None and waiter in waiters:
        waiters.remove(waiter)
        if not waiters:
            del waiting[run_id]


def _resolve(future: Waiter, run: Run) -> None:
    if not future.done():
        future.set_result(run)


def _fail(future: asyncio.Future[Any], error: EngineStopped) -> None:
    if not future.done():
        future.set_exception(error)
