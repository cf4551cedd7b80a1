"""Hands a run to those who wait for its end, straight from the commit that ended it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial

from runcast.domain.errors import NotFound
from runcast.domain.run import Run
from runcast.store import reads
from runcast.store.store import Store


class Results:
    """Waiters by run id. `ended` is called on the writer's thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiters: dict[str, list[asyncio.Future[Run]]] = {}
        self._lock = threading.Lock()

    async def wait(self, run_id: str) -> Run:
        """The run, once it is final. Raises `NotFound`."""
        future: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiters.setdefault(run_id, []).append(future)
        try:
            # Registered first, looked second: an end in between is seen by one of the two.
            run = await self._store.read(partial(reads.find_run, run_id))
            if run is None:
                raise NotFound(f"no run {run_id}")
            return run if run.is_final else await future
        finally:
            self._forget(run_id, future)

    def ended(self, run_ids: Sequence[str]) -> None:
        if not self._waiters:
            return
        for run_id in run_ids:
            with self._lock:
                futures = self._waiters.pop(run_id, None)
            if not futures:
                continue
            run = self._store.read_now(partial(reads.find_run, run_id))
            for future in futures:
                self._store.mailbox(future.get_loop()).put(_resolve, future, run)

    def _forget(self, run_id: str, future: asyncio.Future[Run]) -> None:
        with self._lock:
            futures = self._waiters.get(run_id)
            if futures is not None and future in futures:
                futures.remove(future)
                if not futures:
                    del self._waiters[run_id]


def _resolve(future: asyncio.Future[Run], run: Run) -> None:
    if not future.done():
        future.set_result(run)
