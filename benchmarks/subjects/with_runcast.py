"""Runcast in one process: the server with its embedded worker, and this program as the caller.

Every setting is the default: an acknowledged trigger is on disk (WAL, `synchronous=FULL`), finished runs are kept.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from benchmarks.ledger import SPARE, opened, until
from benchmarks.subjects import DATABASE_NAME, Result
from runcast import BatchHandle, Client, Queue, step, task, wait
from runcast.sdk.ambient import use_door
from runcast.sdk.doors import GatewayDoor
from runcast.sdk.registry import registry
from runcast.sdk.task import AsyncTask
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from runcast.worker.tuning import tune_process

CHUNK = 1_000
hundred = Queue("hundred", concurrency=100)


@task
async def noop(i: int) -> int:
    opened().start(i)
    return i


@task(queue=hundred)
async def child(i: int) -> int:
    opened().start(i)
    await asyncio.sleep(0.05)
    opened().end(i)
    return i


@task
async def parent(children: int) -> int:
    opened().start(children)
    results = await child.batch_trigger_and_wait(range(children))
    opened().end(children)
    return len(results)


@task
async def sleeper(i: int, seconds: int) -> int:
    opened().start(i)
    await wait.for_(seconds)
    opened().end(i)
    return i


@step
async def plus_one(i: int) -> int:
    return i + 1


@task
async def two_steps(i: int) -> int:
    opened().start(i)
    return await plus_one(await plus_one(i))


def create() -> Runcast:
    return Runcast()


class Runcast:
    """Server and worker in this process."""

    durability = "WAL, synchronous=FULL"
    package = "runcast"
    command = "runcast"

    async def open(self, *, slots: int = 0, evict_after_s: float | None = None) -> None:
        settings = WorkerSettings()
        if evict_after_s is not None:
            settings = WorkerSettings(evict_after_ms=int(evict_after_s * 1000))
        self._server = Server(ServerConfig(database=os.environ[DATABASE_NAME]))
        await self._server.start()
        tune_process()
        self._worker = EmbeddedWorker(self._server.engine, registry, settings)
        self._worker.start()
        await self._worker.opened()
        use_door(GatewayDoor(self._server.engine))
        self._client = Client(gateway=self._server.engine)
        run = await noop.trigger(SPARE)
        await run.result()

    async def close(self) -> None:
        use_door(None)
        self._worker.stop()
        await self._worker.joined()
        await self._server.stop()

    async def noops(self, count: int) -> Result:
        return await _batches(noop, range(count))

    async def noop(self, row: int) -> Result:
        run = await noop.trigger(row)

        async def finished() -> None:
            await run.result()

        return finished

    async def fanout(self, children: int) -> None:
        run = await parent.trigger(children)
        await run.result()

    async def sleepers(self, count: int, seconds: int) -> Result:
        batches = await _triggered(sleeper, [(i, seconds) for i in range(count)])
        # Not `batch.runs`: a handle for each would be counted as what a sleeper costs.
        self._sleepers = [run_id for batch in batches for run_id in batch.run_ids]
        return _finished(batches)

    async def due_ms(self, row: int) -> float | None:
        entries = await self._client.journal(self._sleepers[row])
        return entries[0].due_at

    async def until_asleep(self, count: int) -> None:
        """All have started, and none holds a slot any more."""
        await until(lambda: opened().started_count(count) == count)
        while any(queue.queued or queue.executing for queue in await self._client.queues.list()):
            pass

    async def steps(self, count: int) -> Result:
        return await _batches(two_steps, range(count))


async def _batches(triggered: AsyncTask[..., int], items: Sequence[Any]) -> Result:
    return _finished(await _triggered(triggered, items))


async def _triggered(triggered: AsyncTask[..., int], items: Sequence[Any]) -> list[BatchHandle[int]]:
    return [await triggered.batch_trigger(items[begin : begin + CHUNK]) for begin in range(0, len(items), CHUNK)]


def _finished(batches: Sequence[BatchHandle[int]]) -> Result:
    """The results are seen when every batch's results are."""

    async def finished() -> None:
        for batch in batches:
            await batch.results()

    return finished
