"""DBOS Transact on SQLite, at its documented best: asynchronous workflows started directly, a fast-polling queue.

An acknowledged workflow is on disk (rollback journal with `synchronous=FULL`, its defaults). Workflows start directly
where no limit is asked for; the fan-out's limit of 100 is a queue with `worker_concurrency`.
"""

# The peers live in an environment of their own, which the type checker does not see.
# mypy: disable-error-code="import-not-found, untyped-decorator, no-any-return"

from __future__ import annotations

import asyncio
import os

from dbos import DBOS, DBOSConfig

from benchmarks.ledger import SPARE, opened, until
from benchmarks.subjects import DATABASE_NAME, Result

POLL_S = 0.05
QUEUE = "children"


@DBOS.workflow()
async def noop(i: int) -> int:
    opened().start(i)
    return i


@DBOS.workflow()
async def child(i: int) -> int:
    opened().start(i)
    await asyncio.sleep(0.05)
    opened().end(i)
    return i


@DBOS.workflow()
async def parent(children: int) -> int:
    opened().start(children)
    handles = [await DBOS.enqueue_workflow_async(QUEUE, child, i) for i in range(children)]
    done = await asyncio.gather(*(handle.get_result(polling_interval_sec=POLL_S) for handle in handles))
    opened().end(children)
    return len(done)


@DBOS.workflow()
async def sleeper(i: int, seconds: int) -> int:
    opened().start(i)
    await DBOS.sleep_async(seconds)
    opened().end(i)
    return i


@DBOS.step()
async def step(i: int) -> int:
    return i


@DBOS.workflow()
async def two_steps(i: int) -> int:
    opened().start(i)
    return await step(await step(i))


def create() -> Dbos:
    return Dbos()


class Dbos:
    """DBOS in this process: caller, queue poller and worker, as its guide starts it."""

    durability = "rollback journal, synchronous=FULL"
    package = "dbos"
    command = "dbos"

    async def open(self, *, slots: int = 0, evict_after_s: float | None = None) -> None:
        config: DBOSConfig = {
            "name": "bench",
            "system_database_url": _address(os.environ[DATABASE_NAME]),
            "log_level": "ERROR",
            "executor_id": "bench",
            "application_version": "1",
            "notification_listener_polling_interval_sec": POLL_S,
        }
        DBOS(config=config)
        await asyncio.to_thread(self._launch)
        handle = await DBOS.enqueue_workflow_async(QUEUE, noop, SPARE)
        await handle.get_result(polling_interval_sec=POLL_S)

    @staticmethod
    def _launch() -> None:
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=100, polling_interval_sec=POLL_S)

    async def close(self) -> None:
        await asyncio.to_thread(DBOS.destroy)

    async def noops(self, count: int) -> Result:
        handles = [await DBOS.start_workflow_async(noop, i) for i in range(count)]

        async def finished() -> None:
            await asyncio.gather(*(handle.get_result(polling_interval_sec=POLL_S) for handle in handles))

        return finished

    async def noop(self, row: int) -> Result:
        handle = await DBOS.start_workflow_async(noop, row)

        async def finished() -> None:
            await handle.get_result(polling_interval_sec=0.001)

        return finished

    async def fanout(self, children: int) -> None:
        handle = await DBOS.start_workflow_async(parent, children)
        await handle.get_result(polling_interval_sec=POLL_S)

    async def sleepers(self, count: int, seconds: int) -> Result:
        handles = [await DBOS.start_workflow_async(sleeper, i, seconds) for i in range(count)]

        async def finished() -> None:
            await asyncio.gather(*(handle.get_result(polling_interval_sec=POLL_S) for handle in handles))

        return finished

    async def due_ms(self, row: int) -> float | None:
        return None

    async def until_asleep(self, count: int) -> None:
        await until(lambda: opened().started_count(count) == count)

    async def steps(self, count: int) -> Result:
        handles = await asyncio.gather(*(DBOS.start_workflow_async(two_steps, i) for i in range(count)))

        async def finished() -> None:
            await asyncio.gather(*(handle.get_result(polling_interval_sec=POLL_S) for handle in handles))

        return finished


def _address(database: str) -> str:
    return database if database.startswith("postgresql://") else f"sqlite:///{database}"
