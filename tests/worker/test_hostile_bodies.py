"""Bodies that do what no body should: each ends its own run, and no other."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from runcast import artifacts, metadata, streams, tags, wait
from runcast.domain.ids import RunId, make_id
from runcast.domain.retry import Retry
from runcast.domain.run import NewRun, RunStatus
from runcast.engine.engine import EngineSettings
from runcast.sdk.registry import Registry
from runcast.sdk.remote import RemoteWorkerGateway
from runcast.sdk.step import step
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.store.opening import open_store
from runcast.wire import socket_path
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker
from tests.worker import hostile
from tests.worker.world import World


async def test_a_branch_that_exits_fails_its_run_and_nobody_else() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(1))
    async def leave() -> None:
        async def branch() -> None:
            await asyncio.sleep(0)
            sys.exit(3)

        await asyncio.gather(branch())

    @task(registry=registry)
    async def stay() -> str:
        return "here"

    async with World(registry) as world:
        run = await world.run(leave)
        assert run.status is RunStatus.FAILED
        assert run.error is not None
        assert "SystemExit(3)" in run.error.message
        assert await world.output(stay) == "here"


async def test_a_def_step_that_runs_out_of_an_iterator_fails() -> None:
    registry = Registry()

    @step
    def take() -> int:
        nothing: list[int] = []
        return next(iter(nothing))

    @task(registry=registry, retry=Retry(1))
    async def take_one() -> int:
        return await take()

    async with World(registry) as world:
        run = await world.run(take_one)
        assert run.status is RunStatus.FAILED
        assert run.error is not None
        assert "StopIteration" in run.error.message


async def test_a_name_that_is_no_unicode_is_refused_where_it_is_written() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(1))
    async def misname(what: str) -> None:
        match what:
            case "metadata":
                metadata.set("\ud800", 1)
            case "tag":
                tags.add("\ud800")
            case _:
                streams.append("\ud800", 1)

    async with World(registry) as world:
        for what in ("metadata", "tag", "stream"):
            run = await world.run(misname, what)
            assert run.status is RunStatus.FAILED
            assert run.error is not None
            assert "surrogate" in run.error.message


@pytest.fixture
def _children_ignored() -> Iterator[None]:
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGCHLD, former)


@pytest.mark.usefixtures("_children_ignored")
async def test_an_isolated_run_ends_when_somebody_else_collects_its_process() -> None:
    async with World(hostile.registry) as world:
        assert await world.output(hostile.behave) == "well"
        run = await world.run(hostile.leave, 3)
        assert run.status is RunStatus.CRASHED
        assert await world.output(hostile.behave) == "well"


@pytest.mark.parametrize("content", [b"x" * 10_000_000, "x" * 10_000_000], ids=["bytes", "text"])
async def test_an_artifact_may_be_larger_than_other_values(content: bytes | str) -> None:
    registry = Registry()

    @task(registry=registry)
    async def store() -> None:
        artifacts.add("large", content)

    async with World(registry) as world:
        run = await world.run(store)
        assert run.status is RunStatus.COMPLETED, run.error
        [artifact] = await world.engine.artifacts(run.id)
        assert artifact.size == 10_000_000


async def test_an_isolated_body_that_writes_nonsense_to_its_worker_crashes_alone() -> None:
    async with World(hostile.registry) as world:
        assert (await world.run(hostile.babble)).status is RunStatus.CRASHED
        assert await world.output(hostile.behave) == "well"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a process is gone whose children live")
async def test_an_isolated_run_ends_with_its_process_whatever_that_left_behind() -> None:
    async with World(hostile.registry) as world:
        assert (await world.run(hostile.leave_a_child, 9)).status is RunStatus.CRASHED
        assert await world.output(hostile.leave_a_child, 0) == "done"


async def test_a_process_that_cannot_be_made_is_made_later(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [OSError(24, "Too many open files")]
    real = socket.socketpair

    def socketpair() -> tuple[socket.socket, socket.socket]:
        if pairs:
            raise pairs.pop()
        return real()

    monkeypatch.setattr("runcast.worker.isolate.socket.socketpair", socketpair)
    async with World(hostile.registry) as world:
        run = await world.run(hostile.behave)
        assert (run.status, run.attempt) == (RunStatus.COMPLETED, 1)
        assert not pairs


async def test_an_embedded_worker_whose_loop_is_ended_from_outside_starts_again(tmp_path: Path) -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(1))
    async def break_once() -> str:
        mark = tmp_path / "broken"
        if not mark.exists():
            mark.touch()
            asyncio.get_running_loop().call_soon(sys.exit, 3)
            await asyncio.sleep(60)
        return "well"

    async with Server(ServerConfig(database=str(tmp_path / "runs.db"), socket=False)) as server:
        worker = EmbeddedWorker(server.engine, registry)
        worker.start()
        await worker.opened()
        run_id = RunId(make_id("run", at_ms=1, chance=1))
        await server.engine.trigger([NewRun(run_id, "break_once", "{}")])
        run = await asyncio.wait_for(server.engine.result(run_id), 20)
        assert (run.status, run.attempt, run.output) == (RunStatus.COMPLETED, 1, '"well"')
        worker.stop(grace_ms=0)
        await worker.joined()


class Defect:
    """From when it is `there`: the next commits fail, as the store cannot foresee."""

    there = False
    left = 4
    """One more than the writer tries by itself."""

    def before_commit(self) -> None:
        if self.there and self.left:
            self.left -= 1
            raise ZeroDivisionError("a defect")

    def after_commit(self) -> None: ...


async def test_what_a_broken_worker_held_is_taken_back_whatever_fails_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry()
    defect = Defect()
    monkeypatch.setattr("runcast.server.open_store", partial(open_store, faults=defect))

    @task(registry=registry, retry=Retry(1))
    async def break_once() -> str:
        if not defect.left:
            return "well"
        defect.there = True
        asyncio.get_running_loop().call_soon(sys.exit, 3)
        await asyncio.sleep(60)
        raise AssertionError("unreachable")

    engine = EngineSettings(renew_ms=50)
    async with Server(ServerConfig(database=str(tmp_path / "runs.db"), socket=False, engine=engine)) as server:
        worker = EmbeddedWorker(server.engine, registry)
        worker.start()
        await worker.opened()
        run_id = RunId(make_id("run", at_ms=1, chance=1))
        await server.engine.trigger([NewRun(run_id, "break_once", "{}")])
        run = await asyncio.wait_for(server.engine.result(run_id), 20)
        assert (run.status, run.attempt, run.output) == (RunStatus.COMPLETED, 1, '"well"')
        assert defect.left == 0
        worker.stop(grace_ms=0)
        await worker.joined()


async def test_a_woken_run_whose_journal_no_frame_carries_fails_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcast.wire.FRAME_BYTES_MAX", 50_000)
    registry = Registry()

    @task(registry=registry, retry=Retry(1))
    async def swell() -> None:
        for number in range(20):
            await step(_times)("x", 5_000 + number)
        await wait.for_(0.01)

    database = tmp_path / "runs.db"
    async with Server(ServerConfig(database=str(database))) as server:
        worker = Worker(RemoteWorkerGateway(socket_path(database)), registry, WorkerSettings(evict_after_ms=0))
        serving = asyncio.create_task(worker.run())
        run_id = RunId(make_id("run", at_ms=1, chance=1))
        await server.engine.trigger([NewRun(run_id, "swell", "{}")])
        run = await asyncio.wait_for(server.engine.result(run_id), 20)
        assert run.status is RunStatus.FAILED
        assert run.error is not None
        assert "50,000" in run.error.message
        assert not serving.done()
        worker.stop(grace_ms=0)
        await serving


async def _times(text: str, count: int) -> str:
    return text * count


async def test_a_body_that_ignores_its_cancellation_does_not_keep_the_engine_from_stopping(tmp_path: Path) -> None:
    registry = Registry()
    begun, over = threading.Event(), threading.Event()

    @task(registry=registry)
    async def stubborn() -> None:
        begun.set()
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)

    async with Server(ServerConfig(database=str(tmp_path / "runs.db"), socket=False)) as server:
        worker = EmbeddedWorker(server.engine, registry)
        worker.start()
        await worker.opened()
        run_id = RunId(make_id("run", at_ms=1, chance=1))
        await server.engine.trigger([NewRun(run_id, "stubborn", "{}")])
        assert await asyncio.to_thread(begun.wait, 10)
        worker.stop(grace_ms=50)
        await asyncio.wait_for(worker.joined(), 10)
    over.set()
    worker.join()
