"""A body that blocks its worker's event loop for longer than a lease: late, but not lost, and executed once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runcast.domain.run import Run, RunStatus
from runcast.engine.engine import EngineSettings
from runcast.sdk.requests import new_run
from runcast.sdk.task import TaskDefinition
from runcast.server import Server, ServerConfig
from runcast.store import workers
from runcast.wire import socket_path
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.link import Link
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.worker import blocking

LEASE_MS = 800
"""Short against what the bodies block, long against what a busy machine holds a thread back."""
PATIENCE_S = 30.0


class Place:
    """An engine with short leases, on a file, and workers of either kind."""

    def __init__(self, directory: Path) -> None:
        self.database = directory / "runcast.db"
        self.notes = directory / "notes"
        engine = EngineSettings(lease_ms=LEASE_MS, renew_ms=100)
        self.server = Server(ServerConfig(database=str(self.database), engine=engine))

    async def trigger(self, *tasks: TaskDefinition[..., Any]) -> list[Any]:
        payloads = [(task, task.payload.encode((str(self.notes),), {})) for task in tasks]
        triggered = await self.server.engine.trigger([new_run(task._request(payload)) for task, payload in payloads])
        return [one.id for one in triggered]

    async def results(self, ids: list[Any]) -> list[Run]:
        async with asyncio.timeout(PATIENCE_S):
            return [await self.server.engine.result(run_id) for run_id in ids]

    def noted(self, line: str) -> int:
        return blocking.noted(self.notes, line)

    async def until_noted(self, line: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.noted(line) == 0:
                await self.server.engine.tasks()

    @asynccontextmanager
    async def embedded(self) -> AsyncIterator[None]:
        worker = EmbeddedWorker(self.server.engine, blocking.REGISTRY)
        worker.start()
        await worker.opened()
        yield
        worker.stop(grace_ms=0)
        await worker.joined()

    @asynccontextmanager
    async def process(self) -> AsyncIterator[Process]:
        """A worker process, as `runcast dev --workers` starts it. It must end well."""
        reading, writing = os.pipe()
        app = ["--app", "tests.worker.blocking_app", "--socket", str(socket_path(self.database))]
        command = [sys.executable, "-m", "runcast.worker", *app, "--ready-fd", str(writing)]
        root = Path(__file__).parents[2]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, pass_fds=[writing], cwd=root)
        os.close(writing)
        try:
            assert await asyncio.to_thread(os.read, reading, 1) == b"."
            yield process
            assert process.stdin is not None
            process.stdin.write(b"0\n")
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
        finally:
            os.close(reading)
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = Place(tmp_path)
    async with found.server:
        yield found


@pytest.mark.parametrize(
    ("kind", "body"),
    [("embedded", blocking.block), ("process", blocking.block), ("process", blocking.compute)],
    ids=["embedded-sleeps", "process-sleeps", "process-computes"],
)
async def test_a_body_that_blocks_its_loop_for_several_leases_is_executed_once(
    place: Place, kind: str, body: TaskDefinition[..., Any]
) -> None:
    async with place.embedded() if kind == "embedded" else place.process():
        ids = await place.trigger(blocking.neighbour, body, blocking.neighbour)
        before, blocked, after = await place.results(ids)
    assert (blocked.status, blocked.output, blocked.deaths, blocked.attempt) == (RunStatus.COMPLETED, "1", 0, 1)
    assert {(run.status, run.deaths) for run in (before, after)} == {(RunStatus.COMPLETED, 0)}
    assert [place.noted(f"step-{number}") for number in range(blocking.STEPS)] == [2] * blocking.STEPS
    assert place.noted("first") == 2


async def test_a_stopped_process_is_still_taken_over_after_its_lease(place: Place) -> None:
    async with AsyncExitStack() as stack:
        stopped = await stack.enter_async_context(place.process())
        ids = await place.trigger(blocking.hold)
        await place.until_noted("held")
        stopped.send_signal(signal.SIGSTOP)
        other = await stack.enter_async_context(place.process())
        (run,) = await place.results(ids)
        assert (run.status, run.output, run.deaths) == (RunStatus.COMPLETED, str(other.pid), 1)
        assert place.noted("first") == 1
        stopped.send_signal(signal.SIGCONT)


async def test_a_worker_that_lost_its_lease_behind_a_link_stops_its_bodies_and_opens_another_session(
    place: Place,
) -> None:
    engine = place.server.engine
    async with Link(engine) as link, asyncio.TaskGroup() as group:
        worker = Worker(link, blocking.REGISTRY, WorkerSettings(grace_ms=0), heartbeat=link.heartbeat)
        group.create_task(worker.run())
        ids = await place.trigger(blocking.hold)
        await place.until_noted("held")
        now = engine.clock.now_ms()
        (worker_id,) = await engine.store.read(partial(workers.find_dead, now + 10 * LEASE_MS))
        await engine.store.write(partial(workers.rescue, [worker_id], now, deaths=True))
        (run,) = await place.results(ids)
        assert (run.status, run.deaths) == (RunStatus.COMPLETED, 1)
        assert [place.noted(line) for line in ("first", "held", "stopped")] == [1, 2, 1]
        worker.stop()
