"""Frames, operations and errors of the local wire."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain import errors
from runcast.domain.errors import InvalidInput, NotFound, RuncastError, ValueTooLarge
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun, Triggered
from runcast.gateway import ClientGateway, WorkerSession
from runcast.wire import (
    FRAME_BYTES_MAX,
    KEY_BYTES_MAX,
    SOCKET_PATH_BYTES_MAX,
    Frame,
    FrameKind,
    encode_frame,
    encode_key,
    operation,
    read_error,
    read_frame,
    read_key,
    socket_path,
    wire_error,
)


async def sent(data: bytes) -> Frame | None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_frame(reader)


async def test_a_frame_comes_back_as_it_was_sent() -> None:
    frame = await sent(encode_frame(FrameKind.REQUEST, 7, "client.trigger", ([NewRun(RunId("run_1"), "f")],)))
    assert frame is not None
    assert (frame.kind, frame.id, frame.op) == (FrameKind.REQUEST, 7, "client.trigger")
    assert operation(ClientGateway, "trigger").read_arguments(frame.body) == ([NewRun(RunId("run_1"), "f")],)


async def test_a_connection_that_ends_inside_a_frame_is_at_its_end() -> None:
    whole = encode_frame(FrameKind.REPLY, 1, "", None)
    assert await sent(whole[:-1]) is None
    assert await sent(whole[:2]) is None
    assert await sent(b"") is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\x01\xc1",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x03\x93\x09\x01",
        (FRAME_BYTES_MAX + 1).to_bytes(4),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        await sent(data)


def test_a_frame_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runcast.wire.FRAME_BYTES_MAX", 1_000)
    with pytest.raises(ValueTooLarge, match=r"client\.trigger"):
        encode_frame(FrameKind.REQUEST, 1, "client.trigger", b"x" * 1_000)


def test_operations_check_what_they_are_given() -> None:
    trigger = operation(ClientGateway, "trigger")
    with pytest.raises(InvalidInput):
        trigger.read_arguments(msgspec.Raw(msgspec.msgpack.encode(([{"id": 3}],))))
    with pytest.raises(InvalidInput):
        trigger.read_arguments(msgspec.Raw(msgspec.msgpack.encode(())))
    assert trigger.read_result(msgspec.Raw(msgspec.msgpack.encode([Triggered(RunId("r"))]))) == [Triggered(RunId("r"))]


@pytest.mark.parametrize("protocol", [ClientGateway, WorkerSession])
def test_every_operation_can_travel(protocol: type) -> None:
    for name, method in vars(protocol).items():
        if callable(method) and not name.startswith("_") and name != "watch":
            operation(protocol, name)


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RuncastError)]
)
def test_an_error_arrives_as_the_same_class_with_the_same_text(kind: type[RuncastError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "why")
    arrived = read_error(msgspec.Raw(msgspec.msgpack.encode(wire_error(error))))
    # To another process an engine that stopped is one that is not there now.
    assert type(arrived) is (errors.Unavailable if kind is errors.EngineStopped else kind)
    assert str(arrived) == "why"


def test_an_error_that_is_not_ours_is_internal() -> None:
    arrived = read_error(msgspec.Raw(msgspec.msgpack.encode(wire_error(ZeroDivisionError("x")))))
    assert type(arrived) is RuncastError
    assert "ZeroDivisionError" in str(arrived)
    assert not isinstance(arrived, NotFound)


def test_a_socket_lies_beside_its_database_if_its_path_is_short_enough(tmp_path: Path) -> None:
    assert socket_path(Path("/data/runs.db")) == Path("/data/runs.db.sock")
    deep = tmp_path / ("d" * SOCKET_PATH_BYTES_MAX) / "runs.db"
    assert len(str(socket_path(deep))) <= SOCKET_PATH_BYTES_MAX
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(deep.with_name("other.db"))


def test_text_that_is_no_unicode_is_a_callers_mistake() -> None:
    with pytest.raises(InvalidInput, match="surrogate"):
        encode_frame(FrameKind.REQUEST, 1, "client.trigger", ("a\ud800",))


@pytest.mark.parametrize(
    "data",
    [b"\x94\x00\x01\xa2\xff\xfe\xc0", b"\x94\x00\x01\xa1x" + b"\x91" * 50_000 + b"\xc0"],
    ids=["no UTF-8", "a deep nest"],
)
async def test_bytes_that_are_no_frame_are_refused(data: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(len(data).to_bytes(4) + data)
    reader.feed_eof()
    with pytest.raises(InvalidInput, match="frame"):
        await read_frame(reader)


@given(st.binary(max_size=2_000))
async def test_the_first_frame_of_a_connection_is_a_key_or_is_refused(data: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    try:
        key = await read_key(reader)
    except InvalidInput:
        return
    assert key is None or key in data


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=KEY_BYTES_MAX))
async def test_a_key_arrives_as_it_was_sent(key: str) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(encode_key(key) + b"what follows")
    assert await read_key(reader) == key.encode()
    assert await reader.read(100) == b"what follows"
