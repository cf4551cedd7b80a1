"""Retention: by task, by status, and the newest of each task; never a live tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runcast.domain.ids import RunId
from runcast.domain.outcome import Failed, Outcome, Succeeded
from runcast.domain.retention import Retention
from runcast.domain.run import NewRun
from runcast.engine import prune as service
from runcast.engine.prune import Prune
from runcast.gateway import TaskInfo
from runcast.store import prune
from tests.engine.house import House
from tests.store.houses import SqliteHouse
from tests.store.world import ERROR, World, child

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def db() -> Iterator[World]:
    """A database in which every law of the doctor holds when the test is over."""
    world = World(SqliteHouse(":memory:"))
    yield world
    assert world.findings() == []
    world.close()


def _sweep(db: World, retention: Retention) -> int:
    """What one sweep removes, done as the service does it."""
    sweep = service.Sweep(db.now, retention, db.read(prune.policies))
    gone = 0
    while sweep.cursor is not None:
        page = db.read(lambda: prune.walk(sweep.cursor or ""))
        sweep.look(page.roots)
        sweep.cursor = page.cursor
    while sweep.doomed:
        gone += db.run(lambda: prune.remove(sweep.take(2)))
    return gone


def _ended(db: World, task: str = "work", outcome: Outcome | None = None, **options: Any) -> RunId:
    run = db.start(task, **options)
    db.report(run, outcome=outcome or Succeeded("1"))
    return run.run_id


def _left(db: World) -> set[str]:
    return {id for (id,) in db.sql("select id from runs")}


def test_a_task_keeps_its_runs_as_long_as_it_says(db: World) -> None:
    day = TaskInfo("day", "work", retention=Retention(keep_ms=DAY_MS))
    db.worker(tasks=["work", day])
    gone, left = _ended(db, "day"), _ended(db)
    db.advance(DAY_MS)
    assert _sweep(db, Retention(keep_ms=7 * DAY_MS)) == 0
    db.advance(1)
    assert _sweep(db, Retention(keep_ms=7 * DAY_MS)) == 1
    assert _left(db) == {left}
    assert gone not in _left(db)


def test_a_task_may_keep_its_runs_longer_than_others(db: World) -> None:
    week = TaskInfo("week", "work", retention=Retention(keep_ms=7 * DAY_MS))
    db.worker(tasks=["work", week])
    _ended(db)
    left = _ended(db, "week")
    db.advance(2 * DAY_MS)
    assert _sweep(db, Retention(keep_ms=DAY_MS)) == 1
    assert _left(db) == {left}


def test_what_failed_and_what_was_canceled_have_their_own_time(db: World) -> None:
    db.worker()
    _ended(db)
    failed = _ended(db, outcome=Failed(ERROR))
    canceled = db.trigger()
    db.cancel(canceled)
    rule = Retention(keep_ms=2 * DAY_MS, failed_ms=9 * DAY_MS, canceled_ms=DAY_MS)
    db.advance(DAY_MS + 1)
    assert _sweep(db, rule) == 1
    assert canceled not in _left(db)
    db.advance(DAY_MS)
    assert _sweep(db, rule) == 1
    assert _left(db) == {failed}
    db.advance(7 * DAY_MS)
    assert _sweep(db, rule) == 1


def test_the_newest_of_a_task_stay_whatever_their_age(db: World) -> None:
    db.worker(tasks=["work", TaskInfo("other", "work", retention=Retention(keep_ms=DAY_MS, last=2))])
    runs = []
    for _ in range(5):
        runs.append(_ended(db, "other"))
        db.advance(1)
    _ended(db)
    db.advance(100 * DAY_MS)
    assert _sweep(db, Retention(keep_ms=DAY_MS)) == 4
    assert _left(db) == set(runs[-2:])


def test_a_younger_run_counts_among_the_newest(db: World) -> None:
    db.worker()
    _ended(db)
    db.advance(2 * DAY_MS)
    young = _ended(db)
    assert _sweep(db, Retention(keep_ms=DAY_MS, last=1)) == 1
    assert _left(db) == {young}


def test_a_live_tree_stays_and_a_child_goes_with_its_root(db: World) -> None:
    short = TaskInfo("short", "work", retention=Retention(keep_ms=1))
    db.worker(tasks=["work", short])
    root = db.start()
    db.report(root, child(root, "c", waited=False, task="short"), outcome=Succeeded("1"))
    db.advance(DAY_MS)
    assert _sweep(db, Retention(keep_ms=HOUR_MS)) == 0
    [kid] = db.claim(tasks=["short"])
    db.report(kid, outcome=Succeeded("1"))
    db.advance(HOUR_MS)
    assert _sweep(db, Retention(keep_ms=HOUR_MS)) == 0
    db.advance(1)
    assert _sweep(db, Retention(keep_ms=HOUR_MS)) == 2


def test_environments_have_their_own_rules(db: World) -> None:
    db.worker(tasks=[TaskInfo("work", "work", retention=Retention(keep_ms=DAY_MS))])
    _ended(db)
    prod = db.trigger(environment="prod")
    db.cancel(prod)
    db.advance(2 * DAY_MS)
    assert _sweep(db, Retention(keep_ms=7 * DAY_MS)) == 1
    assert _left(db) == {prod}


async def test_a_sweep_goes_through_more_than_a_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session, inbox = await house.open()
    ids = await house.trigger(5)
    await house.quiet()
    for run in inbox.take():
        await house.end(session, run, Succeeded("1"))

    monkeypatch.setattr(prune, "_SCANNED", 2)
    house.clock.advance(1_001)
    # Younger than its retention, it stays.
    young = NewRun(house.new().id, "nobody knows it")
    await house.engine.trigger([young])
    pruner = Prune(house.store, retention=Retention(keep_ms=1_000))
    ticks = 0
    while (at := await pruner.tick(house.clock.now_ms())) is not None and at < house.clock.now_ms() + HOUR_MS:
        ticks += 1
    assert ticks >= 3
    assert [await house.engine.find_run(id) for id in ids] == [None] * 5
    assert await house.engine.find_run(young.id) is not None
