"""Retention: finished trees go whole, live ones never, and nothing that grows is left behind."""

from __future__ import annotations

from functools import partial

import pytest

from runcast.domain.effect import Effect, EffectKind
from runcast.domain.journal import NewWait
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.outcome import Failed, Succeeded
from runcast.store import batches, entries, prune
from runcast.store.batch_rows import BatchError
from tests.store.world import ERROR, World, batch, child, increment, log, part, step, token

DAY_MS = 86_400_000


def _prune(db: World) -> int:
    """Remove everything that ended before now; how many runs went."""
    gone = 0
    while piece := db.run(lambda: prune.prune(db.now)):
        gone += piece
    return gone


def _count(db: World, table: str) -> int:
    return int(db.one(f"select count(*) from {table}"))


def test_a_finished_tree_goes_with_all_that_belongs_to_it(db: World) -> None:
    db.worker()
    parent = db.start(idempotency_key="k", payload='"' + "x" * 200_000 + '"')
    db.report(parent, token("t", "waitpoint_1"), effects=[increment("n", 1), part("s", "x", 2), log("l")])
    artifact = Effect(EffectKind.ARTIFACT, "a", '{"content_type":"text/plain","text":"x"}', scope="s", number=9)
    db.report(parent, step("s"), effects=[artifact])
    db.sql("update waits set run_id = ?", parent.run_id)
    db.wait(parent, batch(parent, "b", 2))
    for kid in db.claim():
        db.report(kid, outcome=Succeeded("1"))
    [parent] = db.claim()
    db.report(parent, outcome=Failed(ERROR, retry_in_ms=0))
    db.fire()
    [parent] = db.claim()
    db.report(parent, outcome=Succeeded("1"))
    db.advance(DAY_MS)
    assert _prune(db) == 3
    for table in (
        "runs", "journal", "applied", "attempts", "parts", "logs", "artifacts", "blobs", "idempotency", "waits", "batches",
        "batch_members",
    ):  # fmt: skip
        assert _count(db, table) == 0, table


def test_a_live_tree_stays(db: World) -> None:
    db.worker()
    ended = db.start()
    db.report(ended, child(ended, "c", waited=False), outcome=Succeeded("1"))
    waiting = db.start()
    db.wait(waiting, token("t", "waitpoint_1"))
    queued = db.trigger()
    db.advance(DAY_MS)
    before = _count(db, "runs")
    assert _prune(db) == 0
    assert _count(db, "runs") == before
    assert db.statuses(ended, waiting, queued)


def test_a_tree_stays_while_a_grandchild_lives(db: World) -> None:
    db.worker()
    root = db.start()
    db.report(root, child(root, "c", waited=False), outcome=Succeeded("1"))
    [kid] = db.claim()
    db.report(kid, child(kid, "g", waited=False), outcome=Succeeded("1"))
    [grandchild] = db.claim()
    db.advance(DAY_MS)
    assert _prune(db) == 0
    db.report(grandchild, outcome=Succeeded("1"))
    assert _prune(db) == 0
    db.advance(1)
    assert _prune(db) == 3


def test_what_ended_after_the_limit_stays(db: World) -> None:
    db.worker()
    old = db.start()
    db.report(old, outcome=Succeeded("1"))
    db.advance(DAY_MS)
    new = db.start()
    db.report(new, outcome=Succeeded("1"))
    assert db.run(lambda: prune.prune(db.now)) == 1
    assert db.status(new) == "COMPLETED"


def test_a_pruned_key_may_be_used_again(db: World) -> None:
    db.worker()
    run = db.start(idempotency_key="k")
    db.report(run, outcome=Succeeded("1"))
    db.advance(DAY_MS)
    _prune(db)
    assert db.trigger(idempotency_key="k") != run.run_id


def test_waits_that_no_run_created_go_after_they_ended(db: World) -> None:
    for number in (1, 2):
        db.run(partial(entries.create_wait, NewWait(f"waitpoint_{number}"), db.now))
    db.complete("waitpoint_1")
    db.advance(DAY_MS)
    _prune(db)
    assert db.sql("select id from waits") == [("waitpoint_2",)]


def test_leavings_that_are_more_than_one_piece_are_left_for_the_next(db: World) -> None:
    for number in range(PAGE_ROWS_MAX + 1):
        db.run(partial(entries.create_wait, NewWait(f"waitpoint_{number}"), db.now))
    db.sql("update waits set status = 'COMPLETED', completed_at = ?", db.now)
    db.advance(DAY_MS)
    assert db.run(lambda: prune.tidy(db.now))
    assert not db.run(lambda: prune.tidy(db.now))
    assert _count(db, "waits") == 0


def test_the_feed_forgets_but_never_its_newest_fact(db: World) -> None:
    db.worker()
    for _ in range(3):
        db.report(db.start(), outcome=Succeeded("1"))
    newest = db.one("select max(seq) from changes")
    db.advance(DAY_MS)
    _prune(db)
    assert db.sql("select seq from changes") == [(newest,)]


def test_dead_workers_go_living_ones_stay(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    db.lose("w1")
    db.advance(DAY_MS)
    _prune(db)
    assert db.sql("select id from workers") == [("w2",)]


def test_pruning_is_done_in_pieces(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "_ROOTS", 2)
    db.worker()
    for _ in range(5):
        db.report(db.start(), outcome=Succeeded("1"))
    db.advance(DAY_MS)
    pieces = [db.run(lambda: prune.prune(db.now)) for _ in range(4)]
    assert pieces == [2, 2, 1, 0]


def test_errors_of_a_batch_go_with_it_and_those_of_others_stay(db: World) -> None:
    for name, errors in (
        ("old", [BatchError(0, "work", "no", "invalid")]),
        ("new", [BatchError(0, "work", "no", "x")]),
    ):
        db.run(partial(batches.open_batch, batches.NewBatch(name, "dev", 1), db.now))
        db.run(partial(batches.take_items, name, [], errors, db.now))
        db.advance(DAY_MS)
    db.run(lambda: prune.prune(db.now - DAY_MS))
    assert db.sql("select batch_id from batch_errors") == [("new",)]
    assert db.sql("select id from batches") == [("new",)]
