"""The realtime feed of runs, as the official clients poll it: rows at first, then what changed, each request held until
something does.

Nothing is kept between two requests. A client gives back where it is: an offset `<position in the feed>_<updatedAt>` and a
handle; so any server on the same database answers the next request, after a restart, too. `updatedAt` in the offset makes
that it always rises, and paces the answers.
"""

from __future__ import annotations

import asyncio
import random
import re
from functools import partial

import msgspec
from litestar.types import Receive

from runcast.api.feeds import Feed, RunFeed
from runcast.api.filters import LATEST_MS
from runcast.api.hold import Hold
from runcast.api.shapes import MUST_REFETCH, SCHEMA, UP_TO_DATE, encode_row, last_known_change
from runcast.domain.change import ChangeKind
from runcast.domain.run import Run
from runcast.engine.engine import Engine
from runcast.feed.following import Following, RunNews
from runcast.store import news

HOLD_S = 20.0
JITTER = 0.15
"""So that requests which began together do not end together, each time again."""
PACE_MS = 100
"""Between two answers with rows to one client: what changes meanwhile comes in one."""
PACE_MS_MAX = 1_000
FOLLOWERS_PER_MS = 4
"""With more followers the pace slows down: 1,000 of them get an answer each 250 ms at most."""
MISSED_PAGES = 20
"""Pages of the feed that are read for a client that was away; after more it begins anew."""
_OFFSET = re.compile(r"(\d{1,18})_(\d{1,18})", re.ASCII)
_SHOWN = frozenset({ChangeKind.STATUS, ChangeKind.METADATA, ChangeKind.STREAM})


class Place(msgspec.Struct, frozen=True):
    """Where a client is."""

    cursor: int
    updated_at: int

    def __str__(self) -> str:
        return f"{self.cursor}_{self.updated_at}"


class Asked(msgspec.Struct, frozen=True):
    """What a request says beside its feed."""

    place: Place | None
    """None: at the beginning."""
    is_live: bool
    skip: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True):
    """Status, headers and body."""

    headers: dict[str, str]
    body: bytes
    status: int = 200


def read_offset(text: str) -> Place | None:
    """Where an offset is, None for the beginning and for what is none: a client would wait for ever after an error.

    >>> read_offset("12_1700000000000"), read_offset("-1")
    (Place(cursor=12, updated_at=1700000000000), None)
    """
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) >= LATEST_MS:
        return None
    return Place(int(match[1]), int(match[2]))


class Realtime:
    """Answers the requests of one server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.hold_s = HOLD_S

    def held_until(self) -> float:
        """When a request that begins now is answered at the latest, as the loop's time."""
        hold_s = self.hold_s * random.uniform(1 - JITTER, 1 + JITTER)
        return asyncio.get_running_loop().time() + hold_s

    async def answer(self, feed: Feed, asked: Asked, receive: Receive) -> Answer | None:
        """None: the client has gone."""
        if asked.place is None:
            return await self._begin(feed, asked)
        hold = Hold(receive)
        following = await self._engine.hub.follow(feed.topics, hold.ring, shown_only=True)
        with following:
            return await self._continue(feed, asked, asked.place, hold, following)

    async def find(self, run_id: str, receive: Receive) -> Run | None:
        """A run by its id. One that does not exist may be about to: it is waited for."""
        until = self.held_until()
        hold = Hold(receive)
        feed = RunFeed("", run_id)
        with await self._engine.hub.follow(feed.topics, hold.ring) as following:
            while True:
                state = await self._engine.store.read(feed.state)
                if state.runs:
                    return state.runs[0]
                if following.is_ended or asyncio.get_running_loop().time() >= until or not await hold.wait(until):
                    return None
                following.take()

    async def _begin(self, feed: Feed, asked: Asked) -> Answer:
        state = await self._engine.store.read(feed.state)
        runs = [run for run in state.runs if feed.has(run)]
        rows = [
            encode_row(
                run,
                updated_at=last_known_change(run),
                operation="insert",
                streams=state.streams.get(run.id, ()),
                skip=asked.skip,
            )
            for run in runs
        ]
        updated_at = max(map(last_known_change, runs), default=0)
        return _answer(feed, asked, Place(state.cursor, updated_at), rows)

    async def _continue(
        self, feed: Feed, asked: Asked, place: Place, hold: Hold, following: Following
    ) -> Answer | None:
        loop = asyncio.get_running_loop()
        until = self.held_until() if asked.is_live else loop.time()
        changed = self._engine.hub.changed_since(feed.topics, place.cursor, shown_only=True)
        if changed is not False:
            if changed and not await self._pace(hold, place):
                return None
            cursor, told = await self._missed(feed, place)
            if cursor is None:
                return _begin_anew(feed, self._engine.hub.cursor)
            if told:
                return _tell(feed, asked, place, cursor, told)
            place = Place(cursor, place.updated_at)
        while True:
            told, is_reset = _take(feed, place, following)
            if told and not is_reset:
                if not await self._pace(hold, place):
                    return None
                more, is_reset = _take(feed, place, following)
                told = _merged(told, more)
            if is_reset:
                return _begin_anew(feed, self._engine.hub.cursor)
            if told or following.is_ended or loop.time() >= until:
                # Also where nothing was told: who asks from far back has the feed read for it.
                return _tell(feed, asked, place, max(place.cursor, self._engine.hub.cursor), told)
            if not await hold.wait(until):
                return None

    async def _pace(self, hold: Hold, place: Place) -> bool:
        """Wait until the client may have rows again. False: it has gone."""
        pace_ms = min(max(PACE_MS, self._engine.hub.followers // FOLLOWERS_PER_MS), PACE_MS_MAX)
        wait_ms = min(place.updated_at + pace_ms - self._engine.clock.now_ms(), pace_ms)
        return wait_ms <= 0 or await hold.pause(asyncio.get_running_loop().time() + wait_ms / 1000)

    async def _missed(self, feed: Feed, place: Place) -> tuple[int | None, list[RunNews]]:
        """What changed before the hub handed out anything, and up to where. None: nobody can say any more."""
        hub, store = self._engine.hub, self._engine.store
        known = hub.newest(feed.run_id) if isinstance(feed, RunFeed) else None
        if known is not None and known.seq > place.cursor:
            return known.seq, [known] if feed.has(known.run) else []
        gap = await store.read(partial(news.gap, place.cursor, feed.is_of, feed.has, MISSED_PAGES))
        if gap is None:
            # One run is told again instead: the same to its client.
            return await self._whole(feed) if isinstance(feed, RunFeed) else (None, [])
        return gap.cursor, [
            RunNews(one.run, one.change.seq, one.change.at, one.kinds, one.streams)
            for one in gap.runs
            if not one.kinds.isdisjoint(_SHOWN)
        ]

    async def _whole(self, feed: RunFeed) -> tuple[int, list[RunNews]]:
        state = await self._engine.store.read(feed.state)
        return state.cursor, [
            RunNews(run, state.cursor, last_known_change(run), frozenset(), state.streams.get(run.id, ()))
            for run in state.runs
            if feed.has(run)
        ]


def _take(feed: Feed, place: Place, following: Following) -> tuple[list[RunNews], bool]:
    runs, _, is_reset = following.take()
    return [one for one in runs if one.seq > place.cursor and feed.has(one.run)], is_reset


def _merged(told: list[RunNews], more: list[RunNews]) -> list[RunNews]:
    newest = {one.run.id: one for one in told}
    for one in more:
        before = newest.pop(one.run.id, None)
        newest[one.run.id] = one if before is None else one.after(before)
    return list(newest.values())


def _tell(feed: Feed, asked: Asked, place: Place, cursor: int, told: list[RunNews]) -> Answer:
    """The rows of what changed. What all clients get alike is encoded once."""
    key = f"row {asked.skip}"
    rows = []
    updated_at = place.updated_at
    for one in told:
        at = max(one.at, place.updated_at + 1)
        row = one.encoded.get(key) if at == one.at else None
        if row is None:
            row = encode_row(one.run, updated_at=at, operation="update", streams=one.streams, skip=asked.skip)
            if at == one.at:
                one.share(key, row)
        updated_at = max(updated_at, at)
        rows.append(row)
    return _answer(feed, asked, Place(cursor, updated_at), rows)


def _answer(feed: Feed, asked: Asked, place: Place, rows: list[bytes]) -> Answer:
    headers = {
        "electric-offset": str(place),
        "electric-handle": feed.handle,
        "electric-up-to-date": "true",
        **({"electric-cursor": str(place.cursor)} if asked.is_live else {"electric-schema": SCHEMA}),
        **_COMMON,
    }
    return Answer(headers, b"[" + b",".join([*rows, UP_TO_DATE]) + b"]")


def _begin_anew(feed: Feed, cursor: int) -> Answer:
    """The client throws away what it has, and asks from the beginning, with another handle than before."""
    return Answer({"electric-handle": f"{feed.handle}-{cursor}", **_COMMON}, MUST_REFETCH, 409)


_COMMON = {"cache-control": "no-store, no-transform"}
