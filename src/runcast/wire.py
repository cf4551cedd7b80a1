"""The wire: length-prefixed msgpack frames over a socket, and how keys, operations and errors travel in them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import typing
from collections.abc import Awaitable, Callable
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import msgspec

from runcast.domain import errors
from runcast.domain.errors import InvalidInput, RuncastError, Unavailable, ValueTooLarge
from runcast.domain.limits import ARTIFACT_BYTES_MAX

PROTOCOL = 1
FRAME_BYTES_MAX = 4 * ARTIFACT_BYTES_MAX
"""One frame. The largest honest ones carry an artifact as base64, or a whole journal; lists that are larger are split."""
READ_AHEAD_BYTES = 1024 * 1024
"""What a connection buffers before the other side has to wait."""
SOCKET_PATH_BYTES_MAX = 100
"""The kernel allows 104 (macOS) or 108 (Linux)."""
_LENGTH_BYTES = 4


class FrameKind(IntEnum):
    """What a frame is."""

    REQUEST = 0
    """`op` with arguments; answered by `REPLY` or `ERROR` of the same id. Id 0: no answer is wanted."""
    REPLY = 1
    ERROR = 2
    """`body` is a `WireError`. Id 0: the connection is of no use and is closed."""
    PUSH = 3
    """From the server, unasked: `op` is `assign`, `news` or `stop`."""
    CANCEL = 4
    """From the client: nobody waits for the reply to `id` any more."""


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """The envelope. `body` is msgpack inside, decoded only by who knows its type."""

    kind: FrameKind
    id: int
    op: str
    body: msgspec.Raw = msgspec.Raw(b"\xc0")


class WireError(msgspec.Struct, frozen=True):
    """An error on its way to the other side."""

    code: str
    message: str
    details: dict[str, str | int | float | bool | None] = {}
    """The error's own attributes, where they are plain."""


_ENCODER = msgspec.msgpack.Encoder()
_FRAMES = msgspec.msgpack.Decoder(Frame)
_ERRORS = msgspec.msgpack.Decoder(WireError)


def encode_frame(kind: FrameKind, id: int, op: str, body: object) -> bytes:
    """A whole frame with its length in front. Raises `ValueTooLarge`, or `InvalidInput` for text that is no Unicode."""
    try:
        raw = msgspec.Raw(_ENCODER.encode(body))
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{op}: {error.object!r:.80} holds a lone surrogate, which cannot be sent") from error
    except OverflowError as error:
        raise InvalidInput(f"{op}: a whole number is too large: it has to fit into 64 bits") from error
    frame = bytearray(_LENGTH_BYTES)
    _ENCODER.encode_into(Frame(kind, id, op, raw), frame, _LENGTH_BYTES)
    length = len(frame) - _LENGTH_BYTES
    if length > FRAME_BYTES_MAX:
        raise ValueTooLarge(f"{op}: a message of {length:,} bytes; at most {FRAME_BYTES_MAX:,} are allowed")
    frame[:_LENGTH_BYTES] = length.to_bytes(_LENGTH_BYTES)
    return bytes(frame)


# --- what frames travel over: a socket, or the messages of a WebSocket as one stream of bytes -----------------------


class Source(Protocol):
    """Where frames come from: an `asyncio.StreamReader`, or `MessageSource`."""

    async def readexactly(self, n: int, /) -> bytes:
        """Raises `asyncio.IncompleteReadError` at the end, `ConnectionError`."""
        ...


class Transport(Protocol):
    def abort(self) -> None: ...


class Sink(Protocol):
    """Where frames go: an `asyncio.StreamWriter`, or `MessageSink`."""

    @property
    def transport(self) -> Transport: ...
    def write(self, data: bytes, /) -> None: ...
    async def drain(self) -> None: ...
    def is_closing(self) -> bool: ...
    def close(self) -> None: ...
    async def wait_closed(self) -> None: ...
    def get_extra_info(self, name: str, /) -> Any: ...


class MessageSource:
    """The bytes of messages, one after the other; a message is taken only when somebody reads."""

    def __init__(self, receive: Callable[[], Awaitable[bytes | None]]) -> None:
        """`receive`: the next message, None at the end."""
        self._receive = receive
        self._left = bytearray()

    async def readexactly(self, n: int, /) -> bytes:
        while len(self._left) < n:
            message = await self._receive()
            if message is None:
                raise asyncio.IncompleteReadError(bytes(self._left), n)
            self._left += message
        found = bytes(self._left[:n])
        del self._left[:n]
        return found


GATEWAY_PATH = "/api/v1/gateway"
"""Of the WebSocket, below the HTTP API's address."""
MESSAGE_BYTES_MAX = 256 * 1024
"""Of one message of a WebSocket: a frame may be spread over several, and a message may carry several frames."""
_HIGH_WATER_BYTES = 256 * 1024


class MessageSink:
    """Sends bytes as messages, on a task of its own: what is written in one go travels together."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], end: Callable[[], Awaitable[None]]) -> None:
        """`send` waits while the other side takes nothing in. `end`: closes the WebSocket."""
        self._send = send
        self._end = end
        self._left = bytearray()
        self._wanted = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name="runcast-messages")

    @property
    def transport(self) -> MessageSink:
        return self

    def write(self, data: bytes, /) -> None:
        self._left += data
        self._wanted.set()
        if len(self._left) > _HIGH_WATER_BYTES:
            self._room.clear()

    async def drain(self) -> None:
        """Raises `ConnectionError` when nobody takes it any more."""
        await self._room.wait()
        if self._task.done():
            raise ConnectionResetError("the connection is closed")

    def is_closing(self) -> bool:
        return self._closing or self._task.done()

    def close(self) -> None:
        """Send what is left, then close."""
        self._closing = True
        self._wanted.set()

    def abort(self) -> None:
        self._task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.wait({self._task})

    def get_extra_info(self, _name: str, /) -> None:
        """There is no socket to be known: it may be that of a proxy."""

    async def _run(self) -> None:
        try:
            while await self._wanted.wait():
                self._wanted.clear()
                while self._left:
                    message = bytes(self._left[:MESSAGE_BYTES_MAX])
                    del self._left[: len(message)]
                    await self._send(message)
                    if len(self._left) <= _HIGH_WATER_BYTES:
                        self._room.set()
                if self._closing:
                    return
        except OSError:
            self._left.clear()
        finally:
            self._closing = True
            self._room.set()
            await self._end()


async def read_frame(reader: Source) -> Frame | None:
    """The next frame, None at the end of the connection. Raises `InvalidInput` for what is not a frame."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
        if length > FRAME_BYTES_MAX:
            raise InvalidInput(f"a frame of {length:,} bytes; at most {FRAME_BYTES_MAX:,} are allowed")
        data = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        return _FRAMES.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a frame: {error}") from error


# --- keys: the first frame of a connection from the network, which is no msgpack ----------------------------------

KEY_BYTES_MAX = 1024
_KEY_MARK = b"runcast key 1\n"
"""What other protocols do not begin with, such as the request that a browser is made to send."""


def encode_key(key: str) -> bytes:
    """The frame that presents a key; an empty one to an engine that asks for none."""
    body = _KEY_MARK + key.encode()
    return len(body).to_bytes(_LENGTH_BYTES) + body


async def read_key(reader: Source) -> bytes | None:
    """The key that a connection presents, None when it ends before. Raises `InvalidInput` for another first frame.

    Nothing is decoded, and no more is read than a key can have.
    """
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
        if not len(_KEY_MARK) <= length <= len(_KEY_MARK) + KEY_BYTES_MAX:
            raise InvalidInput("what was sent is no Runcast of this version, or speaks TLS where none is spoken")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    if not body.startswith(_KEY_MARK):
        raise InvalidInput("what was sent is no Runcast of this version")
    return body[len(_KEY_MARK) :]


IDLE_S = 10
"""A connection that is silent for this long is asked whether its other end is there."""
ASK_AGAIN_S = 5
ASK_TIMES = 3


def keep_alive(connection: socket.socket) -> None:
    """Have the kernel end a connection whose other end has vanished without a word, and keep a quiet one in the tables of
    what lies between."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    vanished_ms = 1000 * (IDLE_S + ASK_AGAIN_S * ASK_TIMES)
    options = {
        "TCP_KEEPIDLE": IDLE_S,
        "TCP_KEEPINTVL": ASK_AGAIN_S,
        "TCP_KEEPCNT": ASK_TIMES,
        "TCP_USER_TIMEOUT": vanished_ms,
    }
    for name, value in options.items():
        # Not every system has all of them.
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


# --- operations: types come from the gateway's protocols, so that there is no second list ------------------------


class Operation:
    """How one method of a gateway travels: its arguments as a tuple, its result."""

    def __init__(self, method: Callable[..., Any]) -> None:
        hints = typing.get_type_hints(method)
        result = hints.pop("return")
        self.parameters = tuple(hints)
        self._arguments: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(tuple[tuple(hints.values())])  # type: ignore[misc]
        self._result: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(result)

    def read_arguments(self, body: msgspec.Raw) -> tuple[Any, ...]:
        """Checked arguments, in the order of the method. Raises `InvalidInput`."""
        try:
            found: tuple[Any, ...] = self._arguments.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(f"arguments of the wrong shape: {error}") from error
        return found

    def read_result(self, body: msgspec.Raw) -> Any:
        try:
            return self._result.decode(body)
        except msgspec.DecodeError as error:
            raise Unavailable(f"the other side speaks another version: {error}") from error


@cache
def operation(protocol: type, name: str) -> Operation:
    """The operation of a method of `ClientGateway` or `WorkerSession`."""
    return Operation(getattr(protocol, name))


# --- errors -----------------------------------------------------------------------------------------------------


def wire_error(error: BaseException) -> WireError:
    """An exception as the other side may see it."""
    if isinstance(error, RuncastError):
        return WireError(error.code, str(error), error.details())
    return WireError(RuncastError.code, f"internal error: {type(error).__name__}: {error}")


def read_error(body: msgspec.Raw) -> RuncastError:
    """The exception that a `WireError` stands for: the same class, the same text."""
    found = _ERRORS.decode(body)
    kind = _classes().get(found.code, RuncastError)
    error = kind.__new__(kind)
    Exception.__init__(error, found.message)
    vars(error).update(found.details)
    return error


@cache
def _classes() -> dict[str, type[RuncastError]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RuncastError)]
    return {kind.code: kind for kind in kinds if "code" in vars(kind)}


# --- where ------------------------------------------------------------------------------------------------------


def socket_path(database: Path) -> Path:
    """The socket of the server that owns `database`: beside it, or, when that path is too long for a socket, in a
    private directory under the system's temporary one."""
    # Links are followed, as the database's lock follows them: one file has one engine and one socket.
    absolute = database.resolve()
    beside = absolute.with_name(f"{absolute.name}.sock")
    if len(os.fsencode(beside)) <= SOCKET_PATH_BYTES_MAX:
        return beside
    import tempfile  # slow to import, and needed for few paths only

    name = hashlib.blake2b(os.fsencode(absolute), digest_size=12).hexdigest()
    return Path(tempfile.gettempdir()) / f"runcast-{os.getuid()}" / f"{name}.sock"
