"""What is asked of one engine happens at another: runs, ends, cancels, news."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import aclosing
from typing import TypeVar

import pytest

from runcast.domain.errors import InvalidInput
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.domain.outcome import Evicted, Released, Succeeded, Waiting
from runcast.gateway import Demand, News, Stop, Watch
from runcast.store.script import Script
from tests.engines.conftest import Pair
from tests.engines.pair import one
from tests.store.world import batch, child

pytestmark = pytest.mark.anyio

T = TypeVar("T")


async def soon(work: Awaitable[T]) -> T:
    async with asyncio.timeout(5):
        return await work


def token(key: str, wait_id: str) -> NewEntry:
    return NewEntry(
        Entry(key, EntryKind.TOKEN, key, EntryStatus.PENDING, digest="d", awaits=wait_id), wait=NewWait(wait_id)
    )


async def test_a_run_triggered_at_one_engine_is_executed_by_a_worker_of_another(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    [run_id] = await a.trigger()
    run = await one(b, inbox)
    assert run.run_id == run_id
    await b.end(session, run, Succeeded("7"))
    assert await a.status(run_id) == "COMPLETED"


async def test_whoever_waits_at_one_engine_hears_of_the_end_at_another(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    ids = await a.trigger(3)
    waiting = asyncio.create_task(a.engine.result(ids[0]))
    many = asyncio.create_task(a.engine.ends(ids))
    await a.quiet()
    await b.look()
    for run in inbox.take():
        await b.end(session, run, Succeeded("7"))
    await a.quiet()
    assert not waiting.done()
    await a.look()
    assert (await soon(waiting)).output == "7"
    assert [end.status for end in await soon(many)] == ["COMPLETED"] * 3


async def test_the_first_fact_of_a_database_is_seen_by_all(pair: Pair) -> None:
    a, b = pair
    [run_id] = await a.trigger()
    waiting = asyncio.create_task(b.engine.result(run_id))
    await b.quiet()
    await a.engine.cancel([run_id])
    await b.look()
    assert (await soon(waiting)).status == "CANCELED"


async def test_a_batch_that_fails_loses_nothing_of_what_others_did(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    [run_id] = await a.trigger()
    waiting = asyncio.create_task(a.engine.result(run_id))
    await a.quiet()
    await b.end(session, await one(b, inbox), Succeeded("7"))

    def broken() -> Script[None]:
        yield from ()
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        await a.store.write(broken)
    assert (await soon(waiting)).output == "7"


async def test_a_cancel_at_one_engine_stops_the_body_at_another(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    [run_id] = await a.trigger()
    run = await one(b, inbox)
    assert await a.engine.cancel([run_id]) == [run_id]
    await b.look()
    assert inbox.told == [Stop(run_id, run.epoch, "CANCELED")]
    assert not (await b.report(session, run, outcome=Released())).error


async def test_a_stop_is_not_told_again_and_again(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    [run_id] = await a.trigger()
    run = await one(b, inbox)
    await a.engine.cancel([run_id])
    await b.look()
    await b.report(session, run, outcome=Released())
    inbox.told.clear()
    await a.trigger()
    await b.look()
    assert inbox.told == []


@pytest.mark.parametrize("evicted", [False, True])
async def test_a_wait_completed_at_one_engine_wakes_a_run_of_another(pair: Pair, evicted: bool) -> None:
    a, b = pair
    session, inbox = await b.open()
    await a.trigger()
    run = await one(b, inbox)
    assert (await b.report(session, run, token("t", "wait_1"), outcome=Waiting(("t",)))).waiting
    if evicted:
        await b.report(session, run, outcome=Evicted())
    await a.engine.complete_wait("wait_1", "5")
    woken = await one(b, inbox)
    assert (woken.run_id, woken.resume) == (run.run_id, not evicted)
    assert [entry.value for entry in woken.journal] == ["5"]


async def test_a_wait_completed_at_one_engine_is_told_to_a_run_that_executes_at_another(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    await a.trigger()
    run = await one(b, inbox)
    await b.report(session, run, token("t", "wait_1"))
    await a.engine.complete_wait("wait_1", "5")
    await b.look()
    [news] = inbox.told
    assert isinstance(news, News)
    assert (news.run_id, news.epoch, [entry.value for entry in news.entries]) == (run.run_id, run.epoch, ["5"])


async def test_a_wait_that_was_completed_at_another_engine_just_before_is_no_wait(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    await a.trigger()
    run = await one(b, inbox)
    await b.report(session, run, token("t", "wait_1"))
    await a.engine.complete_wait("wait_1", "5")
    reply = await b.report(session, run, outcome=Waiting(("t",)))
    assert not reply.waiting
    assert [entry.value for entry in reply.resolved] == ["5"]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_child_that_ends_at_one_engine_reaches_its_parent_at_another(pair: Pair, waits: bool) -> None:
    a, b = pair
    session, inbox = await a.open("wa")
    await a.trigger()
    [parent] = inbox.take()
    # No room for the child beside its parent.
    session.demand(Demand({"async": 0}, received=1))
    other, inbox_b = await b.open("wb")
    await a.report(session, parent, child(parent, "c"), outcome=Waiting(("c",)) if waits else None)
    kid = await one(b, inbox_b)
    await b.end(other, kid, Succeeded("7"))
    session.demand(Demand({"async": 10}, received=1))
    await a.look()
    if waits:
        [woken] = inbox.take()
        assert (woken.run_id, woken.resume, [entry.value for entry in woken.journal]) == (parent.run_id, True, ["7"])
    else:
        [news] = inbox.told
        assert isinstance(news, News)
        assert [entry.value for entry in news.entries] == ["7"]


async def test_of_two_children_at_other_engines_each_is_told_once_and_in_order(pair: Pair) -> None:
    a, b = pair
    session, inbox = await a.open("wa")
    await a.trigger()
    [parent] = inbox.take()
    session.demand(Demand({"async": 0}, received=1))
    other, inbox_b = await b.open("wb")
    await a.report(session, parent, child(parent, "c"), child(parent, "d"))
    await b.look()
    kids = inbox_b.take()
    told = []
    for kid in kids:
        b.clock.advance(1)
        await b.end(other, kid, Succeeded(f'"{kid.run_id}"'))
        await a.look()
        told.append([entry.value for news in inbox.told if isinstance(news, News) for entry in news.entries])
        inbox.told.clear()
    assert told == [[f'"{kid.run_id}"'] for kid in kids]


async def test_a_batch_whose_members_end_at_several_engines_wakes_its_parent(pair: Pair) -> None:
    a, b = pair
    session, inbox = await a.open("wa", room=3)
    await a.trigger()
    [parent] = inbox.take()
    await a.report(session, parent, batch(parent, "b", 5), outcome=Waiting(("b",)))
    other, inbox_b = await b.open("wb")
    await b.look()
    mine, others = inbox.take(), inbox_b.take()
    assert (len(mine), len(others)) == (2, 3)
    for run in mine:
        await a.end(session, run, Succeeded("1"))
    for run in others:
        await b.end(other, run, Succeeded("1"))
    session.demand(Demand({"async": 10}, received=3))
    await a.look()
    [woken] = inbox.take()
    assert woken.run_id == parent.run_id


async def test_a_follower_at_one_engine_sees_in_order_what_happens_at_another(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    [run_id] = await a.trigger()
    async with aclosing(a.engine.watch(Watch(run_ids=(run_id,)))) as updates:  # type: ignore[type-var]
        assert [run.status for run in (await soon(anext(updates))).runs] == ["QUEUED"]
        run = await one(b, inbox)
        await a.look()
        assert [run.status for run in (await soon(anext(updates))).runs] == ["EXECUTING"]
        await b.end(session, run, Succeeded("1"))
        coming = asyncio.create_task(soon(anext(updates)))
        await a.look()
        update = await coming
    assert [fact.status for fact in update.changes] == ["COMPLETED"]


async def test_a_key_is_one_run_whichever_engine_is_asked(pair: Pair) -> None:
    a, b = pair
    ids = [(await house.trigger(idempotency_key="k"))[0] for house in (a, b, a)]
    assert len(set(ids)) == 1
