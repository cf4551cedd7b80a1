"""Triggers and clients outside of any run: through a database file, through its server, from blocking code."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from runcast import Client, Ok, task, tasks
from runcast.domain.errors import (
    Conflict,
    InvalidInput,
    InvalidPayload,
    NotDurableHere,
    NotFound,
    TaskFailed,
    ValueTooLarge,
)
from runcast.sdk.ambient import current_door, door_to_database, door_to_url, use_door
from runcast.sdk.doors import DatabaseDoor, SocketDoor
from runcast.sdk.durations import Duration
from runcast.sdk.registry import Registry
from runcast.server import Server, ServerConfig
from runcast.wire import encode_frame, read_frame, socket_path
from runcast.worker.worker import Worker

home = Registry()


@task(name="client_double", registry=home)
async def double(n: int) -> int:
    if n < 0:
        raise ValueError("too small")
    return 2 * n


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "runs.db"
    monkeypatch.setenv("RUNCAST_DATABASE", str(path))
    monkeypatch.delenv("RUNCAST_URL", raising=False)
    return path


class Running:
    """A server with a worker, on a thread of its own, as another program would be."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with Server(ServerConfig(database=str(self._database))) as server:
            worker = Worker(server.engine, home, embedded=True)
            working = asyncio.create_task(worker.run())
            self._ready.set()
            await self._stop.wait()
            worker.stop(grace_ms=0)
            await working

    def __enter__(self) -> Running:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@pytest.fixture
def server(database: Path) -> Iterator[Running]:
    with Running(database) as running:
        yield running


@pytest.fixture
async def client(server: Running, database: Path) -> AsyncIterator[Client]:
    async with Client(database) as client:
        yield client


# --- a file that no server owns


async def test_a_free_database_is_written_and_released(database: Path) -> None:
    run = await double.trigger(3)
    assert (await run.fetch()).payload == {"n": 3}
    with Running(database):
        assert await run.result(timeout=10) == 6


def test_blocking_code_needs_no_loop(server: Running) -> None:
    run = double.trigger(3).result()
    assert run.result().result() == 6
    assert [update.is_final for update in run.follow()][-1]
    result = double.trigger_and_wait(4).result()
    assert isinstance(result, Ok)
    assert result.output == 8


def test_a_result_is_awaited_until_a_server_comes(database: Path) -> None:
    run = double.trigger(3).result()
    call = run.result()
    with Running(database):
        assert call.result() == 6


def test_a_trigger_that_nobody_waits_for_is_written_before_the_process_ends(database: Path) -> None:
    program = "from runcast import tasks; tasks.trigger('f', {'n': 1})"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], check=False, capture_output=True, text=True, env={**os.environ}
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = Client(database).list().result()
    assert [run.task for run in page.runs] == ["f"]


@pytest.mark.parametrize("end", ["os._exit", "sys.exit"])
def test_a_forked_process_makes_its_own_connection_and_leaves_its_parents_alone(server: Running, end: str) -> None:
    program = (
        "import gc, os, sys\n"
        "from runcast import tasks\n"
        "tasks.trigger('client_double', {'n': 1}).result()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    run = tasks.trigger('client_double', {'n': 2}).result()\n"
        # Whatever it inherited and does not need is finalized, as it may be at any time.
        "    gc.collect()\n"
        f"    {end}(run.result().result())\n"
        "_, status = os.waitpid(child, 0)\n"
        "print(os.waitstatus_to_exitcode(status), tasks.trigger('client_double', {'n': 3}).result().result().result())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, env={**os.environ}, timeout=30
    )
    assert (done.stdout, done.returncode, done.stderr) == ("4 6\n", 0, "")


# --- a server


async def test_a_run_from_trigger_to_result(client: Client) -> None:
    run = await client.trigger("client_double", {"n": 4}, tags="vip", concurrency_key="ada")
    assert await run.result(timeout=10) == 8
    snapshot = await client.retrieve(run.id)
    assert (snapshot.ok, snapshot.output, snapshot.tags, snapshot.label) == (True, 8, ("vip",), "Completed")
    assert run.url == f"runcast watch {run.id}"


async def test_results_say_how_it_ended(client: Client) -> None:
    good = await double.trigger_and_wait(1)
    assert good.ok
    assert good.output == 2
    bad = await double.options(max_attempts=1).trigger_and_wait(-1)
    assert not bad.ok
    assert bad.error.message == "too small"
    with pytest.raises(TaskFailed, match="too small"):
        bad.unwrap()
    failing = await double.options(max_attempts=1).trigger(-1)
    with pytest.raises(TaskFailed, match="too small"):
        await failing.result()


async def test_a_batch_keeps_its_order(client: Client) -> None:
    batch = await double.batch_trigger(range(50))
    results = await batch.results(timeout=20)
    assert [result.unwrap() for result in results] == [2 * n for n in range(50)]
    assert [run.output for run in await batch.fetch()] == [2 * n for n in range(50)]
    again = await tasks.batch_trigger_and_wait("client_double", [{"n": 1}, {"n": 2}])
    assert [result.unwrap() for result in again] == [2, 4]
    assert await batch.cancel() == 0


async def test_an_idempotency_key_names_one_run(client: Client) -> None:
    first = await double.options(idempotency_key="order-1").trigger(1)
    second = await double.options(idempotency_key="order-1").trigger(1)
    assert (second.id, second.cached) == (first.id, True)


async def test_what_is_followed_ends_with_the_run(client: Client) -> None:
    seen = [update.status async for update in double.options(delay=0.05).trigger_and_subscribe(1)]
    assert seen[-1] == "COMPLETED"
    run = await double.trigger(1)
    tree = [update.id async for update in client.follow_tree(run.id)]
    assert set(tree) == {run.id}
    with pytest.raises(NotFound):
        async for _ in client.follow("run_nothing"):
            pass


async def test_runs_are_canceled_replayed_and_listed(client: Client) -> None:
    run = await double.options(delay="1h").trigger(1)
    assert await run.cancel() is True
    assert await run.cancel() is False
    assert (await run.fetch()).status == "CANCELED"
    replayed = await client.replay(run.id, {"n": 5})
    assert await replayed.result(timeout=10) == 10
    page = await client.list(task="client_double", status=["CANCELED", "COMPLETED"], limit=1)
    assert [one.id for one in page.runs] == [replayed.id]
    assert page.cursor is not None
    rest = await client.list(cursor=page.cursor)
    assert [one.id for one in rest.runs] == [run.id]
    with pytest.raises(Conflict):
        await client.resume(replayed.id)


async def test_waits_are_made_and_completed_from_outside(client: Client) -> None:
    wait = await client.create_wait(timeout="1h", tags="approval")
    assert [one.id for one in await client.waits()] == [wait.id]
    assert (await client.complete_wait(wait.id, {"ok": True})).value == '{"ok":true}'
    assert (await client.complete_wait(wait.id, "too late")).value == '{"ok":true}'
    assert (await client.retrieve_wait(wait.id)).value == '{"ok":true}'
    with pytest.raises(NotFound):
        await client.complete_wait("waitpoint_nothing")


async def test_the_engine_tells_about_itself(client: Client) -> None:
    run = await double.trigger(1)
    await run.result(timeout=10)
    assert "client_double" in [info.name for info in await client.tasks()]
    await client.queues.set("default", concurrency=3)
    state = await client.queues.pause("default")
    assert (state.concurrency, state.paused) == (3, True)
    assert [queue.name for queue in await client.queues.list()] == ["default"]
    blocked = await double.trigger(2)
    assert "paused" in (await client.why(blocked.id)).reason
    assert await client.journal(run.id) == []
    assert await client.artifacts(run.id) == []
    assert await client.logs(run.id) == []
    assert await client.parts(run.id, "none") == []


async def test_following_goes_on_with_the_next_server(database: Path) -> None:
    seen = []
    with Running(database):
        run = await double.options(delay=0.5).trigger(1)
        follower = aiter(run.follow())
        seen.append((await anext(follower)).status)
    with Running(database):
        seen += [update.status async for update in follower]
    assert seen[0] == "DELAYED"
    assert seen[-1] == "COMPLETED"


@pytest.mark.parametrize("timeout", [0.01, "10ms", timedelta(milliseconds=10)])
async def test_a_result_may_take_too_long(client: Client, timeout: Duration) -> None:
    run = await double.options(delay="1h").trigger(1)
    batch = await double.options(delay="1h").batch_trigger([1])
    for late in (run.result(timeout=timeout), client.result(run.id, timeout=timeout), batch.results(timeout=timeout)):
        with pytest.raises(TimeoutError):
            await late


async def test_a_timeout_that_is_no_duration_is_refused_where_it_is_written(client: Client) -> None:
    run = await double.options(delay="1h").trigger(1)
    batch = await double.options(delay="1h").batch_trigger([1])
    for wait in (run.result, partial(client.result, run.id), batch.results):
        with pytest.raises(InvalidInput, match="timeout"):
            wait(timeout="soon")


class Cut:
    """A socket in front of a server that swallows the answer to the first trigger, and breaks the connection."""

    def __init__(self, path: Path, target: Path) -> None:
        self.path = path
        self._target = target
        self.cuts = 0

    async def __aenter__(self) -> Cut:
        self._server = await asyncio.start_unix_server(self._pass, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(reader, far_writer))
            group.create_task(self._answers(far_reader, writer))

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (frame := await read_frame(reader)) is not None:
            if frame.op.endswith("trigger") and not self.cuts:
                self.cuts += 1
                break
            writer.write(encode_frame(frame.kind, frame.id, frame.op, frame.body))
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_a_trigger_whose_answer_is_lost_is_stored_once(server: Running, database: Path, tmp_path: Path) -> None:
    async with (
        Cut(tmp_path / "cut.sock", socket_path(database)) as cut,
        Client(url=str(cut.path)) as client,
        Client(database) as direct,
    ):
        run = await client.trigger("client_double", {"n": 1})
        assert cut.cuts == 1
        assert [one.id for one in (await direct.list()).runs] == [run.id]


async def test_a_batch_whose_answer_is_lost_is_stored_once(server: Running, database: Path, tmp_path: Path) -> None:
    async with (
        Cut(tmp_path / "cut.sock", socket_path(database)) as cut,
        Client(url=str(cut.path)) as client,
        Client(database) as direct,
    ):
        batch = await client.batch_trigger("client_double", [{"n": n} for n in range(5)])
        assert cut.cuts == 1
        assert [run.id for run in (await direct.list()).runs] == list(reversed(batch.run_ids))


# --- mistakes


async def test_blocking_on_a_loop_is_refused(client: Client) -> None:
    call = double.trigger(1)
    if not call._future.done():  # type: ignore[attr-defined]
        with pytest.raises(NotDurableHere, match="await"):
            call.result()
    run = await call
    with pytest.raises(NotDurableHere, match="async for"):
        iter(run.follow())


async def test_nothing_wrong_is_sent(client: Client) -> None:
    with pytest.raises(InvalidPayload):
        client.trigger("client_double_unknown", "text")
    with pytest.raises(InvalidPayload):
        client.trigger(double, {"n": "x"})
    with pytest.raises(InvalidInput):
        client.trigger("f", {}, delya="1h")  # type: ignore[call-arg]
    with pytest.raises(InvalidInput):
        client.list(status="DONE")
    with pytest.raises(InvalidInput, match="at least one"):
        double.batch_trigger([])
    with pytest.raises(ValueTooLarge, match="10,000"):
        double.batch_trigger(range(10_001))
    with pytest.raises(InvalidInput):
        Client("a.db", url="unix:///b.sock")
    assert (await client.list()).runs == ()


# --- who gets a bare trigger


async def test_the_environment_says_where_triggers_go(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = use_door(None)
    try:
        assert isinstance(current_door(), DatabaseDoor)
        assert current_door() is door_to_database(database)
        monkeypatch.setenv("RUNCAST_URL", f"unix://{socket_path(database)}")
        assert type(current_door()) is SocketDoor
        monkeypatch.setenv("RUNCAST_URL", "ftp://runs.example.com")
        with pytest.raises(InvalidInput, match="RUNCAST_URL"):
            current_door()
    finally:
        use_door(before)


async def test_a_url_is_a_socket(server: Running, database: Path) -> None:
    async with Client(url=f"unix://{socket_path(database)}") as client:
        assert (await client.list()).runs == ()
    assert door_to_url(str(socket_path(database))) is not None


async def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(InvalidInput, match="postgresql"):
        Client("mysql://localhost/x")
