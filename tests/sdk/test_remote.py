"""Both gateways over a real socket, with a real engine behind it."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from runcast.clock import ManualClock
from runcast.domain.errors import Conflict, InvalidInput, NotFound, RuncastError, Unavailable, ValueTooLarge
from runcast.domain.ids import RunId, WorkerId, make_id
from runcast.domain.outcome import Succeeded
from runcast.domain.run import NewRun, RunStatus
from runcast.engine.engine import Engine
from runcast.gateway import Assignment, Demand, Hello, News, Report, RunFilter, Stop, TaskInfo, Update, Watch
from runcast.sdk.connection import Connection
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.remote import RemoteClientGateway, RemoteWorkerGateway
from runcast.socket_server import SocketServer
from runcast.socket_server.served import READS_AT_ONCE
from runcast.store.opening import open_store
from runcast.wire import FrameKind, encode_frame, read_error, read_frame


class Received:
    """What an engine pushed."""

    def __init__(self) -> None:
        self.assignments: asyncio.Queue[Assignment] = asyncio.Queue()
        self.stops: asyncio.Queue[Stop] = asyncio.Queue()

    def assign(self, assignments: Sequence[Assignment]) -> None:
        for assignment in assignments:
            self.assignments.put_nowait(assignment)

    def news(self, news: Sequence[News]) -> None: ...

    def stop(self, stops: Sequence[Stop]) -> None:
        for stop in stops:
            self.stops.put_nowait(stop)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    clock = ManualClock()
    store = open_store(":memory:", clock, threaded=False)
    engine = Engine(store, clock)
    await engine.start()
    yield engine
    store.close()


@pytest.fixture
async def path(engine: Engine, tmp_path: Path) -> AsyncIterator[Path]:
    server = SocketServer(tmp_path / "engine.sock", engine, engine)
    await server.start()
    yield server.path
    await server.close()


@pytest.fixture
async def client(path: Path) -> AsyncIterator[RemoteClientGateway]:
    gateway = await RemoteClientGateway.connect(path)
    yield gateway
    await gateway.close()


def hello() -> Hello:
    return Hello(WorkerId(fresh_id("worker")), (TaskInfo("f", "default"),), pid=os.getpid())


def new_run() -> NewRun:
    return NewRun(RunId(fresh_id("run")), "f", '{"n":1}')


async def test_only_the_owner_may_open_the_socket(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_socket_file_goes_with_the_server(engine: Engine, tmp_path: Path) -> None:
    server = SocketServer(tmp_path / "x.sock", engine, engine)
    await server.start()
    await server.close()
    assert not server.path.exists()


async def test_a_client_triggers_reads_and_cancels(client: RemoteClientGateway) -> None:
    new = new_run()
    (triggered,) = await client.trigger([new])
    run = await client.find_run(triggered.id)
    assert run is not None
    assert run.payload == '{"n":1}'
    assert [one.id for one in (await client.list_runs(RunFilter(task=("f",)))).runs] == [new.id]
    assert await client.cancel([new.id]) == [new.id]
    assert (await client.result(new.id)).status is RunStatus.CANCELED
    assert await client.find_run(RunId("run_nothing")) is None


async def test_an_error_of_the_engine_is_the_clients_error(client: RemoteClientGateway) -> None:
    with pytest.raises(NotFound):
        await client.result(RunId("run_nothing"))
    with pytest.raises(NotFound):
        await client.complete_wait("waitpoint_nothing", "1")


async def test_requests_overlap(client: RemoteClientGateway) -> None:
    new = new_run()
    await client.trigger([new])
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(client.result(new.id))
        assert len(await asyncio.gather(*(client.find_run(new.id) for _ in range(100)))) == 100
        assert not slow.done()
        await client.cancel([new.id])
    assert slow.result().is_final


async def test_a_watch_is_pulled_and_ends_with_its_reader(client: RemoteClientGateway, engine: Engine) -> None:
    new = new_run()
    await client.trigger([new])
    statuses = []
    async for update in client.watch(Watch(run_ids=(new.id,))):
        statuses += [run.status for run in update.runs]
        if len(statuses) == 1:
            await engine.cancel([new.id])
        elif statuses[-1] is RunStatus.CANCELED:
            break
    assert statuses[-1] is RunStatus.CANCELED


async def test_nobody_answers_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="runcast dev"):
        await RemoteClientGateway.connect(tmp_path / "nobody.sock")


async def test_a_server_that_goes_breaks_what_waits(engine: Engine, tmp_path: Path) -> None:
    server = SocketServer(tmp_path / "x.sock", engine, engine)
    await server.start()
    client = await RemoteClientGateway.connect(server.path)
    new = new_run()
    await client.trigger([new])
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(_error_of(client.result(new.id)))
        await client.find_run(new.id)
        await server.close()
    assert isinstance(waiting.result(), Unavailable)
    assert client.is_closed
    with pytest.raises(Unavailable):
        await client.find_run(new.id)
    await client.close()


async def _error_of(awaitable: object) -> BaseException:
    try:
        await awaitable  # type: ignore[misc]
    except RuncastError as error:
        return error
    raise AssertionError("it did not fail")


async def test_a_canceled_request_leaves_the_connection_whole(client: RemoteClientGateway) -> None:
    new = new_run()
    await client.trigger([new])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.result(new.id), 0.01)
    assert await client.find_run(new.id) is not None


async def test_a_worker_executes_over_the_socket(path: Path, client: RemoteClientGateway) -> None:
    inbox = Received()
    session = await RemoteWorkerGateway(path).open(hello(), inbox)
    session.demand(Demand({"async": 2}))
    new = new_run()
    await client.trigger([new])
    assignment = await inbox.assignments.get()
    assert (assignment.run_id, assignment.payload) == (new.id, '{"n":1}')
    assert (await session.renew()).lease_ms == session.welcome.lease_ms
    full = await session.journal(new.id, assignment.epoch)
    assert full is not None
    (reply,) = await session.report([Report(new.id, assignment.epoch, outcome=Succeeded("2"))])
    assert not reply.lost
    assert (await client.result(new.id)).output == "2"
    await session.close()
    with pytest.raises(Unavailable):
        await session.renew()


async def test_what_is_larger_than_a_frame_is_split(
    path: Path, client: RemoteClientGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Received()
    session = await RemoteWorkerGateway(path).open(hello(), inbox)
    runs = [NewRun(RunId(fresh_id("run")), "f", f'"{"x" * 300}"') for _ in range(8)]
    await client.trigger(runs)
    monkeypatch.setattr("runcast.wire.FRAME_BYTES_MAX", 1_000)
    session.demand(Demand({"async": 8}))
    assignments = [await inbox.assignments.get() for _ in runs]
    assert {assignment.run_id for assignment in assignments} == {run.id for run in runs}
    reports = [Report(one.run_id, one.epoch, outcome=Succeeded(one.payload)) for one in assignments]
    replies = await session.report(reports)
    assert [reply.run_id for reply in replies] == [report.run_id for report in reports]
    await session.close()


async def test_a_run_that_no_frame_can_carry_fails_with_a_reason(
    path: Path, client: RemoteClientGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Received()
    session = await RemoteWorkerGateway(path).open(hello(), inbox)
    new = NewRun(RunId(fresh_id("run")), "f", f'"{"x" * 3_000}"', max_attempts=1)
    await client.trigger([new])
    monkeypatch.setattr("runcast.wire.FRAME_BYTES_MAX", 2_000)
    session.demand(Demand({"async": 1}))
    with pytest.raises(ValueTooLarge):
        await client.result(new.id)
    monkeypatch.undo()
    run = await client.result(new.id)
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert run.error.code == "value_too_large"
    await session.close()


async def test_a_cancel_reaches_the_worker(path: Path, client: RemoteClientGateway) -> None:
    inbox = Received()
    session = await RemoteWorkerGateway(path).open(hello(), inbox)
    session.demand(Demand({"async": 1}))
    new = new_run()
    await client.trigger([new])
    await inbox.assignments.get()
    await client.cancel([new.id])
    assert (await inbox.stops.get()).run_id == new.id
    await session.close()


async def test_a_worker_that_says_good_bye_counts_no_death(path: Path, client: RemoteClientGateway) -> None:
    inbox = Received()
    session = await RemoteWorkerGateway(path).open(hello(), inbox)
    session.demand(Demand({"async": 1}))
    new = new_run()
    await client.trigger([new])
    await inbox.assignments.get()
    await session.close()
    run = await client.find_run(new.id)
    assert run is not None
    assert (run.status, run.deaths) == (RunStatus.QUEUED, 0)


WORKER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_remote import Received, hello
from runcast.gateway import Demand
from runcast.sdk.remote import RemoteWorkerGateway

async def main():
    inbox = Received()
    session = await RemoteWorkerGateway(Path({path!r})).open(hello(), inbox)
    session.demand(Demand({{"async": 1}}))
    await inbox.assignments.get()
    print("executing", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_worker_whose_process_is_gone_loses_its_runs_at_once(path: Path, client: RemoteClientGateway) -> None:
    program = WORKER.format(here=str(Path(__file__).parent), path=str(path))
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    new = new_run()
    await client.trigger([new])
    assert await worker.stdout.readline() == b"executing\n"
    worker.kill()
    await worker.wait()
    async for update in client.watch(Watch(run_ids=(new.id,))):
        if [run.status for run in update.runs] == [RunStatus.QUEUED]:
            break
    run = await client.find_run(new.id)
    assert run is not None
    assert run.deaths == 1


@pytest.mark.parametrize(
    ("op", "arguments", "error"),
    [
        ("client.nothing", (), InvalidInput),
        ("client.close", (), InvalidInput),
        ("client._ring", (), InvalidInput),
        ("client.trigger", (3,), InvalidInput),
        ("client.find_run", (), InvalidInput),
        ("worker.report", ([],), Conflict),
        ("watch.next", (9,), NotFound),
        ("hello", (99,), Conflict),
        ("", (), InvalidInput),
    ],
)
async def test_a_wrong_request_gets_an_error_and_harms_nobody(
    path: Path, op: str, arguments: tuple[object, ...], error: type[RuncastError]
) -> None:
    connection = await Connection.open(path)
    with pytest.raises(error):
        await connection.ask(op, arguments, lambda body: body)
    assert await RemoteClientGateway(connection).tasks() == []
    await connection.close()


async def test_a_watch_gives_one_update_at_a_time_and_goes_on(client: RemoteClientGateway, path: Path) -> None:
    new = NewRun(RunId(make_id("run", at_ms=1, chance=1)), "work")
    await client.trigger([new])
    connection = await Connection.open(path)
    number = await connection.ask("watch.open", (Watch(run_ids=(new.id,)), None), msgspec.msgpack.Decoder(int).decode)

    async def pull() -> Update:
        return await connection.ask("watch.next", (number,), msgspec.msgpack.Decoder(Update).decode)

    await pull()
    first = asyncio.create_task(pull())
    with pytest.raises(Conflict, match=f"the next update of watch {number} was asked for already"):
        await asyncio.gather(first, pull())
    await client.cancel([new.id])
    assert [run.status for run in (await first).runs] == [RunStatus.CANCELED]
    await connection.close()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00\x00\x00\x02{}",
        encode_frame(FrameKind.PUSH, 1, "assign", []),
        encode_frame(FrameKind.REQUEST, 0, "client.tasks", ()),
        encode_frame(FrameKind.REQUEST, 0, "worker.demand", (Demand({}),)),
    ],
)
async def test_what_is_no_request_closes_the_connection_with_an_error(path: Path, data: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(data)
    frame = await read_frame(reader)
    assert frame is not None
    assert (frame.kind, frame.id) == (FrameKind.ERROR, 0)
    assert str(read_error(frame.body))
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_answers_that_a_client_does_not_take_are_not_made(engine: Engine, path: Path) -> None:
    large = f'"{"x" * 1_000_000}"'
    await engine.trigger([NewRun(RunId(fresh_id("run")), "work", large) for _ in range(4)])
    asked = 0
    list_runs = engine.list_runs

    async def counted(*arguments: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        return await list_runs(*arguments, **options)  # type: ignore[arg-type]

    engine.list_runs = counted  # type: ignore[method-assign,assignment]
    reader, writer = await asyncio.open_unix_connection(path)
    for number in range(1, 101):
        writer.write(encode_frame(FrameKind.REQUEST, number, "client.list_runs", (RunFilter(), None, 50)))
    await writer.drain()
    client = await RemoteClientGateway.connect(path)
    for _ in range(20):
        await client.tasks()
    assert 0 < asked <= READS_AT_ONCE + 1
    for _ in range(100):
        assert await read_frame(reader) is not None
    assert asked == 100
    writer.close()
    await client.close()
