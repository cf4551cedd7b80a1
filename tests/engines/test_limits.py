"""Limits hold across engines, and what one engine changes or frees is known to all."""

from __future__ import annotations

import psycopg
import pytest

from runcast.domain.errors import DiskFull, Overloaded
from runcast.domain.outcome import Released, Succeeded, Waiting
from runcast.domain.queue import QueueChange, QueueSettings
from runcast.gateway import Assignment
from runcast.store.script import Changed, Freed, Note
from tests.engine.house import Received
from tests.engines.conftest import Pair
from tests.engines.pair import Neighbor, one
from tests.engines.test_runs import token

pytestmark = pytest.mark.anyio

ONE = QueueSettings("work", concurrency=1)


def _all(*inboxes: Received) -> list[Assignment]:
    return [run for inbox in inboxes for run in inbox.take()]


async def test_a_queue_takes_no_more_than_its_limit_at_all_engines_together(pair: Pair) -> None:
    a, b = pair
    session_a, inbox_a = await a.open("wa", queue=QueueSettings("work", concurrency=3))
    session_b, inbox_b = await b.open("wb", queue=QueueSettings("work", concurrency=3))
    left = len(await a.trigger(4)) + len(await b.trigger(4))
    sessions = {"wa": (a, session_a), "wb": (b, session_b)}
    while left:
        for house in pair:
            await house.look()
        taken = [("wa", run) for run in inbox_a.take()] + [("wb", run) for run in inbox_b.take()]
        assert 0 < len(taken) <= 3
        for worker, run in taken:
            house, session = sessions[worker]
            await house.end(session, run, Succeeded("1"))
        taken_at_end = len(inbox_a.assigned) + len(inbox_b.assigned)
        assert taken_at_end <= 3
        left -= len(taken)


async def test_a_key_takes_no_more_than_its_limit_at_all_engines_together(pair: Pair) -> None:
    a, b = pair
    queue = QueueSettings("work", per_key=1)
    session_a, inbox_a = await a.open("wa", queue=queue)
    _, inbox_b = await b.open("wb", queue=queue)
    first = await a.trigger(2, concurrency_key="k")
    await b.trigger(1, concurrency_key="other")
    await b.look()
    taken = _all(inbox_a, inbox_b)
    assert len(taken) == 2
    run = next(run for run in taken if run.run_id in first)
    await a.end(session_a, run, Succeeded("1"))
    await b.look()
    assert [run.run_id for run in _all(inbox_a, inbox_b)] == first[1:]


async def test_a_rate_limit_counts_the_starts_of_all_engines(pair: Pair) -> None:
    a, b = pair
    queue = QueueSettings("work", rate_count=1, rate_period_ms=60_000)
    _, inbox_a = await a.open("wa", queue=queue)
    _, inbox_b = await b.open("wb", queue=queue)
    await a.trigger(2)
    await b.trigger(2)
    for _ in range(3):
        await a.look()
        await b.look()
    assert len(_all(inbox_a, inbox_b)) == 1


async def test_a_queue_takes_no_more_than_its_length_from_all_engines_together(pair: Pair) -> None:
    a, b = pair
    await a.open(room=0)
    await b.engine.change_queue("work", QueueChange(max_length=3))
    await a.trigger(2)
    await b.trigger(1)
    for house in pair:
        with pytest.raises(Overloaded):
            await house.trigger(1)


async def test_a_slot_that_comes_free_at_one_engine_is_taken_at_another(pair: Pair) -> None:
    a, b = pair
    session, inbox_a = await a.open("wa", queue=ONE, room=1)
    await a.trigger(2)
    [run] = inbox_a.take()
    _, inbox_b = await b.open("wb", queue=ONE)
    await b.look()
    assert inbox_b.take() == []
    await a.end(session, run, Succeeded("1"))
    assert inbox_a.take() == []
    await one(b, inbox_b)


async def test_the_slot_of_a_run_that_waits_at_one_engine_is_taken_at_another(pair: Pair) -> None:
    a, b = pair
    session, inbox_a = await a.open("wa", queue=ONE, room=1)
    await a.trigger(2)
    [run] = inbox_a.take()
    _, inbox_b = await b.open("wb", queue=ONE)
    await a.report(session, run, token("t", "wait_1"), outcome=Waiting(("t",)))
    await one(b, inbox_b)


@pytest.mark.parametrize("queue", [ONE, QueueSettings("work", per_key=1)])
async def test_the_slot_of_a_canceled_body_that_is_gone_at_one_engine_is_taken_at_another(
    pair: Pair, queue: QueueSettings
) -> None:
    a, b = pair
    session, inbox_a = await a.open("wa", queue=queue, room=1)
    first, second = await a.trigger(2, concurrency_key="k")
    [run] = inbox_a.take()
    _, inbox_b = await b.open("wb", queue=queue)
    await b.engine.cancel([first])
    await b.look()
    assert inbox_b.take() == []
    await a.look()
    await a.report(session, run, outcome=Released())
    assert (await one(b, inbox_b)).run_id == second


async def test_a_limit_that_is_lifted_at_one_engine_frees_runs_for_another(pair: Pair) -> None:
    a, b = pair
    _, inbox = await b.open(queue=ONE)
    await b.trigger(3)
    assert len(inbox.take()) == 1
    await a.engine.change_queue("work", QueueChange(concurrency=2))
    b.engine._on_ring(True)
    await b.quiet()
    assert len(inbox.take()) == 1
    await a.engine.change_queue("work", QueueChange(concurrency=None))
    b.engine._on_ring(True)
    await b.quiet()
    assert len(inbox.take()) == 1


async def test_a_queue_that_is_let_go_on_at_one_engine_goes_on_at_another(pair: Pair) -> None:
    a, b = pair
    _, inbox = await b.open()
    await a.engine.change_queue("work", QueueChange(paused=True))
    [run_id] = await b.trigger()
    assert inbox.take() == []
    await a.engine.change_queue("work", QueueChange(paused=False))
    b.engine._on_ring(True)
    await b.quiet()
    assert [run.run_id for run in inbox.take()] == [run_id]


async def test_a_limit_that_one_engine_sets_holds_at_another_at_once(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    await b.trigger(1)
    [run] = inbox.take()
    await a.engine.change_queue("work", QueueChange(concurrency=1))
    await b.trigger(2)
    assert inbox.take() == []
    await b.end(session, run, Succeeded("1"))
    assert len(inbox.take()) == 1


class _Full:
    """A disk that is full when it is told so."""

    def __init__(self) -> None:
        self.full = False
        self.refused = 0

    def before_commit(self) -> None:
        if self.full:
            self.refused += 1
            raise psycopg.errors.DiskFull("simulated")

    def after_commit(self) -> None:
        pass


async def test_an_engine_whose_disk_is_full_does_not_look_again_and_again(pair: Pair, postgres: str) -> None:
    a, _ = pair
    disk = _Full()
    full = Neighbor(postgres, 3, a.clock, faults=disk)
    await full.open("full", room=0)
    session, inbox = await a.open("wa")
    await a.trigger()
    await a.end(session, inbox.take()[0], Succeeded("1"))
    disk.full = True
    with pytest.raises(DiskFull):
        await full.look()
    await full.quiet()
    assert disk.refused <= 4
    disk.full = False
    await full.look()
    full.store.close()


async def test_an_engine_without_workers_looks_for_no_work(pair: Pair) -> None:
    a, b = pair
    session, inbox = await b.open()
    await b.trigger(2)
    await b.end(session, inbox.take()[0], Succeeded("1"))
    assert _noted(a) == {Changed}
    assert _noted(b) >= {Changed, Freed}


async def test_a_worker_that_joins_finds_what_its_engine_did_not_look_for(pair: Pair) -> None:
    a, b = pair
    ids = await b.trigger(2)
    await a.look()
    _, inbox = await a.open()
    assert [run.run_id for run in inbox.take()] == ids


def _noted(house: Neighbor) -> set[type[Note]]:
    notes: list[Note] = []
    house.store._session.run(house.engine._dispatch.look(0), notes)
    return {type(note) for note in notes}
