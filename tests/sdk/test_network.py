"""Engines reached over TCP and TLS: who is admitted, who is not, and what strangers may cost."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from runcast import Client
from runcast.clock import ManualClock
from runcast.domain.address import Address, parse_address, parse_addresses
from runcast.domain.errors import AccessDenied, InvalidInput, Unavailable
from runcast.domain.ids import RunId, WorkerId
from runcast.domain.outcome import Succeeded
from runcast.domain.run import NewRun, RunStatus
from runcast.engine.engine import Engine
from runcast.gateway import Demand, Hello, Report, TaskInfo, Welcome
from runcast.sdk import remote
from runcast.sdk.ambient import find_engine
from runcast.sdk.connection import Connection
from runcast.sdk.dial import Endpoint
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.remote import RemoteClientGateway, RemoteWorkerGateway
from runcast.socket_server import SocketServer, network
from runcast.socket_server.network import Listen, NetworkServer
from runcast.store import workers
from runcast.store.opening import open_store
from runcast.wire import KEY_BYTES_MAX, FrameKind, encode_frame, encode_key, read_error, read_frame, read_key
from tests.sdk.certificates import Certificate, make_certificate
from tests.sdk.test_remote import Received

KEY = "a-key-of-the-test-that-is-long-enough"
OLD_KEY = "an-older-key-that-is-still-admitted"
LOOPBACK = Address("tcp", "127.0.0.1", 0)

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    clock = ManualClock()
    store = open_store(":memory:", clock, threaded=False)
    engine = Engine(store, clock)
    await engine.start()
    yield engine
    store.close()


@asynccontextmanager
async def listening(engine: Engine, listen: Listen) -> AsyncIterator[NetworkServer]:
    server = NetworkServer(listen, engine, engine)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@pytest.fixture
async def server(engine: Engine) -> AsyncIterator[NetworkServer]:
    async with listening(engine, Listen(LOOPBACK, (KEY, OLD_KEY))) as server:
        yield server


@pytest.fixture
async def raw(server: NetworkServer) -> AsyncIterator[Callable[[], Awaitable[Stream]]]:
    """Connections that say what they like."""
    async with AsyncExitStack() as opened:

        async def connect() -> Stream:
            reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
            opened.callback(writer.close)
            return reader, writer

        yield connect


def at(server: NetworkServer, key: str = KEY, tls_ca: str = "") -> Endpoint:
    return Endpoint((server.address,), key, tls_ca)


def hello() -> Hello:
    return Hello(WorkerId(fresh_id("worker")), (TaskInfo("f", "default"),), pid=os.getpid())


# --- addresses


def test_an_address_has_a_scheme_a_host_and_a_port() -> None:
    assert parse_address("tcp://127.0.0.1:8420") == Address("tcp", "127.0.0.1", 8420)
    assert str(parse_address("tls://[::1]:8420")) == "tls://[::1]:8420"
    assert [one.host for one in parse_addresses("tcp://a:1, tls://b:2")] == ["a", "b"]
    assert find_engine("unix:///run/a,b.sock") == Path("/run/a,b.sock")


@pytest.mark.parametrize(
    "url",
    ["tcp://a", "tcp://:1", "tcp://a:b", "tcp://a:99999", "tcp://a:1/path", "tcp://a:1,", "tcp://[::1:1", "udp://a:1"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="tcp://host:port"):
        find_engine(url)


def test_a_key_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match="holds no key") as refused:
        parse_address("tcp://secret-key@host:1")
    assert "secret" not in str(refused.value)


# --- with a key


async def test_a_client_and_a_worker_with_a_key_are_served(server: NetworkServer) -> None:
    client = await RemoteClientGateway.connect(at(server))
    inbox = Received()
    session = await RemoteWorkerGateway(at(server)).open(hello(), inbox)
    session.demand(Demand({"async": 1}))
    await client.trigger([NewRun(RunId(fresh_id("run")), "f", "1")])
    assignment = await inbox.assignments.get()
    await session.report([Report(assignment.run_id, assignment.epoch, outcome=Succeeded("2"))])
    assert (await client.result(assignment.run_id)).output == "2"
    await session.close()
    await client.close()


async def test_a_process_of_another_machine_is_none_of_this_one(engine: Engine, server: NetworkServer) -> None:
    session = await RemoteWorkerGateway(at(server)).open(replace(hello(), host=socket.gethostname()), Received())
    (process,) = await engine.store.read(workers.processes)
    assert process.host == f"{socket.gethostname()} (127.0.0.1)"
    await session.close()


async def test_any_of_several_keys_admits(server: NetworkServer) -> None:
    for key in (KEY, OLD_KEY):
        client = await RemoteClientGateway.connect(at(server, key))
        assert await client.tasks() == []
        await client.close()


@pytest.mark.parametrize("key", ["", "a-wrong-one", KEY[:-1], KEY + "x", "ключ-не-тот", "x" * KEY_BYTES_MAX])
async def test_another_key_is_refused_with_a_reason_and_one_line_without_it(
    server: NetworkServer, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(AccessDenied, match="RUNCAST_KEY") as refused:
        await RemoteClientGateway.connect(at(server, key))
    (line,) = [record.getMessage() for record in caplog.records if record.name == "runcast"]
    assert line.startswith("127.0.0.1:")
    for said in (line, str(refused.value)):
        assert not key or key not in said
        assert KEY not in said


async def test_a_public_client_says_the_key(server: NetworkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = str(server.address)
    async with Client(url=url, key=KEY) as client:
        assert (await client.list()).runs == ()
    async with Client(url=url, key="another-key-that-is-wrong") as client:
        with pytest.raises(AccessDenied):
            await client.list()
    monkeypatch.setenv("RUNCAST_KEY", OLD_KEY)
    async with Client(url=url) as client:
        assert (await client.list()).runs == ()
    with pytest.raises(InvalidInput, match="belongs to a url"):
        Client("x.db", key=KEY)


def test_nothing_shows_a_key() -> None:
    endpoint = Endpoint((LOOPBACK,), KEY)
    for shown in (repr(Listen(LOOPBACK, (KEY,))), repr(endpoint), str(endpoint)):
        assert KEY not in shown
        assert "127.0.0.1" in shown


# --- without a key


async def test_on_this_machine_alone_no_key_is_needed(engine: Engine) -> None:
    async with listening(engine, Listen(LOOPBACK)) as server:
        for key in ("", KEY):
            client = await RemoteClientGateway.connect(at(server, key))
            await client.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_other_machines_are_not_listened_to_without_a_key(engine: Engine, host: str) -> None:
    server = NetworkServer(Listen(Address("tcp", host, 0)), engine, engine)
    with pytest.raises(InvalidInput, match="there is no key"):
        await server.start()
    await server.close()


async def test_beyond_this_machine_a_lack_of_tls_is_told(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(engine, Listen(Address("tcp", "0.0.0.0", 0), (KEY,))) as server:
        client = await RemoteClientGateway.connect(Endpoint((Address("tcp", "127.0.0.1", server.address.port),), KEY))
        await client.close()
    assert "speaks no TLS" in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    "key", ["short", "with a space in the middle", "x" * (KEY_BYTES_MAX + 1), "ключ-ключ-ключ-ключ"]
)
async def test_a_key_that_is_easily_guessed_or_mangled_is_refused(engine: Engine, key: str) -> None:
    with pytest.raises(InvalidInput, match="a key") as refused:
        NetworkServer(Listen(LOOPBACK, (key,)), engine, engine)
    assert key not in str(refused.value)


async def test_an_address_that_cannot_be_had_is_told(engine: Engine, server: NetworkServer) -> None:
    second = NetworkServer(Listen(server.address, (KEY,)), engine, engine)
    with pytest.raises(Unavailable, match="cannot listen"):
        await second.start()


# --- strangers


HOSTILE = {
    "an HTTP request": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "a huge frame": b"\xff\xff\xff\xff" + bytes(64),
    "an empty frame": b"\x00\x00\x00\x00",
    "a frame a little too long": (KEY_BYTES_MAX + 100).to_bytes(4) + bytes(64),
    "garbage of a good length": b"\x00\x00\x00\x40" + os.urandom(64),
    "a request without a key": encode_frame(FrameKind.REQUEST, 1, "client.tasks", ()),
    "nested arrays": len(b"\x91" * 200).to_bytes(4) + b"\x91" * 200,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_is_no_key_is_refused_before_anything_is_decoded(
    server: NetworkServer,
    raw: Callable[[], Awaitable[Stream]],
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader, writer = await raw()
    writer.write(data)
    answer = b""
    try:
        answer = await reader.read()
    except ConnectionResetError:
        pass  # it was closed before all was read
    assert b'"' not in answer
    if answer:
        assert b"invalid_input" in answer
    assert len([record for record in caplog.records if record.name == "runcast"]) == 1
    client = await RemoteClientGateway.connect(at(server))
    await client.close()


async def test_a_key_and_a_request_may_come_in_one_piece_or_in_bytes(raw: Callable[[], Awaitable[Stream]]) -> None:
    said = encode_key(KEY) + encode_frame(FrameKind.REQUEST, 1, "client.tasks", ())
    for pieces in ([said], [said[i : i + 1] for i in range(len(said))]):
        reader, writer = await raw()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        for kind, id in ((FrameKind.REPLY, 0), (FrameKind.REPLY, 1)):
            frame = await read_frame(reader)
            assert frame is not None
            assert (frame.kind, frame.id) == (kind, id)


async def test_after_the_key_what_is_no_frame_ends_the_connection(raw: Callable[[], Awaitable[Stream]]) -> None:
    reader, writer = await raw()
    writer.write(encode_key(KEY) + b"\xff\xff\xff\xff")
    await read_frame(reader)
    frame = await read_frame(reader)
    assert frame is not None
    assert (frame.kind, frame.id) == (FrameKind.ERROR, 0)
    assert "bytes" in str(read_error(frame.body))
    assert await reader.read() == b""


@pytest.mark.parametrize("said", [b"", b"\x00", encode_key(KEY)[:-1]])
async def test_who_is_slow_to_show_a_key_is_sent_away(
    raw: Callable[[], Awaitable[Stream]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    monkeypatch.setattr(network, "ADMISSION_S", 0.05)
    reader, writer = await raw()
    writer.write(said)
    assert await reader.read() == b""
    assert "showed no key within" in caplog.text


async def test_who_only_looks_whether_it_listens_is_not_told_of(
    server: NetworkServer, raw: Callable[[], Awaitable[Stream]], caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await raw()
    writer.write_eof()
    assert await reader.read() == b""
    assert not [record for record in caplog.records if record.name == "runcast"]


async def test_strangers_take_up_their_places_only_and_not_for_long(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "STRANGERS_MAX", 2)
    monkeypatch.setattr(network, "ADMISSION_S", 0.2)
    async with listening(engine, Listen(LOOPBACK, (KEY,))) as server:
        admitted = await RemoteClientGateway.connect(at(server))
        strangers = [await asyncio.open_connection(server.address.host, server.address.port) for _ in range(6)]
        assert await admitted.tasks() == []
        late = await RemoteClientGateway.connect(at(server))
        assert await strangers[0][0].read() == b""
        for client in (admitted, late):
            await client.close()
        for _, writer in strangers:
            writer.close()


async def test_more_connections_than_it_can_serve_are_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "CONNECTIONS_MAX", 1)
    async with listening(engine, Listen(LOOPBACK, (KEY,))) as server:
        client = await RemoteClientGateway.connect(at(server))
        with pytest.raises(Unavailable, match="takes no more"):
            await RemoteClientGateway.connect(at(server))
        await client.close()


async def test_connections_leave_the_database_its_files(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (network.FILES_KEPT + 1, network.FILES_KEPT + 1))
    async with listening(engine, Listen(LOOPBACK, (KEY,))) as server:
        client = await RemoteClientGateway.connect(at(server))
        with pytest.raises(Unavailable, match="has 1 connections"):
            await RemoteClientGateway.connect(at(server))
        await client.close()


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def secure(engine: Engine, certificate: Certificate) -> AsyncIterator[NetworkServer]:
    listen = Listen(LOOPBACK, (KEY,), tls_cert=str(certificate.cert), tls_key=str(certificate.key))
    async with listening(engine, listen) as server:
        yield server


async def test_over_tls_a_key_admits(secure: NetworkServer, certificate: Certificate) -> None:
    assert secure.address.scheme == "tls"
    client = await RemoteClientGateway.connect(at(secure, tls_ca=str(certificate.cert)))
    large = NewRun(RunId(fresh_id("run")), "f", f'"{"x" * 1_000_000}"')
    await client.trigger([large])
    found = await client.find_run(large.id)
    assert found is not None
    assert found.payload == large.payload
    await client.close()
    with pytest.raises(AccessDenied):
        await RemoteClientGateway.connect(at(secure, "wrong", str(certificate.cert)))


async def test_a_server_that_is_not_trusted_does_not_get_the_key(secure: NetworkServer) -> None:
    with pytest.raises(AccessDenied, match="certificate is not trusted"):
        await RemoteClientGateway.connect(at(secure))


async def test_tls_on_one_side_only_is_told(secure: NetworkServer, server: NetworkServer) -> None:
    plain = Endpoint((Address("tcp", secure.address.host, secure.address.port),), KEY)
    with pytest.raises(Unavailable, match="does it speak TLS"):
        await RemoteClientGateway.connect(plain)
    with pytest.raises(Unavailable, match="no engine answers at tls://"):
        await RemoteClientGateway.connect(Endpoint((Address("tls", server.address.host, server.address.port),), KEY))


async def test_a_tls_handshake_that_takes_for_ever_is_ended(
    secure: NetworkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "ADMISSION_S", 0.05)
    reader, writer = await asyncio.open_connection(secure.address.host, secure.address.port)
    writer.write(b"\x16\x03\x01")
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("cert", ["", "missing.pem"])
async def test_tls_without_a_certificate_is_refused(engine: Engine, cert: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(cert or "--tls-cert")):
        NetworkServer(Listen(Address("tls", "127.0.0.1", 0), (KEY,), tls_cert=cert), engine, engine)


async def test_a_file_without_certificates_is_refused(secure: NetworkServer, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(InvalidInput, match="tls_ca"):
        await RemoteClientGateway.connect(at(secure, tls_ca=str(tmp_path / "ca.pem")))


# --- servers that go


async def test_of_several_addresses_one_that_answers_is_enough(server: NetworkServer) -> None:
    nobody = Address("tcp", "127.0.0.1", 1)
    for _ in range(8):
        connection = await Connection.open(Endpoint((nobody, server.address), KEY))
        await connection.close()
    with pytest.raises(Unavailable, match=r"no engine answers at tcp://127\.0\.0\.1:1"):
        await Connection.open(Endpoint((nobody,), KEY))


@pytest.mark.parametrize("far", [False, True])
async def test_a_server_that_stops_waits_for_no_worker_elsewhere_and_counts_no_death(
    engine: Engine, tmp_path: Path, far: bool
) -> None:
    server = (
        NetworkServer(Listen(LOOPBACK, (KEY,)), engine, engine)
        if far
        else SocketServer(tmp_path / "engine.sock", engine, engine)
    )
    await server.start()
    where = at(server) if isinstance(server, NetworkServer) else server.path
    inbox = Received()
    session = await RemoteWorkerGateway(where).open(hello(), inbox)
    session.demand(Demand({"async": 1}))
    new = NewRun(RunId(fresh_id("run")), "f", "1")
    await engine.trigger([new])
    await inbox.assignments.get()
    async with asyncio.timeout(session.welcome.lease_ms / 2000):
        await server.close()
    found = await engine.find_run(new.id)
    assert found is not None
    assert (found.status, found.deaths) == (RunStatus.EXECUTING, 0)
    await session.lost()


async def test_an_engine_that_hangs_does_not_keep_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "GOOD_BYE_S", 0.05)
    silent = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_key(reader)
        writer.write(encode_frame(FrameKind.REPLY, 0, "key", None))
        answers = {"hello": None, "worker.open": Welcome(0, 30_000, 5_000)}
        while (frame := await read_frame(reader)) is not None:
            if frame.op in answers:
                writer.write(encode_frame(FrameKind.REPLY, frame.id, frame.op, answers[frame.op]))
            else:
                silent.set()
        writer.close()

    hanging = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = hanging.sockets[0].getsockname()
    session = await RemoteWorkerGateway(Endpoint((Address("tcp", host, port),))).open(hello(), Received())
    await session.close()
    assert silent.is_set()
    with pytest.raises(Unavailable):
        await session.renew()
    hanging.close()


async def test_what_answers_as_no_engine_does_is_unavailable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    other = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = other.sockets[0].getsockname()
    with pytest.raises(Unavailable, match="no Runcast engine"):
        await Connection.open(Endpoint((Address("tcp", host, port),)))
    other.close()


async def test_a_worker_whose_connection_broke_is_assigned_nothing_more_and_keeps_its_lease(
    engine: Engine, server: NetworkServer
) -> None:
    inbox = Received()
    session = await RemoteWorkerGateway(at(server)).open(hello(), inbox)
    session.demand(Demand({"async": 5}))
    client = await RemoteClientGateway.connect(at(server))
    first = NewRun(RunId(fresh_id("run")), "f", "1")
    await client.trigger([first])
    await inbox.assignments.get()
    await session.lost()
    gone = asyncio.Event()
    demand = engine._dispatch.demand

    def demanded(worker_id: str, asked: Demand) -> None:
        demand(worker_id, asked)
        gone.set()

    engine._dispatch.demand = demanded  # type: ignore[method-assign, assignment]
    await gone.wait()
    second = NewRun(RunId(fresh_id("run")), "f", "2")
    await client.trigger([second])
    statuses = [found.status for id in (first.id, second.id) if (found := await client.find_run(id))]
    assert statuses == [RunStatus.EXECUTING, RunStatus.QUEUED]
    await client.close()
