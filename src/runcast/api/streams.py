"""Streams of runs over HTTP: read as server-sent events in the framing of version 2, with exact numbers.

A clean end after the comment `end` says that the stream is complete: its writer closed it, or its run has ended and everything
was sent. A server that stops breaks off instead, after an event that says so, and its clients come back with the number of the
last record.
"""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
from litestar.types import Receive

from runcast.api.sse import EventStream
from runcast.domain.change import ChangeKind
from runcast.domain.effect import Part
from runcast.engine.engine import Engine
from runcast.feed.following import Following, run_topic
from runcast.store import streams

HEADERS = [(b"x-stream-version", b"v2")]
SILENCE_S_MAX = 600
END = b": end\n\n"
"""A comment: proxies that speak HTTP/1.0 to servers give their clients a clean end even where a server breaks off."""
_PARTS = frozenset({ChangeKind.STREAM, ChangeKind.STATUS})


class Chunk(msgspec.Struct, frozen=True):
    """The next records of a stream, ready to send."""

    body: bytes
    last: int
    """The number of the last part."""
    is_over: bool
    """Nothing comes after them."""
    has_more: bool


class Streams:
    """What the readers of one server share: of those at the same place one reads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading: dict[tuple[str, str, int, int], asyncio.Task[Chunk]] = {}

    async def next(self, run_id: str, stream: str, after: int) -> Chunk:
        """What comes after a part, as far as it is there."""
        # With the feed's position: a read that began before the news of a part may not see it.
        key = (run_id, stream, after, self.engine.hub.cursor)
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._read(run_id, stream, after))
            task.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(task)

    async def _read(self, run_id: str, stream: str, after: int) -> Chunk:
        page = await self.engine.store.read(partial(streams.page, run_id, stream, after))
        return to_chunk(page, after)

    async def send(
        self, run_id: str, stream: str, after: int, silence_s: float | None, receive: Receive, out: EventStream
    ) -> None:
        """Answer a request with the parts after a number, and those that come. `silence_s`: end after so long without."""
        with await self.engine.hub.follow((run_topic(run_id),), out.bell.set) as following:
            reader = _Reader(self, run_id, stream, after, silence_s, out)
            await out.run(receive, partial(reader.write, following), HEADERS)


class _Reader:
    def __init__(
        self, shared: Streams, run_id: str, stream: str, after: int, silence_s: float | None, out: EventStream
    ) -> None:
        self._shared = shared
        self._run_id = run_id
        self._stream = stream
        self._after = after
        self._silence_s = silence_s
        self._out = out

    async def write(self, following: Following) -> None:
        loop, out = asyncio.get_running_loop(), self._out
        silent_until = self._silent_until()
        while True:
            if following.is_ended:
                await out.put(b"event: error\ndata: the server stops\n\n")
                return
            chunk = await self._shared.next(self._run_id, self._stream, self._after)
            if chunk.body:
                await out.put(chunk.body)
                silent_until = self._silent_until()
            self._after = chunk.last
            if chunk.has_more:
                continue
            if chunk.is_over or loop.time() >= silent_until:
                if chunk.is_over:
                    await out.put(END)
                await out.finish()
                return
            await self._wait(following, silent_until)

    async def _wait(self, following: Following, until: float) -> None:
        """Until there may be parts, or a time of the loop."""
        loop, out = asyncio.get_running_loop(), self._out
        timer = None if until == _NEVER else loop.call_at(until, out.bell.set)
        try:
            while loop.time() < until:
                if await out.wait(lambda: following.has_news or loop.time() >= until):
                    await out.put(b": ping\n\n")
                runs, _, is_reset = following.take()
                if is_reset or following.is_ended or any(not one.kinds.isdisjoint(_PARTS) for one in runs):
                    return
        finally:
            if timer is not None:
                timer.cancel()

    def _silent_until(self) -> float:
        return _NEVER if self._silence_s is None else asyncio.get_running_loop().time() + self._silence_s


_NEVER = float("inf")


def to_chunk(page: streams.StreamPage, after: int) -> Chunk:
    """The records of a page. Parts that a later try superseded are left out."""
    last = page.parts[-1].seq if page.parts else after
    has_more = bool(page.parts)
    is_closed = has_more and page.parts[-1].kind == "close"
    records = [record for part in page.parts if (record := _record(part))]
    body = b""
    if records:
        body = b'id: %d\nevent: batch\ndata: {"records":[%b]}\n\n' % (last, b",".join(records))
    # What a writer appends after it closed is still told: a stream is over where a close is the last.
    return Chunk(body, last, is_over=page.is_final or is_closed, has_more=has_more and not is_closed)


def _record(part: Part) -> bytes | None:
    if part.kind == "close" or part.superseded:
        return None
    if part.kind == "reset":
        # A command, which clients skip that do not know of it: those that do drop the parts that it names.
        return _encode(part, [["", "reset"]], part.value)
    return _encode(part, [], f'{{"data":{part.value},"id":"{part.seq}"}}')


def _encode(part: Part, headers: list[list[str]], body: str) -> bytes:
    return msgspec.json.encode({"seq_num": part.seq, "timestamp": part.at, "headers": headers, "body": body})
