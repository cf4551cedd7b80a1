"""One socket to an engine: requests and their answers, which may overlap, and what the engine pushes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from runcast.domain.errors import Unavailable
from runcast.sdk.dial import Where, dial
from runcast.wire import PROTOCOL, Frame, FrameKind, Sink, Source, encode_frame, read_error, read_frame

T = TypeVar("T")
OnPush = Callable[[Frame], None]
CLOSE_S = 2.0
"""For what is still to be sent, and the end of TLS: the other side may have vanished."""


class Connection:
    """Requests and answers over one socket; requests may overlap. It breaks once, and then for good."""

    def __init__(self, reader: Source, writer: Sink, on_push: OnPush | None) -> None:
        self._reader = reader
        self._writer = writer
        self._on_push = on_push
        self._answers: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._next_id = 1
        self._broken: Exception | None = None
        self._listener = asyncio.get_running_loop().create_task(self._listen(), name="runcast-connection")

    @classmethod
    async def open(cls, where: Where, *, on_push: OnPush | None = None) -> Connection:
        """Connect and agree on the protocol. Raises `Unavailable` when nobody listens, `AccessDenied`."""
        reader, writer = await dial(where)
        connection = cls(reader, writer, on_push)
        try:
            await connection.ask("hello", (PROTOCOL,), _nothing)
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def is_closed(self) -> bool:
        return self._broken is not None

    async def ask(self, op: str, arguments: tuple[object, ...], read: Callable[[msgspec.Raw], T]) -> T:
        """Send a request and wait for its answer. Raises what the other side raised, or `Unavailable`."""
        self._raise_if_broken()
        number = self._next_id
        self._next_id += 1
        frame = encode_frame(FrameKind.REQUEST, number, op, arguments)
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._writer.write(frame)
            body = await answer
        except asyncio.CancelledError:
            if not self.is_closed:
                self._writer.write(encode_frame(FrameKind.CANCEL, number, op, None))
            raise
        finally:
            del self._answers[number]
        return read(body)

    def tell(self, op: str, arguments: tuple[Any, ...]) -> None:
        """Send a request that wants no answer."""
        self._raise_if_broken()
        self._writer.write(encode_frame(FrameKind.REQUEST, 0, op, arguments))

    async def close(self) -> None:
        """Close; requests that still wait end with `Unavailable`."""
        self._break(Unavailable("the connection was closed"))
        if self._listener is not asyncio.current_task():
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
        except TimeoutError:
            self._writer.transport.abort()
        except OSError:
            pass  # it was broken before

    async def _listen(self) -> None:
        reason = Unavailable("the engine closed the connection")
        try:
            while (frame := await read_frame(self._reader)) is not None:
                self._receive(frame)
        except Exception as error:  # noqa: BLE001 - whatever breaks the listener must reach who waits
            reason = Unavailable(f"the connection broke: {error}")
        finally:
            self._break(reason)

    def _receive(self, frame: Frame) -> None:
        answer = self._answers.get(frame.id)
        match frame.kind:
            case FrameKind.PUSH if self._on_push is not None:
                self._on_push(frame)
            case FrameKind.REPLY if answer is not None and not answer.done():
                answer.set_result(frame.body)
            case FrameKind.ERROR if answer is not None and not answer.done():
                answer.set_exception(read_error(frame.body))
            case FrameKind.ERROR if frame.id == 0:
                raise read_error(frame.body)
            case _:
                pass  # the answer to a request that was canceled

    def _break(self, reason: Exception) -> None:
        if self._broken is not None:
            return
        self._broken = reason
        self._writer.close()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Unavailable(str(reason)))

    def _raise_if_broken(self) -> None:
        if self._broken is not None:
            raise Unavailable(str(self._broken))


def _nothing(body: msgspec.Raw) -> None:
    """The answer says only that it worked."""
