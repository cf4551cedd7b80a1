"""Streams of runs: read, written from outside; and messages to a run's inboxes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, head, post, put
from litestar.params import FromPath, HeaderParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from runcast.api.auth import still_admits
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.live import read_event_id
from runcast.api.sse import EventStream
from runcast.api.streams import SILENCE_S_MAX
from runcast.domain.effect import Target
from runcast.domain.errors import Conflict, InvalidInput, NotFound, ValueTooLarge
from runcast.domain.ids import RunId
from runcast.domain.limits import KEY_CHARS_MAX, MESSAGE_BYTES_MAX, STREAM_PART_BYTES_MAX
from runcast.domain.message import NewMessage
from runcast.domain.run import Run
from runcast.sdk.fresh_ids import fresh_id
from runcast.store import streams

NAME_CHARS_MAX = 128
WRITER_CHARS_MAX = 200
LastId = Annotated[str, HeaderParameter(name="Last-Event-ID", description="The number of the last record.")]
Silence = Annotated[
    str, HeaderParameter(name="Timeout-Seconds", description="End after so long without a part: 1 to 600.")
]
Start = Annotated[str, HeaderParameter(name="X-Trigger-Stream-Start", description="`latest`: only what comes.")]
Writer = Annotated[str, HeaderParameter(name="X-Client-Id", description="Who writes: numbers its own parts.")]
First = Annotated[str, HeaderParameter(name="X-Resume-From-Chunk", description="The number of the first part.")]
PartId = Annotated[str, HeaderParameter(name="X-Part-Id", description="The same part is appended once.")]
_OPTIONS: dict[str, Any] = {"tags": ["Streams"], "opt": {"streams": True}}
_PATH = "/realtime/v1/streams/{run_id:str}/{key:path}"


class MessageBody(msgspec.Struct, frozen=True):
    """A message to a run."""

    data: Any


class SentView(msgspec.Struct, frozen=True):
    """It is on disk."""

    ok: bool = True


class VersionView(msgspec.Struct, frozen=True):
    """How parts are to be sent."""

    version: str = "v1"


@get(_PATH, summary="Read a stream", media_type="text/event-stream", **_OPTIONS)
async def read(
    run_id: FromPath[str],
    key: FromPath[str],
    request: Request[Any, Any, Any],
    api: Api,
    caller: Caller,
    last_id: LastId = "",
    silence: Silence = "",
    start: Start = "",
) -> ASGIApp:
    """Server-sent events `batch`, each `{"records": [{"seq_num", "timestamp", "headers", "body"}]}` with `body` a JSON text
    `{"data", "id"}`. A clean end means that the stream is complete. A stream that nobody wrote to yet is waited for."""
    await api.admit_reader(caller, run_id, request.receive)
    name = _name(key)
    after = read_event_id(last_id)
    if after is None:
        after = await api.engine.store.read(partial(streams.end, run_id, name)) if start == "latest" else -1
    silence_s = min(int(silence), SILENCE_S_MAX) if silence.isascii() and silence.isdigit() else None

    admits = partial(still_admits, api, request, caller)

    async def served(_scope: Scope, receive: Receive, send: Send) -> None:
        await api.streams.send(run_id, name, after, silence_s, receive, EventStream(send, admits))

    app: ASGIApp = served
    return app


@put(_PATH, status_code=202, summary="Begin to write a stream", **_OPTIONS)
async def begin(run_id: FromPath[str], key: FromPath[str], api: Api, caller: Caller) -> VersionView:
    """`key` is `self/NAME`, `parent/NAME` or `root/NAME`: of the run, its parent or root."""
    await _find_writable(api, caller, run_id, key)
    _target(key)
    return VersionView()


@head(_PATH, summary="How far a stream is written", **_OPTIONS)
async def look(
    run_id: FromPath[str], key: FromPath[str], api: Api, caller: Caller, writer: Writer = ""
) -> Response[None]:
    """`X-Last-Chunk-Index`: the number of the writer's last part, -1 before the first."""
    await _find_writable(api, caller, run_id, key)
    target, name = _target(key)
    count = await api.engine.store.read(partial(streams.written, run_id, target, name, writer[:WRITER_CHARS_MAX]))
    return Response(None, headers={"X-Last-Chunk-Index": str(count - 1), "X-Stream-Version": "v1"})


@post(_PATH, status_code=200, request_max_body_size=None, summary="Write a stream, or send to an inbox", **_OPTIONS)
async def write(
    run_id: FromPath[str],
    key: FromPath[str],
    request: Request[Any, Any, Any],
    api: Api,
    caller: Caller,
    writer: Writer = "",
    first: First = "0",
    part_id: PartId = "",
) -> SentView:
    """Of `key` depends what the body is:

    - `self/NAME` (or `parent/NAME`, `root/NAME`): lines of JSON, each a part, stored as they come;
    - `self/NAME/append`: one part, a text;
    - `input/NAME`: `{"data": …}`, a message to that inbox of the run.
    """
    place = key.strip("/")
    if place.startswith("input/"):
        await _send(api, caller, run_id, place.removeprefix("input/"), request, part_id)
        return SentView()
    await _find_writable(api, caller, run_id, place)
    if place.endswith("/append"):
        target, name = _target(place.removesuffix("/append"))
        text = (await _bounded_body(request, STREAM_PART_BYTES_MAX)).decode(errors="replace")
        value = msgspec.json.encode(text).decode()
        await _append(api, run_id, target, name, [value], writer=f"part/{part_id}" if part_id else "", first=0)
        return SentView()
    target, name = _target(place)
    number = int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 0
    async for values in _lines(request):
        await _append(api, run_id, target, name, values, writer=writer, first=number)
        number += len(values)
    return SentView()


async def _append(
    api: Api, run_id: str, target: Target, name: str, values: list[str], *, writer: str, first: int
) -> None:
    await api.engine.store.write(
        partial(
            streams.append,
            run_id,
            target,
            name,
            values,
            writer=writer[:WRITER_CHARS_MAX],
            first=first,
            now=api.now_ms(),
        )
    )


async def _send(api: Api, caller: Caller, run_id: str, inbox: str, request: Request[Any, Any, Any], key: str) -> None:
    caller.require("write", f"inputStreams:{run_id}")
    run = await api.engine.find_run(RunId(run_id))
    if run is None or run.environment != caller.environment:
        raise NotFound("Run not found")
    body = await _bounded_body(request, MESSAGE_BYTES_MAX)
    try:
        data = msgspec.json.decode(body, type=_RawMessage).data
    except msgspec.DecodeError as error:
        raise InvalidInput(f'the body is {{"data": …}}: {error}') from error
    key = key or request.headers.get("x-trigger-request-idempotency-key", "") or fresh_id("message")
    message = NewMessage(run.id, inbox, bytes(data).decode(), key[:KEY_CHARS_MAX])
    try:
        await api.engine.send([message])
    except Conflict as error:
        raise Refused(400, str(error), code=error.code) from error


class _RawMessage(msgspec.Struct, frozen=True):
    data: msgspec.Raw


async def _find_writable(api: Api, caller: Caller, run_id: str, place: str) -> Run:
    # Whoever may write to a run may not write to those above it.
    caller.require("write", f"runs:{run_id}" if place.strip("/").startswith("self/") else "runs")
    run = await api.engine.find_run(RunId(run_id))
    if run is None or run.environment != caller.environment:
        raise NotFound("Run not found")
    return run


def _name(key: str) -> str:
    name = key.strip("/")
    if not name or len(name) > NAME_CHARS_MAX or "\0" in name:
        raise InvalidInput(f"a stream's name is 1 to {NAME_CHARS_MAX} characters without NUL, got {name[:100]!r}")
    return name


def _target(key: str) -> tuple[Target, str]:
    word, _, name = key.strip("/").partition("/")
    try:
        return Target(word), _name(name)
    except ValueError:
        raise InvalidInput(f"a stream is written at self/…, parent/… or root/…, got {key[:100]!r}") from None


async def _bounded_body(request: Request[Any, Any, Any], limit: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit + 1_000:
            raise ValueTooLarge(f"the body has more than {limit:,} bytes")
    return bytes(body)


async def _lines(request: Request[Any, Any, Any]) -> AsyncIterator[list[str]]:
    """The JSON texts of the lines that each piece of the body completes."""
    rest = b""
    async for piece in request.stream():
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > STREAM_PART_BYTES_MAX:
            raise ValueTooLarge(f"a part has more than {STREAM_PART_BYTES_MAX:,} bytes")
        if values := [_checked(line) for line in lines if line.strip()]:
            yield values
    if rest.strip():
        yield [_checked(rest)]


def _checked(line: bytes) -> str:
    try:
        msgspec.json.decode(line)
        return line.strip().decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"a line is no JSON: {error}") from error


ROUTES = [read, begin, look, write]
