"""Cancel: visible at once, final, and for the whole live tree."""

from __future__ import annotations

from runcast.domain.outcome import Failed, Released, Succeeded
from runcast.gateway import Stop
from runcast.store.script import Changed, Tell
from tests.store.world import ERROR, World, batch, child, sleep, step, token


def test_a_queued_run_is_canceled_at_once(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    assert db.cancel(run_id) == [run_id]
    found = db.find(run_id)
    assert (found.status, found.finished_at) == ("CANCELED", db.now)
    assert found.error is not None
    assert found.error.code == "canceled"
    assert db.claim() == ()


def test_runs_in_every_live_state_can_be_canceled(db: World) -> None:
    db.worker()
    runs = {
        "delayed": db.trigger(delay_ms=10),
        "pending": db.trigger("unknown"),
    }
    executing, waiting, retried = (db.start() for _ in range(3))
    db.wait(waiting, token("t", "waitpoint_1"))
    db.report(retried, outcome=Failed(ERROR, retry_in_ms=10))
    ids = [*runs.values(), executing.run_id, waiting.run_id, retried.run_id, db.trigger()]
    assert set(db.cancel(*ids)) == set(ids)
    assert set(db.statuses(*ids)) == {"CANCELED"}
    assert {end.id for end in db.noted(Changed)[0].ended} == set(ids)


def test_a_canceled_run_is_not_canceled_again(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    done = db.start()
    db.report(done, outcome=Succeeded("1"))
    db.cancel(run_id)
    before = db.everything()
    assert db.cancel(run_id, done.run_id, "run_unknown") == []
    assert db.everything() == before


def test_a_cancel_reaches_the_bodies_of_live_children_at_every_depth(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "c")
    [kid] = db.claim()
    db.parent_of(kid, "g")
    [grandchild] = db.claim()
    assert db.cancel(parent.run_id) == [parent.run_id]
    assert db.statuses(parent, kid, grandchild) == ["CANCELED", "CANCELED", "CANCELED"]
    assert {tell.item.run_id for tell in db.noted(Tell) if isinstance(tell.item, Stop)} == {
        parent.run_id,
        kid.run_id,
        grandchild.run_id,
    }
    assert db.slots() == 1
    db.report(grandchild, outcome=Released())
    assert db.slots() == 0


def test_a_cancel_leaves_finished_children_and_strangers_alone(db: World) -> None:
    db.worker()
    parent, stranger = db.start(), db.start()
    db.parent_of(parent, "a", "b")
    one, two = db.claim()
    db.report(one, outcome=Succeeded("1"))
    db.cancel(parent.run_id)
    assert db.statuses(one, two, stranger) == ["COMPLETED", "CANCELED", "EXECUTING"]


def test_a_cancel_of_a_child_is_a_failure_for_its_parent(db: World) -> None:
    db.worker()
    parent = db.start()
    [kid] = db.parent_of(parent, "c")
    db.cancel(kid)
    entry = db.journal(parent)["c"]
    assert entry.error is not None
    assert (entry.status, entry.error.code) == ("failed", "canceled")
    assert db.status(parent) == "QUEUED"


def test_a_cancel_of_a_batch_member_counts_for_the_batch(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = batch(parent, "b", 2)
    db.wait(parent, entry)
    db.cancel(*(kid.id for kid in entry.children))
    assert db.status(parent) == "QUEUED"


def test_a_canceled_run_records_nothing_more(db: World) -> None:
    db.worker()
    run = db.start()
    db.cancel(run.run_id)
    before = db.everything()
    assert db.report(run, step("s"), child(run, "c"), outcome=Succeeded("1")).lost
    assert db.everything() == before


def test_a_canceled_sleeper_is_not_woken(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, sleep("s", 10))
    db.cancel(run.run_id)
    db.advance(10)
    db.fire()
    assert db.status(run) == "CANCELED"


def test_a_triggered_child_is_canceled_with_its_parent(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = child(parent, "c", waited=False)
    db.report(parent, entry)
    db.cancel(parent.run_id)
    assert db.status(entry.children[0].id) == "CANCELED"
