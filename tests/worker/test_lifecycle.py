"""Threads, processes, shutdown, take-over: what happens around bodies."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from runcast.clock import SystemClock
from runcast.domain.errors import EngineStopped, LostOwnership, Unavailable
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun, RunStatus
from runcast.engine.engine import EngineSettings
from runcast.gateway import Assignment, Demand, Hello, Inbox, Reply, Report, Welcome, WorkerSession
from runcast.sdk import wait
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.worker import isolated
from tests.worker.world import PATIENCE_S, World


async def test_a_waiting_thread_is_given_up_when_its_thread_is_needed() -> None:
    registry = Registry()
    executions: list[str] = []

    @task(registry=registry)
    def sleeper(name: str) -> str:
        executions.append(name)
        token = wait.create_token(str).result()
        return wait.for_token(token).result().unwrap()

    async with World(registry, thread_capacity=1) as world:
        first = await world.trigger(sleeper, "first")
        await world.until(first, RunStatus.WAITING)
        second = await world.trigger(sleeper, "second")
        await world.until(second, RunStatus.WAITING)
        for found in await world.engine.list_waits():
            await world.engine.complete_wait(found.id, '"done"')
        assert (await world.result(first)).output == '"done"'
        assert (await world.result(second)).output == '"done"'
        assert executions.count("first") == 2


async def test_a_canceled_def_body_sees_it_at_its_next_journaled_call() -> None:
    registry = Registry()
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    @task(registry=registry)
    def body() -> None:
        started.set()
        go_on.wait()
        try:
            wait.for_(1).result()
        finally:
            ended.set()

    async with World(registry) as world:
        run_id = await world.trigger(body)
        await asyncio.to_thread(started.wait)
        await world.engine.cancel([run_id])
        assert (await world.result(run_id)).status is RunStatus.CANCELED
        go_on.set()
        await asyncio.to_thread(ended.wait)
        assert await world.journal(run_id) == {}


async def test_stuck_threads_make_the_worker_ask_for_another_process() -> None:
    registry = Registry()
    started, go_on = threading.Event(), threading.Event()

    @task(registry=registry)
    def stuck() -> None:
        started.set()
        go_on.wait()

    async with World(registry, abandoned_threads_max=0, kill_after_ms=1) as world:
        run_id = await world.trigger(stuck)
        await asyncio.to_thread(started.wait)
        await world.engine.cancel([run_id])
        assert world.serving is not None
        await asyncio.wait_for(asyncio.shield(world.serving), 10)
        assert world.worker is not None
        assert world.worker.recycle
        go_on.set()


async def test_an_isolated_run_waits_triggers_and_returns_from_processes_of_its_own() -> None:
    async with World(isolated.registry) as world:
        run_id = await world.trigger(isolated.durable, 1)
        run = await world.result(run_id)
        assert (run.status, run.output) == (RunStatus.COMPLETED, "2")
        pid = next(entry for key, entry in (await world.journal(run_id)).items() if "getpid" in key)
        assert pid.value != str(os.getpid())


async def test_an_isolated_body_that_computes_without_a_pause_is_killed_at_max_duration() -> None:
    async with World(isolated.registry) as world:
        assert (await world.run(isolated.spin)).status is RunStatus.TIMED_OUT


async def test_an_isolated_body_that_computes_without_a_pause_is_killed_by_a_cancel() -> None:
    async with World(isolated.registry, kill_after_ms=100) as world:
        run_id = await world.trigger(isolated.spin)
        await world.until(run_id, RunStatus.EXECUTING)
        await world.engine.cancel([run_id])
        assert (await world.result(run_id)).status is RunStatus.CANCELED


async def test_three_deaths_of_its_own_process_crash_a_run_and_nobody_else() -> None:
    async with World(isolated.registry) as world:
        run = await world.run(isolated.die)
        assert run.status is RunStatus.CRASHED
        assert await world.output(isolated.add, 1) == 2


async def test_a_task_that_no_other_process_finds_cannot_be_isolated() -> None:
    registry = Registry()

    @task(registry=registry, isolation="process")
    async def hidden() -> None: ...

    async with World(registry) as world:
        run = await world.run(hidden)
        assert run.error is not None
        assert "top of its module" in run.error.message


async def test_a_stopped_worker_hands_back_what_does_not_finish_in_time_unharmed() -> None:
    registry = Registry()
    started = asyncio.Event()
    finish = asyncio.Event()

    @task(registry=registry)
    async def body() -> int:
        started.set()
        await finish.wait()
        return current_run().attempt

    async with World(registry) as world:
        run_id = await world.trigger(body)
        await started.wait()
        await world.stop_worker(grace_ms=0)
        run = await world.engine.find_run(run_id)
        assert (run.status, run.deaths) == (RunStatus.QUEUED, 0)
        finish.set()
        await world.start_worker()
        assert (await world.result(run_id)).output == "1"


async def test_a_stopped_worker_lets_attempts_finish_and_evicts_the_waiting() -> None:
    registry = Registry()
    started = asyncio.Event()
    finish = asyncio.Event()

    @task(registry=registry)
    async def busy() -> int:
        started.set()
        await finish.wait()
        return 1

    @task(registry=registry)
    async def waits() -> int:
        await wait.for_(0.05)
        return 2

    async with World(registry) as world:
        working, waiting = await world.trigger(busy), await world.trigger(waits)
        await started.wait()
        await world.until(waiting, RunStatus.WAITING)
        stopping = asyncio.create_task(world.stop_worker(grace_ms=10_000))
        finish.set()
        await stopping
        assert (await world.engine.find_run(working)).status is RunStatus.COMPLETED
        await world.start_worker()
        assert (await world.result(waiting)).output == "2"


async def test_a_worker_that_lost_its_lease_stops_its_bodies_and_records_nothing() -> None:
    registry = Registry()
    started, ended = asyncio.Event(), asyncio.Event()

    @step
    async def late() -> int:
        return 1

    @task(registry=registry)
    async def body() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
            await late()

    session = FakeSession(registry.get("body"))
    worker = Worker(session, registry, WorkerSettings(grace_ms=0), clock=SystemClock(), random=Random(1))
    running = asyncio.create_task(worker.run())
    await session.opened.wait()
    session.assign()
    await started.wait()
    session.taken = True
    await asyncio.wait_for(ended.wait(), 10)
    worker.stop()
    await running
    assert session.reports == []


async def test_a_broken_session_is_replaced_by_another() -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> int:
        return 1

    session = FakeSession(registry.get("body"))
    worker = Worker(session, registry, WorkerSettings(grace_ms=0), clock=SystemClock(), random=Random(1))
    running = asyncio.create_task(worker.run())
    await session.opened.wait()
    session.opened.clear()
    session.broken = 3
    await asyncio.wait_for(session.opened.wait(), 10)
    session.assign()
    await asyncio.wait_for(session.reported.wait(), 10)
    worker.stop()
    await running
    assert len(session.reports) == 1


async def test_a_report_that_found_no_engine_is_sent_again() -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> int:
        return 1

    session = FakeSession(registry.get("body"))
    worker = Worker(session, registry, WorkerSettings(grace_ms=0), clock=SystemClock(), random=Random(1))
    running = asyncio.create_task(worker.run())
    await session.opened.wait()
    session.unavailable = 2
    session.assign()
    await asyncio.wait_for(session.reported.wait(), 10)
    worker.stop()
    await running
    assert [str(report.outcome) for report in session.reports] == ["Succeeded(output='1', counts=None)"]


async def test_an_embedded_worker_runs_on_a_thread_of_its_own() -> None:
    registry = Registry()

    @task(registry=registry)
    async def where() -> str:
        return threading.current_thread().name

    async with World(registry) as world:
        await world.stop_worker()
        worker = EmbeddedWorker(world.engine, registry)
        worker.start()
        await worker.opened()
        assert await world.output(where) == "runcast-worker"
        worker.stop(grace_ms=0)
        await worker.joined()


@pytest.mark.parametrize("task_name", ["", "forever", "until_gone"], ids=["idle", "body", "report"])
async def test_an_embedded_worker_ends_with_its_engine_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, task_name: str
) -> None:
    registry, begun, gone, canceled = Registry(), threading.Event(), threading.Event(), threading.Event()

    @task(registry=registry)
    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            canceled.set()

    @task(registry=registry)
    def until_gone() -> None:
        begun.set()
        gone.wait(PATIENCE_S)

    config = ServerConfig(database=str(tmp_path / "runs.db"), engine=EngineSettings(renew_ms=20), socket=False)
    server = Server(config)
    await server.start()
    worker = EmbeddedWorker(server.engine, registry)
    worker.start()
    await worker.opened()
    if task_name:
        await server.engine.trigger([NewRun(RunId("run_0123456789abcdefghjkm"), task_name, "{}")])
        await asyncio.to_thread(begun.wait, PATIENCE_S)
    await server.stop()
    gone.set()
    await asyncio.wait_for(worker.joined(), PATIENCE_S)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == "the worker ends, because its engine has stopped: the database is closed"
    assert canceled.is_set() == (task_name == "forever")
    worker.stop()
    await worker.joined()


async def test_an_embedded_worker_does_not_begin_with_an_engine_that_has_stopped(tmp_path: Path) -> None:
    async with Server(ServerConfig(database=str(tmp_path / "runs.db"), socket=False)) as server:
        pass
    worker = EmbeddedWorker(server.engine, Registry())
    worker.start()
    with pytest.raises(EngineStopped, match="the database is closed"):
        await asyncio.wait_for(worker.opened(), PATIENCE_S)
    await worker.joined()


async def test_a_suspect_that_no_other_process_finds_is_executed_in_company() -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> int:
        return os.getpid()

    session = FakeSession(registry.get("body"))
    worker = Worker(session, registry, WorkerSettings(grace_ms=0), clock=SystemClock(), random=Random(1))
    running = asyncio.create_task(worker.run())
    await session.opened.wait()
    session.assign(alone=True)
    await asyncio.wait_for(session.reported.wait(), 10)
    worker.stop()
    await running
    assert str(session.reports[0].outcome) == f"Succeeded(output='{os.getpid()}', counts=None)"


class FakeSession:
    """A session whose faults a test decides; the engine itself cannot be made to lose a lease in no time."""

    def __init__(self, definition: Any) -> None:
        self.welcome = Welcome(now_ms=0, lease_ms=200, renew_ms=20)
        self.opened = asyncio.Event()
        self.reported = asyncio.Event()
        self.reports: list[Report] = []
        self.taken = False
        self.broken = 0
        self.unavailable = 0
        self._definition = definition
        self._inbox: Inbox | None = None

    async def open(self, hello: Hello, inbox: Inbox) -> WorkerSession:
        self._inbox = inbox
        return self

    def assign(self, *, alone: bool = False) -> None:
        assert self._inbox is not None
        self._inbox.assign([Assignment(RunId("run_1"), self._definition.name, "{}", attempt=1, epoch=1, alone=alone)])

    def demand(self, demand: Demand) -> None:
        self.opened.set()

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        if self.unavailable:
            self.unavailable -= 1
            raise Unavailable("for a moment")
        self.reports.extend(reports)
        self.reported.set()
        return [Reply(report.run_id) for report in reports]

    async def renew(self) -> Welcome:
        if self.taken:
            raise LostOwnership("somebody took the runs")
        if self.broken:
            self.broken -= 1
            raise Unavailable("the socket is closed")
        return self.welcome

    async def journal(self, run_id: str, epoch: int) -> None:
        return None

    async def members(self, batch_id: str) -> Sequence[Any]:
        return ()

    async def close(self) -> None: ...
    async def lost(self) -> None: ...
