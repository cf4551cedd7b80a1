"""Procrastinate on PostgreSQL, at its documented best: an asynchronous worker in this process, woken by `LISTEN`.

A deferred job is on disk (`synchronous_commit=on`). It keeps no results and has no durable parents, sleeps or steps.
"""

# The peers live in an environment of their own, which the type checker does not see.
# mypy: disable-error-code="import-not-found, untyped-decorator, no-any-return"

from __future__ import annotations

import asyncio
import os
from typing import Any

import procrastinate

from benchmarks.ledger import SPARE, opened, until
from benchmarks.subjects import DATABASE_NAME, Result

CHUNK = 1_000
CONCURRENCY = 50
"""Jobs at once: the best of 10, 50, 100 and 500 for no-ops."""

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ[DATABASE_NAME], max_size=20))


@app.task
async def noop(i: int) -> None:
    opened().start(i)
    opened().end(i)


def create() -> Procrastinate:
    return Procrastinate()


class Procrastinate:
    """Caller and worker in this process."""

    durability = "synchronous_commit=on"
    package = "procrastinate"
    command = "procrastinate"

    async def open(self, *, slots: int = 0, evict_after_s: float | None = None) -> None:
        await app.open_async()
        await app.schema_manager.apply_schema_async()
        self._worker: asyncio.Task[Any] = asyncio.create_task(
            app.run_worker_async(
                concurrency=slots or CONCURRENCY, wait=True, install_signal_handlers=False, listen_notify=True
            )
        )
        await (await self.noop(SPARE))()

    async def close(self) -> None:
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
        await app.close_async()

    async def noops(self, count: int) -> Result:
        for start in range(0, count, CHUNK):
            await noop.batch_defer_async(*({"i": i} for i in range(start, min(start + CHUNK, count))))
        ledger = opened()

        async def done() -> None:
            await until(lambda: ledger.ended_count(count) == count)

        return done

    async def noop(self, row: int) -> Result:
        await noop.defer_async(i=row)
        ledger = opened()

        async def done() -> None:
            await until(lambda: ledger.ended[row] > 0, every_s=0.001)

        return done

    async def fanout(self, children: int) -> None:
        raise NotImplementedError

    async def sleepers(self, count: int, seconds: int) -> Result:
        raise NotImplementedError

    async def due_ms(self, row: int) -> float | None:
        raise NotImplementedError

    async def until_asleep(self, count: int) -> None:
        raise NotImplementedError

    async def steps(self, count: int) -> Result:
        raise NotImplementedError
