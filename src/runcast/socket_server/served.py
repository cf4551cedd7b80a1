"""One connection to the socket server: requests and answers, a worker's session, watches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

import msgspec

from runcast.domain.errors import (
    Conflict,
    EngineStopped,
    ErrorInfo,
    InvalidInput,
    NotFound,
    RuncastError,
    ValueTooLarge,
)
from runcast.domain.outcome import Failed
from runcast.gateway import (
    Assignment,
    ClientGateway,
    Demand,
    Hello,
    Report,
    Update,
    Watch,
    WorkerGateway,
    WorkerSession,
)
from runcast.socket_server.process_end import ProcessEnd
from runcast.socket_server.push_inbox import PushInbox
from runcast.wire import PROTOCOL, Frame, FrameKind, Sink, Source, encode_frame, operation, read_frame, wire_error

WATCHES_MAX = 1_000
"""Open watches of one connection."""
REQUESTS_MAX = 20_000
"""Unanswered requests of one connection; past it the connection is closed with an error."""

CLIENT_OPERATIONS = frozenset(
    name for name in dir(ClientGateway) if callable(getattr(ClientGateway, name)) and not name.startswith("_")
) - {"watch", "close"}
READS = frozenset(
    {"list_runs", "journal", "logs", "parts", "artifacts", "artifact", "members", "messages", "file_part"}
)
"""Operations whose answers may be large."""
READS_AT_ONCE = 8
"""Of one connection; further ones wait, and all wait while the other side does not take what was answered."""
WORKER_OPERATIONS = frozenset({"report", "renew", "journal", "members"})

log = logging.getLogger("runcast")


class Served:
    """One connection: at most one worker session, any number of requests and watches."""

    def __init__(
        self,
        reader: Source,
        writer: Sink,
        client: ClientGateway,
        worker: WorkerGateway,
        *,
        origin: str = "",
    ) -> None:
        """`origin`: the address of the machine at the other end, empty for this one."""
        self._reader = reader
        self._writer = writer
        self._client = client
        self._worker = worker
        self._origin = origin
        self._session: WorkerSession | None = None
        self._requests: dict[int, asyncio.Task[None]] = {}
        self._watches: dict[int, AsyncIterator[Update]] = {}
        self._refused: set[asyncio.Task[None]] = set()
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._pulled: set[int] = set()
        """Watches whose next update is asked for."""
        self._next_watch = 1
        self._loop = asyncio.get_running_loop()

    async def serve(self) -> None:
        """Answer until the other side goes, or sends what is no frame."""
        gone = ProcessEnd(self._writer)
        closing = False
        try:
            while (frame := await read_frame(self._reader)) is not None:
                self._receive(frame)
                await self._writer.drain()
        except ConnectionError:
            pass
        except asyncio.CancelledError:
            closing = True
            raise
        except RuncastError as error:
            self._send(FrameKind.ERROR, 0, "", wire_error(error))
        finally:
            await self._end(gone, closing=closing)

    # --- requests

    def _receive(self, frame: Frame) -> None:
        if frame.kind is FrameKind.CANCEL:
            if (request := self._requests.get(frame.id)) is not None:
                request.cancel()
        elif frame.kind is not FrameKind.REQUEST:
            raise InvalidInput(f"a client sends requests, not frames of kind {frame.kind}")
        elif frame.id == 0:
            self._tell(frame)
        elif frame.id in self._requests or len(self._requests) >= REQUESTS_MAX:
            raise InvalidInput(f"request {frame.id} is used twice, or more than {REQUESTS_MAX} wait for an answer")
        else:
            request = self._loop.create_task(self._answer(frame))
            self._requests[frame.id] = request
            request.add_done_callback(lambda _: self._requests.pop(frame.id, None))

    async def _answer(self, frame: Frame) -> None:
        if frame.op.removeprefix("client.") not in READS:
            await self._answer_now(frame)
            return
        async with self._reads:
            try:
                await self._writer.drain()
            except ConnectionError:
                return
            await self._answer_now(frame)

    async def _answer_now(self, frame: Frame) -> None:
        try:
            result = await self._handler(frame)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if not isinstance(error, RuncastError):
                log.exception("%s failed", frame.op)
            self._send(FrameKind.ERROR, frame.id, frame.op, wire_error(error))
        else:
            self._reply(frame, result)

    def _reply(self, frame: Frame, result: object) -> None:
        try:
            self._send(FrameKind.REPLY, frame.id, frame.op, result)
        except RuncastError as error:  # an answer larger than a frame
            self._send(FrameKind.ERROR, frame.id, frame.op, wire_error(error))

    def _handler(self, frame: Frame) -> Coroutine[Any, Any, object]:
        door, _, name = frame.op.partition(".")
        match door:
            case "hello":
                return self._hello(frame)
            case "client" if name in CLIENT_OPERATIONS:
                return _call(self._client, ClientGateway, name, frame.body)
            case "worker" if name == "open":
                return self._open(frame)
            case "worker" if name == "close":
                return self._close_session()
            case "worker" if name in WORKER_OPERATIONS:
                return _call(self._open_session(), WorkerSession, name, frame.body)
            case "watch" if name == "open":
                return self._open_watch(frame)
            case "watch" if name == "next":
                return self._next_update(_read(frame.body, tuple[int])[0])
        raise InvalidInput(f"no operation {frame.op!r}")

    def _tell(self, frame: Frame) -> None:
        if frame.op == "worker.demand":
            self._open_session().demand(_read(frame.body, tuple[Demand])[0])
        elif frame.op == "watch.close":
            self._watches.pop(_read(frame.body, tuple[int])[0], None)
        else:
            raise InvalidInput(f"{frame.op!r} needs an answer")

    async def _hello(self, frame: Frame) -> None:
        (version,) = _read(frame.body, tuple[int])
        if version != PROTOCOL:
            raise Conflict(f"the engine speaks protocol {PROTOCOL}, the client {version}: use the same runcast version")

    # --- a worker

    async def _open(self, frame: Frame) -> object:
        if self._session is not None:
            raise Conflict("this connection has a worker already")
        (hello,) = _read(frame.body, tuple[Hello])
        if self._origin:
            # Containers may have one name and other processes: a number from there says nothing of a process here.
            hello = msgspec.structs.replace(hello, host=f"{hello.host} ({self._origin})")
        self._session = await self._worker.open(hello, PushInbox(self._send, self._refuse))
        return self._session.welcome

    def _open_session(self) -> WorkerSession:
        if self._session is None:
            raise Conflict("this connection has no open worker")
        return self._session

    async def _close_session(self) -> None:
        session, self._session = self._open_session(), None
        await session.close()

    def _refuse(self, assignment: Assignment, error: ValueTooLarge) -> None:
        """A run whose journal no frame can carry fails with a reason, instead of never starting."""
        info = ErrorInfo(
            f"{ValueTooLarge.__module__}.ValueTooLarge", f"its journal is too large: {error}", code=error.code
        )
        report = Report(assignment.run_id, assignment.epoch, outcome=Failed(info))
        request = self._loop.create_task(self._report_refused(report))
        self._refused.add(request)
        request.add_done_callback(self._refused.discard)

    async def _report_refused(self, report: Report) -> None:
        if self._session is not None:
            await self._session.report([report])

    # --- watches

    async def _open_watch(self, frame: Frame) -> int:
        watch, cursor = _read(frame.body, tuple[Watch, int | None])
        if len(self._watches) >= WATCHES_MAX:
            raise Conflict(f"{WATCHES_MAX} watches are open on this connection: close some")
        number = self._next_watch
        self._next_watch += 1
        self._watches[number] = self._client.watch(watch, cursor=cursor)
        return number

    async def _next_update(self, number: int) -> Update | None:
        source = self._watches.get(number)
        if source is None:
            raise NotFound(f"no watch {number} on this connection")
        if number in self._pulled:
            raise Conflict(
                f"the next update of watch {number} was asked for already: wait for it, or open another watch"
            )
        self._pulled.add(number)
        try:
            return await anext(source, None)
        finally:
            self._pulled.discard(number)

    # --- the end

    def _send(self, kind: FrameKind, id: int, op: str, body: object) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode_frame(kind, id, op, body))

    async def _end(self, gone: ProcessEnd, *, closing: bool) -> None:
        requests = [*self._requests.values(), *self._refused]
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        for source in self._watches.values():
            if (close := getattr(source, "aclose", None)) is not None:
                await close()
        self._writer.close()
        try:
            # Of an engine that stops nobody waits for the ends of its workers: they come back to the next, or their leases
            # end.
            if not closing:
                await self._leave_session(gone)
        finally:
            gone.close()

    async def _leave_session(self, gone: ProcessEnd) -> None:
        """A worker that broke off: lost as soon as its process is gone; until then its lease decides."""
        session, self._session = self._session, None
        if session is not None:
            # What would be assigned now would reach nobody.
            session.demand(Demand({}))
        if session is not None and await gone.within(session.welcome.lease_ms / 1000):
            # Whoever opens the database next takes back what it held.
            with suppress(EngineStopped):
                await session.lost()


def _call(target: object, protocol: type, name: str, body: msgspec.Raw) -> Coroutine[Any, Any, object]:
    """Call a gateway's method with the arguments of a frame, by name."""
    kind = operation(protocol, name)
    arguments = dict(zip(kind.parameters, kind.read_arguments(body), strict=True))
    called: Coroutine[Any, Any, object] = getattr(target, name)(**arguments)
    return called


def _read(body: msgspec.Raw, shape: Any) -> Any:
    try:
        return msgspec.msgpack.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"arguments of the wrong shape: {error}") from error
