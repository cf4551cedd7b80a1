"""Who dies or leaves, whatever it held goes on elsewhere; what one engine does for all changes hands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runcast.domain.errors import LostOwnership
from runcast.domain.ids import RunId
from runcast.domain.limits import LEASE_MS
from runcast.domain.outcome import Evicted, Succeeded, Waiting
from runcast.domain.schedule import NewSchedule, ScheduleId, ScheduleSettings
from runcast.engine import duty
from runcast.engine.duty import Duty
from runcast.engine.schedule import Schedules
from runcast.engine.timers import Timers
from runcast.gateway import Demand, RunFilter
from runcast.store.postgres.session import PostgresSession
from tests.engines.conftest import Pair
from tests.engines.pair import Neighbor, one
from tests.engines.test_runs import token

pytestmark = pytest.mark.anyio


async def test_a_worker_inside_an_engine_has_a_lease_where_there_are_others(pair: Pair) -> None:
    a, _ = pair
    session, _ = await a.open(embedded=True)
    assert session.welcome.lease_ms == LEASE_MS


async def test_the_runs_of_an_engine_that_died_go_on_at_another_after_the_lease(pair: Pair, postgres: str) -> None:
    a, b = pair
    lost = Neighbor(postgres, 3, a.clock)
    await lost.engine.start()
    _, inbox = await lost.open("lost", embedded=True)
    [run_id] = await lost.trigger()
    [run] = inbox.take()
    lost.store.abandon()
    session, inbox_a = await a.open("wa")
    a.clock.advance(LEASE_MS - 1)
    await session.renew()
    await a.engine._rescue.tick(a.clock.now_ms())
    await a.quiet()
    assert inbox_a.take() == []
    a.clock.advance(2)
    await b.engine._rescue.tick(b.clock.now_ms())
    taken = await one(a, inbox_a)
    assert (taken.run_id, taken.epoch, taken.deaths) == (run_id, run.epoch + 1, 1)


async def test_an_engine_that_starts_leaves_the_workers_of_others_alone(pair: Pair, postgres: str) -> None:
    a, _ = pair
    session, inbox = await a.open("wa", embedded=True, pid=2**22 + 1)
    await a.trigger()
    [run] = inbox.take()
    later = Neighbor(postgres, 3, a.clock)
    await later.engine.start()
    assert not (await a.end(session, run, Succeeded("1"))).lost
    later.store.close()


async def test_a_worker_that_leaves_hands_back_to_others_at_once(pair: Pair) -> None:
    a, b = pair
    session, inbox = await a.open("wa")
    [run_id] = await a.trigger()
    assert len(inbox.take()) == 1
    _, inbox_b = await b.open("wb")
    await session.close()
    taken = await one(b, inbox_b)
    assert (taken.run_id, taken.deaths) == (run_id, 0)


async def test_a_worker_that_another_engine_declared_dead_gets_no_more_runs(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open("wb")
    b.clock.advance(LEASE_MS + 1)
    await a.engine._rescue.tick(a.clock.now_ms())
    [run_id] = await b.trigger()
    assert inbox.take() == []
    assert await b.status(run_id) == "QUEUED"
    with pytest.raises(LostOwnership):
        await session.renew()
    _, inbox = await b.open("wb2")
    assert [run.run_id for run in inbox.take()] == [run_id]


async def test_what_a_worker_reports_that_another_engine_declared_dead_is_refused(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open("wb")
    [run_id] = await b.trigger()
    [run] = inbox.take()
    b.clock.advance(LEASE_MS + 1)
    _, inbox_a = await a.open("wa")
    await a.engine._rescue.tick(a.clock.now_ms())
    await a.quiet()
    assert (await b.end(session, run, Succeeded('"late"'))).lost
    [taken] = inbox_a.take()
    assert taken.run_id == run_id


async def test_a_run_that_waits_in_a_dead_worker_wakes_elsewhere(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open("wb")
    await b.trigger()
    [run] = inbox.take()
    await b.report(session, run, token("t", "wait_1"), outcome=Waiting(("t",)))
    b.clock.advance(LEASE_MS + 1)
    _, inbox_a = await a.open("wa")
    await a.engine._rescue.tick(a.clock.now_ms())
    await b.engine.complete_wait("wait_1", "5")
    woken = await one(a, inbox_a)
    assert (woken.run_id, woken.resume) == (run.run_id, False)


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_woken_run_that_its_worker_drops_goes_on_at_another_engine(pair: Pair, leaves: bool) -> None:
    a, b = pair
    session, inbox = await b.open("wb")
    await b.trigger()
    [run] = inbox.take()
    await b.report(session, run, token("t", "wait_1"), outcome=Waiting(("t",)))
    session.demand(Demand({"async": 0}, received=1))
    _, inbox_a = await a.open("wa")
    await a.engine.complete_wait("wait_1", "5")
    await b.look()
    assert [*inbox.take(), *inbox_a.take()] == []
    if leaves:
        await session.close()
    else:
        await b.report(session, run, outcome=Evicted())
    woken = await one(a, inbox_a)
    assert (woken.run_id, woken.resume) == (run.run_id, False)


async def test_what_falls_due_is_done_once_whoever_looks_first(pair: Pair) -> None:
    a, b = pair
    _, inbox_a = await a.open("wa")
    _, inbox_b = await b.open("wb", room=5)
    ids = await a.trigger(3, delay_ms=1_000)
    a.clock.advance(1_000)
    for house in (a, b):
        await Timers(house.store).tick(house.clock.now_ms())
    for house in (a, b):
        await house.look()
    assert sorted(run.run_id for run in [*inbox_a.take(), *inbox_b.take()]) == sorted(ids)


async def test_a_schedule_ticks_once_with_both_engines_at_it(pair: Pair) -> None:
    a, b = pair
    a.clock.advance(int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000) - a.clock.now_ms())
    await a.open("wa")
    await a.engine.put_schedule(NewSchedule(ScheduleId("sched_1"), "work", ScheduleSettings("* * * * *")))
    for _ in range(5):
        a.clock.advance(60_000)
        for house in (a, b):
            await Schedules(house.store).tick(house.clock.now_ms())
    assert len((await b.engine.list_runs(RunFilter())).runs) == 5
    assert len(await b.engine.schedule_ticks(ScheduleId("sched_1"))) == 5


class _Counted:
    name = "counted"

    def __init__(self) -> None:
        self.ticks = 0

    async def tick(self, now: int) -> int | None:
        self.ticks += 1
        return None


async def test_a_duty_changes_hands_when_its_holder_is_gone_and_its_epoch_rises(pair: Pair) -> None:
    a, b = pair
    mine, others = _Counted(), _Counted()
    at_a, at_b = Duty(mine, a.store, "a"), Duty(others, b.store, "b")
    for _ in range(10):
        for one_of in (at_a, at_b):
            await one_of.tick(a.clock.now_ms())
        a.clock.advance(duty.LOOK_MS)
    assert (mine.ticks, others.ticks) == (10, 0)
    before = _epoch(a)
    while not others.ticks:
        await at_b.tick(b.clock.now_ms())
        b.clock.advance(duty.LOOK_MS)
    assert _epoch(a) == before + 1
    assert b.clock.now_ms() - a.clock.now_ms() <= duty.LEASE_MS + duty.LOOK_MS
    await at_a.tick(a.clock.now_ms())
    assert mine.ticks == 10


def _epoch(house: Neighbor) -> int:
    session = house.store._session
    assert isinstance(session, PostgresSession)
    [(epoch,)] = session.connection.execute("select epoch from duties where name = 'counted'").fetchall()
    return int(epoch)


async def test_no_run_is_lost_whoever_dies_when(pair: Pair, postgres: str) -> None:
    a, b = pair
    ids: set[RunId] = set()
    _, inbox = await a.open("wa")
    for number in range(3, 6):
        lost = Neighbor(postgres, number, a.clock)
        await lost.engine.start()
        _, theirs = await lost.open(f"w{number}", room=2)
        ids |= set(await lost.trigger(4))
        assert theirs.take() != []
        lost.store.abandon()
    a.clock.advance(LEASE_MS + 1)
    session, inbox = await b.open("wb")
    await b.engine._rescue.tick(b.clock.now_ms())
    await b.quiet()
    for run in inbox.take():
        await b.end(session, run, Succeeded("1"))
    await a.engine._rescue.tick(a.clock.now_ms())
