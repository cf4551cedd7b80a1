"""The live stream of our own pages and clients: server-sent events with what changed in what they follow.

An event's `id` is a position in the feed, which is the same for all servers on a database: a client that comes back with
it, to whichever server, misses nothing. Its data is a list of entries, and whatever several clients get alike is encoded
once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from litestar.types import Receive, Scope, Send

from runcast.api.errors import Refused
from runcast.api.sse import Admits, EventStream
from runcast.api.topics import Topic
from runcast.api.views.live_run import encode_live
from runcast.api.views.timeline import encode_parts_news
from runcast.domain.change import Change
from runcast.domain.run import Run
from runcast.engine.engine import Engine
from runcast.feed.following import Following, RunNews, narrow_topics, run_topic, wide_topics
from runcast.store import news
from runcast.store.script import Script, call

STREAMS_MAX = 10_000
"""Of one server."""
PACE_MS = 16
"""Between two events of a stream; the first comes at once."""
PACE_MS_MAX = 60_000
RETRY_MS = 1_000
"""After which browsers come back when a stream ends."""
MISSED_PAGES = 20


class Asked(msgspec.Struct, frozen=True):
    """What a client follows, and how."""

    environment: str
    topics: tuple[Topic, ...]
    since: int | None
    """The id of the last event that it has; None: from now on."""
    pace_ms: int = PACE_MS
    skip: tuple[str, ...] = ()


class Live:
    """The streams of one server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open = 0

    def check_room(self) -> None:
        """Raises a 429 when this server has as many as it takes."""
        if self._open >= STREAMS_MAX:
            raise Refused(429, f"This server has {STREAMS_MAX:,} live streams already", **{"retry-after": "5"})

    async def stream(self, asked: Asked, admits: Admits, receive: Receive, send: Send) -> None:
        """Answer a request with a stream that ends when the client goes, or the server."""
        self._open += 1
        try:
            await _Stream(self._engine, asked, EventStream(send, admits)).run(receive)
        finally:
            self._open -= 1


class _Stream:
    def __init__(self, engine: Engine, asked: Asked, out: EventStream) -> None:
        self._engine = engine
        self._asked = asked
        self._out = out
        self._ids = tuple(dict.fromkeys(topic.id for topic in asked.topics))
        self._traced = frozenset(topic.name for topic in asked.topics if topic.kind == "trace")
        self._keys = (f"live {asked.skip}", f"trace {asked.skip}")
        self._since = 0
        """Up to where the client was told before it followed."""

    async def run(self, receive: Receive) -> None:
        with await self._engine.hub.follow(self._ids, self._out.bell.set, traced=self._traced) as following:
            await self._out.run(receive, partial(self._write, following))

    async def _write(self, following: Following) -> None:
        out, loop, pace_s = self._out, asyncio.get_running_loop(), self._asked.pace_ms / 1000
        self._since = await self._begin()
        flushed_at = 0.0
        while not following.is_ended:
            if following.has_news:
                wait_s = flushed_at + pace_s - loop.time()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                flushed_at = loop.time()
                await self._flush(following)
            if await out.wait(lambda: following.has_news):
                await out.put(b": ping\nid: %d\n\n" % self._position())
        # Complete or not is the same here: browsers come back, and find a server that is not about to stop.
        await out.finish()

    async def _begin(self) -> int:
        """Tell what the client missed; from which position on it is told the rest."""
        hub, since = self._engine.hub, self._asked.since
        head = b"retry: %d\n" % RETRY_MS
        if since is None or hub.changed_since(self._ids, since) is False:
            cursor = hub.cursor if since is None else since
            await self._out.put(head + b"id: %d\n: live\n\n" % cursor)
            return cursor
        missed = partial(news.gap, since, self._may_be_ours, self._is_ours, MISSED_PAGES, self._is_traced)
        gap = await self._engine.store.read(missed)
        if gap is None:
            cursor = hub.cursor
            await self._out.put(head + self._reset(cursor))
            return cursor
        runs = [RunNews(one.run, one.change.seq, one.change.at, one.kinds, one.streams, one.parts) for one in gap.runs]
        await self._out.put(head + self._event(runs, gap.others, gap.cursor))
        return gap.cursor

    def _position(self) -> int:
        """Up to where the client was told everything: the hub may be behind what it was told at the beginning."""
        return max(self._since, self._engine.hub.cursor)

    def _may_be_ours(self, change: Change) -> bool:
        return any(topic.may_be_of(change) for topic in self._asked.topics)

    def _is_traced(self, change: Change) -> bool:
        return change.root_id in self._traced

    def _is_ours(self, run: Run) -> bool:
        topics = (*narrow_topics(run), *wide_topics(run))
        return run.environment == self._asked.environment and any(topic in self._ids for topic in topics)

    async def _flush(self, following: Following) -> None:
        runs, others, is_reset = following.take()
        if is_reset:
            self._since = self._engine.hub.cursor
            await self._out.put(self._reset(self._since))
            return
        fresh = [one for one in runs if one.seq > self._since and one.run.environment == self._asked.environment]
        await self._out.put(self._event(fresh, [one for one in others if one.seq > self._since], self._position()))

    def _event(self, runs: Sequence[RunNews], others: Sequence[Change], cursor: int) -> bytes:
        entries = [self._entry(one) for one in runs]
        entries += [msgspec.json.encode({"t": one.root_id, "seq": one.seq, "key": one.run_id}) for one in others]
        # The id moves on even where nothing of it is shown here.
        return b"id: %d\ndata: [%b]\n\n" % (cursor, b",".join(entries)) if entries else b"id: %d\n\n" % cursor

    def _entry(self, told: RunNews) -> bytes:
        with_parts = told.run.root_id in self._traced
        key = self._keys[with_parts]
        return told.encoded.get(key) or encode_entry(told, self._asked.skip, key, with_parts=with_parts)

    def _reset(self, cursor: int) -> bytes:
        topics = msgspec.json.encode({"topics": self._ids})
        return b"id: %d\nevent: reset\ndata: %b\n\n" % (cursor, topics)


def encode_entry(told: RunNews, skip: Sequence[str], key: str, *, with_parts: bool = False) -> bytes:
    """What changed, as JSON, which is kept under `key`: the same bytes for all who get the same."""
    kinds = msgspec.json.encode(sorted(told.kinds))
    shown = encode_live(told.run, told.streams, skip)
    parts = b""
    if with_parts and told.parts is not None:
        parts = b',"parts":%b' % encode_parts_news(told.run.id, told.parts)
    encoded = b'{"t":%b,"seq":%d,"kinds":%b,"d":%b%b}' % (_name(told.run), told.seq, kinds, shown, parts)
    told.share(key, encoded)
    return encoded


def _name(run: Run) -> bytes:
    # Clients choose ids: whatever one has in it stays inside of it.
    return msgspec.json.encode(run_topic(run.id))


class Snapshot(msgspec.Struct, frozen=True):
    """The state of what is followed, at a position of the feed."""

    data: tuple[msgspec.Raw, ...]
    """Entries as on the stream."""
    seq: int
    """Follow from here on: as `Last-Event-ID`."""


async def take_snapshot(engine: Engine, topics: Sequence[Topic], skip: Sequence[str]) -> Snapshot:
    """All topics in one transaction: nothing falls between them."""
    state = await engine.store.read(partial(_state, topics))
    entries = []
    for run in {run.id: run for run in state.runs}.values():
        if run.environment == topics[0].environment:
            shown = encode_live(run, state.streams.get(run.id, ()), skip)
            entries.append(msgspec.Raw(b'{"t":%b,"d":%b}' % (_name(run), shown)))
    return Snapshot(tuple(entries), state.cursor)


def _state(topics: Sequence[Topic]) -> Script[news.State]:
    newest: int = yield call("newest_change")
    runs: list[Any] = []
    for topic in topics:
        runs.extend((yield from topic.state()))
    return (yield from news.state(newest, runs))


def read_pace(text: str) -> int:
    """Milliseconds between two events, within bounds.

    >>> read_pace("1000"), read_pace(""), read_pace("x"), read_pace("1")
    (1000, 16, 16, 16)
    """
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else PACE_MS
    return max(PACE_MS, min(asked, PACE_MS_MAX))


def read_event_id(text: str) -> int | None:
    """The position that an event's id stands for.

    >>> read_event_id("12"), read_event_id("x")
    (12, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def serve(live: Live, asked: Asked, admits: Admits) -> Any:
    """The stream as an ASGI app."""

    async def served(_scope: Scope, receive: Receive, send: Send) -> None:
        await live.stream(asked, admits, receive, send)

    return served
