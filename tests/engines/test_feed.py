"""Eight engines write, and somebody reads along: nothing is skipped, nothing comes twice, although commits are slow."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial

import pytest

from runcast.clock import SystemClock
from runcast.domain.change import Change
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId, make_id
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine
from runcast.gateway import Watch
from runcast.store import changes, reads
from runcast.store.opening import open_store
from runcast.store.script import Script
from runcast.store.store import Store

pytestmark = pytest.mark.anyio

WRITERS = 8
ROUNDS = 25
SLOW_S = 0.002


class Slow:
    """Commits that take longer."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def before_commit(self) -> None:
        self._never.wait(SLOW_S)

    def after_commit(self) -> None:
        self._never.wait(SLOW_S)


@asynccontextmanager
async def opened(url: str, number: int) -> AsyncIterator[Engine]:
    store = open_store(url, SystemClock(), faults=Slow())
    try:
        yield Engine(store, store.clock, id=f"engine{number}")
    finally:
        await asyncio.to_thread(store.close)


def _id(number: int) -> RunId:
    return RunId(make_id("run", at_ms=1_700_000_000_000, chance=number + 1))


async def _write(engine: Engine, ids: list[RunId]) -> None:
    for count, id in enumerate(ids):
        await engine.trigger([NewRun(id, "work", "{}")])
        if count % 3 == 0:
            await engine.cancel([id])
        if count % 5 == 0:
            with pytest.raises(InvalidInput):
                await engine.store.write(partial(_in_vain, id))


def _in_vain(id: RunId) -> Script[None]:
    """It takes a number of the feed that nobody ever sees."""
    yield from changes.append([(id, id, 99, "status", "QUEUED", 0)])
    raise InvalidInput("no")


async def _tail(store: Store, until: asyncio.Task[None]) -> list[int]:
    """Every fact's number, as somebody sees it who reads on from the last one again and again."""
    seen: list[int] = []
    last = False
    while not last:
        last = until.done()
        while found := await store.read(partial(reads.changes_after, seen[-1] if seen else 0)):
            seen.extend(change.seq for change in found)
    return seen


async def _watch(engine: Engine, ids: list[RunId], expected: int) -> list[int]:
    """The same for a follower of these runs."""
    seen: list[int] = []
    async with aclosing(engine.watch(Watch(run_ids=tuple(ids)), cursor=0)) as updates:  # type: ignore[type-var]
        async for update in updates:
            assert not update.resync
            seen.extend(change.seq for change in update.changes)
            if len(seen) >= expected:
                return seen
    raise AssertionError


async def test_a_live_tail_of_eight_writers_skips_nothing_and_sees_nothing_twice(postgres: str) -> None:
    ids = [_id(number) for number in range(WRITERS * ROUNDS)]
    expected = len(ids) + WRITERS * len(range(0, ROUNDS, 3))
    async with asyncio.timeout(120), AsyncExitStack() as stack:
        engines = [await stack.enter_async_context(opened(postgres, number)) for number in range(WRITERS)]
        # A feed that begins with a gap would be one that was pruned.
        await engines[0].trigger([NewRun(_id(1 << 20), "work", "{}")])
        writing = asyncio.gather(*[_write(engine, ids[number::WRITERS]) for number, engine in enumerate(engines)])
        written = asyncio.create_task(_wait(writing))
        tail = asyncio.create_task(_tail(engines[0].store, written))
        followers = [asyncio.create_task(_watch(engine, ids, expected)) for engine in engines[:2]]
        await written
        all_there = [change.seq for change in await engines[-1].store.read(partial(_everything, 0))]
        assert len(all_there) == expected + 1
        assert await tail == all_there
        for follower in followers:
            assert await follower == all_there[1:]


async def _wait(writing: asyncio.Future[list[None]]) -> None:
    await writing


def _everything(cursor: int) -> Script[list[Change]]:
    found: list[Change] = []
    while page := (yield from reads.changes_after(found[-1].seq if found else cursor)):
        found.extend(page)
    return found
