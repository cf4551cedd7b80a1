"""Hands runs to those who wait for their end, straight from the commit that ended them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from functools import partial

from runcast.domain.errors import NotFound
from runcast.domain.run import Run
from runcast.store import reads
from runcast.store.store import Store

Waiter = asyncio.Future[Run]
Found = Mapping[str, Run]


class Results:
    """Waiters by run id. `ended` is called on the writer's thread.

    Ten thousand waiters of one batch are the normal case: those who begin to wait in one iteration of a loop share one
    read, and so do those whose runs one commit ended (a read each: 150 µs a run, all together: 15).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiters: dict[str, list[Waiter]] = {}
        self._lock = threading.Lock()
        self._looks: dict[asyncio.AbstractEventLoop, tuple[list[str], asyncio.Task[Found]]] = {}

    async def wait(self, run_id: str) -> Run:
        """The run, once it is final. Raises `NotFound`."""
        loop = asyncio.get_running_loop()
        future: Waiter = loop.create_future()
        with self._lock:
            self._waiters.setdefault(run_id, []).append(future)
        try:
            # Registered first, looked second: an end in between is seen by one of the two.
            run = (await self._look(loop, run_id)).get(run_id)
            if run is None:
                raise NotFound(f"no run {run_id}")
            return run if run.is_final else await future
        finally:
            self._forget(run_id, future)

    async def _look(self, loop: asyncio.AbstractEventLoop, run_id: str) -> Found:
        """The run as it is now, read together with those that others of this iteration ask for."""
        look = self._looks.get(loop)
        if look is None:
            run_ids: list[str] = []
            look = self._looks[loop] = (run_ids, loop.create_task(self._read(loop, run_ids)))
        look[0].append(run_id)
        # The read is everybody's: who stops waiting does not stop it.
        return await asyncio.shield(look[1])

    async def _read(self, loop: asyncio.AbstractEventLoop, run_ids: list[str]) -> Found:
        del self._looks[loop]
        return {run.id: run for run in await self._store.read(partial(reads.runs_by_id, run_ids))}

    def ended(self, run_ids: Sequence[str]) -> None:
        if not self._waiters:
            return
        with self._lock:
            waited = {id: futures for id in run_ids if (futures := self._waiters.pop(id, None))}
        if not waited:
            return
        for run in self._store.read_now(partial(reads.runs_by_id, list(waited))):
            for future in waited[run.id]:
                self._store.mailbox(future.get_loop()).put(_resolve, future, run)

    def _forget(self, run_id: str, future: Waiter) -> None:
        with self._lock:
            futures = self._waiters.get(run_id)
            if futures is not None and future in futures:
                futures.remove(future)
                if not futures:
                    del self._waiters[run_id]


def _resolve(future: Waiter, run: Run) -> None:
    if not future.done():
        future.set_result(run)
