"""Watching: the state first, then every change, in order, without a gap, from any cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from runcast.domain.outcome import Succeeded
from runcast.gateway import Demand, Update, Watch
from runcast.store import prune
from tests.engine.house import House

pytestmark = pytest.mark.anyio


async def _next(updates: AsyncIterator[Update]) -> Update:
    async with asyncio.timeout(5):
        return await anext(updates)


async def test_a_watcher_first_gets_the_state_and_then_what_changes(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    await house.quiet()
    async with aclosing(house.engine.watch(Watch(run_ids=(run_id,)))) as updates:  # type: ignore[type-var]
        state = await _next(updates)
        assert [run.status for run in state.runs] == ["EXECUTING"]
        coming = asyncio.get_running_loop().create_task(_next(updates))
        await house.quiet()
        assert not coming.done()
        await house.end(session, inbox.take()[0], Succeeded("1"))
        update = await coming
    assert [run.status for run in update.runs] == ["COMPLETED"]
    assert update.cursor > state.cursor


async def test_a_watcher_that_comes_back_misses_nothing(house: House) -> None:
    session, inbox = await house.open(room=0)
    [run_id] = await house.trigger()
    watch = Watch(run_ids=(run_id,))
    async with aclosing(house.engine.watch(watch)) as updates:  # type: ignore[type-var]
        cursor = (await _next(updates)).cursor
    session.demand(Demand({"async": 1}))
    await house.engine.cancel([])
    await house.quiet()
    [run] = inbox.take()
    await house.end(session, run, Succeeded("1"))
    async with aclosing(house.engine.watch(watch, cursor=cursor)) as updates:  # type: ignore[type-var]
        update = await _next(updates)
    assert [fact.status for fact in update.changes] == ["EXECUTING", "COMPLETED"]
    assert [run.status for run in update.runs] == ["COMPLETED"]


async def test_what_others_do_does_not_wake_the_reader(house: House) -> None:
    [run_id] = await house.trigger()
    async with aclosing(house.engine.watch(Watch(run_ids=(run_id,)))) as updates:  # type: ignore[type-var]
        await _next(updates)
        coming = asyncio.get_running_loop().create_task(_next(updates))
        await house.trigger(5)
        await house.quiet()
        assert not coming.done()
        await house.engine.cancel([run_id])
        assert [run.status for run in (await coming).runs] == ["CANCELED"]


async def test_a_slow_watcher_sees_the_newest_state_once(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    async with aclosing(house.engine.watch(Watch(run_ids=(run_id,)))) as updates:  # type: ignore[type-var]
        await _next(updates)
        await house.quiet()
        await house.end(session, inbox.take()[0], Succeeded("1"))
        update = await _next(updates)
        assert [run.status for run in update.runs] == ["COMPLETED"]
        assert [fact.seq for fact in update.changes] == sorted(fact.seq for fact in update.changes)


async def test_a_watcher_whose_cursor_is_gone_gets_the_whole_state_again(house: House) -> None:
    [run_id] = await house.trigger()
    await house.trigger()
    house.clock.advance(10)
    await house.store.write(lambda: prune.prune(house.clock.now_ms()))
    async with aclosing(house.engine.watch(Watch(run_ids=(run_id,)), cursor=0)) as updates:  # type: ignore[type-var]
        update = await _next(updates)
    assert update.resync
    assert [run.id for run in update.runs] == [run_id]


async def test_a_watcher_that_leaves_is_forgotten(house: House) -> None:
    [run_id] = await house.trigger()
    async with aclosing(house.engine.watch(Watch(run_ids=(run_id,)))) as updates:  # type: ignore[type-var]
        await _next(updates)
        assert len(house.engine._doorbell._listeners) == 1
    assert house.engine._doorbell._listeners == {}
