"""A worker's session: reports and their answers, what is pushed to it, and how it ends."""

from __future__ import annotations

import pytest

from runcast.domain.effect import Effect, EffectKind
from runcast.domain.errors import LostOwnership
from runcast.domain.ids import child_run_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.limits import LEASE_MS, PAYLOAD_BYTES_MAX, RENEW_MS
from runcast.domain.outcome import HandedBack, Released, Succeeded, Waiting
from runcast.domain.queue import QueueSettings
from runcast.domain.run import NewRun
from runcast.gateway import Demand, News, Report, Stop
from tests.engine.house import House
from tests.store.world import batch, child, increment, step

pytestmark = pytest.mark.anyio


async def test_a_worker_is_welcomed_with_its_lease(house: House) -> None:
    session, _ = await house.open()
    assert (session.welcome.now_ms, session.welcome.lease_ms, session.welcome.renew_ms) == (
        house.clock.now_ms(),
        LEASE_MS,
        RENEW_MS,
    )
    house.clock.advance(10)
    assert (await session.renew()).now_ms == house.clock.now_ms()


async def test_an_embedded_worker_has_no_lease_to_lose(house: House) -> None:
    session, _ = await house.open(embedded=True)
    assert session.welcome.lease_ms == 0
    house.clock.advance(10 * LEASE_MS)
    assert (await session.renew()).lease_ms == 0


async def test_a_trigger_reaches_a_worker_with_room(house: House) -> None:
    _, inbox = await house.open()
    ids = await house.trigger(3)
    await house.quiet()
    assert [run.run_id for run in inbox.take()] == ids


async def test_what_waited_for_a_worker_reaches_it_when_it_comes(house: House) -> None:
    ids = await house.trigger(2)
    _, inbox = await house.open()
    await house.quiet()
    assert {run.run_id for run in inbox.take()} == set(ids)


async def test_a_worker_gets_no_more_than_it_has_room_for(house: House) -> None:
    session, inbox = await house.open(room=2)
    await house.trigger(5)
    await house.quiet()
    assert len(inbox.assigned) == 2
    session.demand(Demand({"async": 1}, received=2))
    await house.quiet()
    assert len(inbox.assigned) == 3


async def test_assignments_that_cross_a_demand_count_against_it(house: House) -> None:
    session, inbox = await house.open(room=2)
    await house.trigger(5)
    await house.quiet()
    session.demand(Demand({"async": 2}, received=0))
    await house.quiet()
    assert len(inbox.assigned) == 2


async def test_a_slot_that_comes_free_is_given_to_the_next(house: House) -> None:
    session, inbox = await house.open(queue=QueueSettings("work", concurrency=1))
    ids = await house.trigger(2)
    await house.quiet()
    [run] = inbox.take()
    await house.end(session, run, Succeeded("1"))
    assert [run.run_id for run in inbox.take()] == ids[1:]


async def test_several_reports_of_one_run_apply_in_their_order(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    await house.quiet()
    [run] = inbox.take()
    replies = await session.report(
        [
            Report(run_id, run.epoch, (step("a"),)),
            Report(run_id, run.epoch, (step("b"),)),
            Report(run_id, run.epoch, outcome=Succeeded("1")),
            Report(run_id, run.epoch, (step("late"),)),
        ]
    )
    assert [reply.lost for reply in replies] == [False, False, False, True]
    assert {entry.key for entry in await house.engine.journal(run_id)} == {"a", "b"}


async def test_a_report_that_is_refused_for_its_content_fails_alone(house: House) -> None:
    session, inbox = await house.open()
    good, bad, other = await house.trigger(3)
    await house.quiet()
    epochs = {run.run_id: run.epoch for run in inbox.take()}
    large = '"' + "x" * PAYLOAD_BYTES_MAX + '"'
    replies = await session.report(
        [
            Report(good, epochs[good], outcome=Succeeded("1")),
            Report(bad, epochs[bad], (step("s"),), (increment("n", 1),), Succeeded(large)),
            Report(other, epochs[other], outcome=Succeeded("3")),
        ]
    )
    assert [(reply.run_id, reply.error_code) for reply in replies] == [
        (good, None),
        (bad, "value_too_large"),
        (other, None),
    ]
    assert replies[1].error is not None
    assert "output" in replies[1].error
    assert [await house.status(run_id) for run_id in (good, bad, other)] == ["COMPLETED", "EXECUTING", "COMPLETED"]
    assert await house.engine.journal(bad) == ()


async def test_the_news_of_a_commit_arrive(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [parent] = inbox.take()
    await session.report([Report(parent.run_id, parent.epoch, (child(parent, "c"),))])
    await house.quiet()
    [kid] = inbox.take()
    await house.end(session, kid, Succeeded("7"))
    [news] = inbox.told
    assert isinstance(news, News)
    assert (news.run_id, news.entries[0].value) == (parent.run_id, "7")


async def test_a_cancel_stops_the_body_and_its_slot_stays_until_it_is_gone(house: House) -> None:
    session, inbox = await house.open(queue=QueueSettings("work", concurrency=1))
    first, second = await house.trigger(2)
    await house.quiet()
    [run] = inbox.take()
    assert await house.engine.cancel([first]) == [first]
    await house.quiet()
    assert inbox.told == [Stop(first, run.epoch, "CANCELED")]
    assert inbox.take() == []
    await house.end(session, run, Released())
    assert [run.run_id for run in inbox.take()] == [second]


async def test_a_woken_run_comes_back_to_the_worker_in_which_it_lives(house: House) -> None:
    session, inbox = await house.open("w1")
    await house.trigger()
    await house.quiet()
    [parent] = inbox.take()
    _, other = await house.open("w2")
    entry = child(parent, "c")
    reply = (await session.report([Report(parent.run_id, parent.epoch, (entry,), outcome=Waiting(("c",)))]))[0]
    assert reply.waiting
    await house.quiet()
    [kid] = [*inbox.take(), *other.take()]
    await house.end(session, kid, Succeeded("7"))
    [woken] = inbox.take()
    assert (woken.run_id, woken.resume, woken.epoch) == (parent.run_id, True, 2)


async def test_the_full_assignment_can_be_asked_for(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger(payload='"p"')
    await house.quiet()
    [run] = inbox.take()
    await session.report([Report(run_id, run.epoch, (step("s"),))])
    whole = await session.journal(run_id, run.epoch)
    assert whole is not None
    assert (whole.payload, [entry.key for entry in whole.journal]) == ('"p"', ["s"])
    assert await session.journal(run_id, run.epoch + 1) is None


async def test_the_members_of_a_batch_come_by_position(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [parent] = inbox.take()
    entry = batch(parent, "b", 3)
    await session.report([Report(parent.run_id, parent.epoch, (entry,), outcome=Waiting(("b",)))])
    members = await session.members(entry.entry.awaits or "")
    assert [run.id for run in members] == [run.id for run in entry.children]


async def test_a_worker_that_closes_hands_its_runs_back(house: House) -> None:
    session, inbox = await house.open("w1")
    [run_id] = await house.trigger()
    await house.quiet()
    assert len(inbox.take()) == 1
    _, other = await house.open("w2")
    await session.close()
    await house.quiet()
    [taken] = other.take()
    assert (taken.run_id, taken.attempt, taken.deaths) == (run_id, 1, 0)


async def test_a_worker_that_is_lost_counts_a_death(house: House) -> None:
    session, inbox = await house.open("w1")
    [run_id] = await house.trigger()
    await house.quiet()
    _, other = await house.open("w2")
    await session.lost()
    await house.quiet()
    [taken] = other.take()
    assert (taken.run_id, taken.attempt, taken.deaths) == (run_id, 1, 1)
    with pytest.raises(LostOwnership):
        await session.renew()
    [mine] = inbox.take()
    [reply] = await session.report([Report(run_id, mine.epoch, outcome=Succeeded("1"))])
    assert reply.lost


async def test_a_run_that_is_handed_back_comes_again(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [run] = inbox.take()
    await house.end(session, run, HandedBack())
    [again] = inbox.take()
    assert (again.run_id, again.epoch, again.attempt) == (run.run_id, run.epoch + 1, 1)


async def test_a_child_too_deep_is_refused_without_its_entry(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [run] = inbox.take()
    new = NewRun(child_run_id(run.run_id, "c", 0), "work", parent_id=run.run_id, parent_key="c", depth=99)
    entry = NewEntry(Entry("c", EntryKind.CHILD, status=EntryStatus.PENDING, awaits=new.id), children=(new,))
    [reply] = await session.report([Report(run.run_id, run.epoch, (entry,))])
    assert reply.error_code == "invalid_input"
    assert await house.engine.journal(run.run_id) == ()


@pytest.mark.parametrize(
    "effect",
    [
        Effect(EffectKind.SET, "k", "not json", scope="s", number=1),
        Effect(EffectKind.INCREMENT, "k", str(2**64 - 1), scope="s", number=1),
        Effect(EffectKind.ARTIFACT, "k", "{}", scope="s", number=1),
        Effect(EffectKind.LOG, "info", "[]", scope="s", number=1),
        Effect(EffectKind.RESET, "k", "7", scope="s", number=1),
    ],
    ids=lambda effect: effect.kind.value,
)
async def test_a_report_of_nonsense_harms_no_other(house: House, effect: Effect) -> None:
    session, inbox = await house.open()
    good, bad = await house.trigger(2, metadata='{"k":1}')
    await house.quiet()
    epochs = {run.run_id: run.epoch for run in inbox.take()}
    replies = await session.report(
        [
            Report(good, epochs[good], outcome=Succeeded("1")),
            Report(bad, epochs[bad], effects=(effect,), outcome=Succeeded("2")),
        ]
    )
    assert not replies[0].lost
    assert replies[0].error is None
    assert await house.status(good) == "COMPLETED"
    assert (await house.status(bad) == "COMPLETED") is (replies[1].error is None)
