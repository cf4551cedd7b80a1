"""Tallies: each ended run is counted once, in the minute, the quarter and the hour of its creation, until it is removed."""

from __future__ import annotations

from functools import partial

import pytest

from runcast.domain.outcome import Failed, Succeeded
from runcast.store import history
from runcast.store.history import Histogram, Pieces
from runcast.store.prune import prune
from runcast.store.tallies import HOUR_MS, MINUTE_MS
from tests.store.world import ERROR, World


def counted(db: World, since: int, until: int, width: int = MINUTE_MS, **options: str | bool) -> Histogram:
    script = partial(history.histogram, "dev", Pieces(since, until, width), task=None)
    return db.read(partial(script, **options))


def by_piece(found: Histogram) -> dict[tuple[int, str], int]:
    return {(row.bucket, row.status): row.count for row in found.counts}


def test_a_run_is_counted_when_it_was_created_not_when_it_ended(db: World) -> None:
    db.worker()
    since = db.now // MINUTE_MS * MINUTE_MS
    run = db.start()
    db.advance(3 * MINUTE_MS)
    db.report(run, outcome=Succeeded("1"))
    db.report(db.start(), outcome=Failed(ERROR))
    found = counted(db, since, since + 10 * MINUTE_MS)
    assert by_piece(found) == {(0, "COMPLETED"): 1, (3, "FAILED"): 1}
    assert found.complete


@pytest.mark.parametrize("width", [1_000, MINUTE_MS, 15 * MINUTE_MS, 2 * HOUR_MS])
def test_pieces_of_any_length_count_the_same_runs(db: World, width: int) -> None:
    db.worker()
    since = db.now // (2 * HOUR_MS) * 2 * HOUR_MS
    for _ in range(3):
        db.report(db.start(), outcome=Succeeded("1"))
        db.advance(7 * MINUTE_MS)
    db.start()
    db.trigger(delay_ms=5)
    until = since + 4 * HOUR_MS
    totals: dict[str, int] = {}
    for row in counted(db, since, until, width).counts:
        totals[row.status] = totals.get(row.status, 0) + row.count
    assert totals == {"COMPLETED": 3, "EXECUTING": 1, "DELAYED": 1}


def test_runs_that_end_without_a_word_of_their_worker_are_counted_too(db: World) -> None:
    since = db.now // MINUTE_MS * MINUTE_MS
    db.worker()
    db.cancel(db.trigger())
    assert by_piece(counted(db, since, since + MINUTE_MS)) == {(0, "CANCELED"): 1}


def test_counts_are_of_an_environment_and_of_a_time(db: World) -> None:
    db.worker()
    since = db.now // MINUTE_MS * MINUTE_MS
    db.trigger()
    db.report(db.start(), outcome=Succeeded("1"))
    elsewhere = partial(history.histogram, "prod", Pieces(since, since + MINUTE_MS, MINUTE_MS), task=None)
    assert db.read(elsewhere).counts == ()
    assert counted(db, since + MINUTE_MS, since + 2 * MINUTE_MS).counts == ()


def test_more_live_runs_than_are_looked_at_are_said_to_be_more(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LIVE_MAX", 2)
    since = db.now // MINUTE_MS * MINUTE_MS
    db.worker()
    db.trigger()
    assert counted(db, since, since + MINUTE_MS).complete
    db.trigger()
    assert not counted(db, since, since + MINUTE_MS).complete


def test_a_removed_run_is_counted_no_more(db: World) -> None:
    db.worker()
    db.report(db.start(), outcome=Succeeded("1"))
    db.advance(HOUR_MS)
    db.report(db.start(), outcome=Succeeded("1"))
    assert db.one("select sum(count) from tallies") == 6
    db.run(lambda: prune(db.now - MINUTE_MS))
    assert db.one("select sum(count) from tallies") == 3
    assert db.findings() == []
    db.advance(HOUR_MS)
    db.run(lambda: prune(db.now))
    assert db.one("select count(*) from tallies") == 0


def test_each_task_has_counts_of_its_own(db: World) -> None:
    db.worker(tasks=("work", "play"))
    since = db.now // MINUTE_MS * MINUTE_MS
    for task in ("work", "play", "play"):
        db.report(db.start(task), outcome=Succeeded("1"), executed_ms=7)
    db.start("play")
    pieces = Pieces(since, since + MINUTE_MS, MINUTE_MS)
    found = db.read(partial(history.task_tally, "dev", pieces, task=None))
    counts = {(row.task, row.status): row.count for row in found.histogram.counts}
    assert counts == {("play", "COMPLETED"): 2, ("play", "EXECUTING"): 1, ("work", "COMPLETED"): 1}
    assert found.durations == {"play": [7, 7], "work": [7]}
    only = db.read(partial(history.histogram, "dev", pieces, task="work"))
    assert by_piece(only) == {(0, "COMPLETED"): 1}
