"""Runcast in one process: the server with its embedded worker, and this program as the caller.

Every setting is the default: an acknowledged trigger is on disk (WAL, `synchronous=FULL`), finished runs are kept.
"""

from __future__ import annotations

import asyncio
import os
import threading

from benchmarks.ledger import opened, until
from benchmarks.subjects import DATABASE_NAME, Result
from runcast import Client, Queue, step, task, wait
from runcast.gateway import WorkerGateway
from runcast.sdk.registry import registry
from runcast.server import Server, ServerConfig
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

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
        self._worker = EmbeddedWorker(self._server.engine, settings)
        self._client = Client(gateway=self._server.engine)
        run = await self._client.trigger(noop, {"i": 0})
        await run.result()

    async def close(self) -> None:
        await self._worker.stop()
        await self._server.stop()

    async def noops(self, count: int) -> Result:
        return await self._batches("noop", range(count))

    async def _batches(self, name: str, payloads: range) -> Result:
        batches = [
            await self._client.batch_trigger(name, [{"i": i} for i in payloads[begin : begin + CHUNK]])
            for begin in range(0, len(payloads), CHUNK)
        ]

        async def finished() -> None:
            for batch in batches:
                await batch.results()

        return finished

    async def noop(self, row: int) -> Result:
        run = await self._client.trigger("noop", {"i": row})

        async def finished() -> None:
            await run.result()

        return finished

    async def fanout(self, children: int) -> None:
        run = await self._client.trigger("parent", {"children": children})
        await run.result()

    async def sleepers(self, count: int, seconds: int) -> Result:
        payloads = [{"i": i, "seconds": seconds} for i in range(count)]
        batches = [
            await self._client.batch_trigger("sleeper", payloads[begin : begin + CHUNK])
            for begin in range(0, count, CHUNK)
        ]

        async def finished() -> None:
            for batch in batches:
                await batch.results()

        return finished

    async def until_asleep(self, count: int) -> None:
        """All have started, and none holds a slot any more."""
        await until(lambda: opened().started_count(count) == count)
        while any(queue.queued or queue.executing for queue in await self._client.queues()):
            pass

    async def steps(self, count: int) -> Result:
        return await self._batches("two_steps", range(count))


class EmbeddedWorker:
    """A worker on a thread and loop of its own."""

    def __init__(self, gateway: WorkerGateway, settings: WorkerSettings) -> None:
        self._started = threading.Event()
        self._gateway = gateway
        self._settings = settings
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="runcast-worker")
        self._thread.start()
        self._started.wait()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._worker = Worker(self._gateway, registry, self._settings, embedded=True)
        self._started.set()
        await self._worker.run()

    async def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._worker.stop)
        await asyncio.to_thread(self._thread.join)
