"""Cancel: visible at once, final, and for the whole live tree."""

from __future__ import annotations

from runcast.domain.outcome import Failed, Released, Succeeded, TimedOut
from runcast.gateway import Stop
from runcast.store import reads
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


# --- by force


def test_a_canceled_body_that_does_not_end_holds_its_slot_until_it_is_forced(db: World) -> None:
    db.worker()
    db.set_queue(concurrency=1)
    stuck = db.start()
    db.cancel(stuck.run_id)
    next_one = db.trigger()
    assert (db.slots(), db.claim()) == (1, ())
    assert db.cancel(stuck.run_id, force=True) == [stuck.run_id]
    assert db.slots() == 0
    assert [run.run_id for run in db.claim()] == [next_one]


def test_a_live_run_is_canceled_by_force_without_waiting_for_its_body(db: World) -> None:
    db.worker()
    run = db.start()
    assert db.cancel(run.run_id, force=True) == [run.run_id]
    assert (db.status(run), db.slots()) == ("CANCELED", 0)


def test_a_force_reaches_bodies_below_runs_that_ended_long_ago(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "c")
    [kid] = db.claim()
    db.parent_of(kid, "g")
    [grandchild] = db.claim()
    db.cancel(parent.run_id)
    assert db.slots() == 1
    assert db.cancel(parent.run_id, force=True) == [parent.run_id]
    assert db.slots() == 0
    assert db.report(grandchild, step("s"), outcome=Succeeded("1")).lost


def test_a_body_that_was_forced_reports_in_vain_and_its_end_frees_nothing_again(db: World) -> None:
    db.worker()
    run = db.start()
    db.cancel(run.run_id, force=True)
    other = db.start()
    before = db.everything()
    assert db.report(run, step("s"), outcome=Succeeded("1")).lost
    db.report(run, outcome=Released())
    assert db.everything() == before
    assert db.slots() == 1
    assert db.status(other) == "EXECUTING"


def test_a_force_leaves_live_strangers_and_bodies_that_ended_alone(db: World) -> None:
    db.worker()
    done, stranger = db.start(), db.start()
    db.report(done, outcome=Succeeded("1"))
    before = db.everything()
    assert db.cancel(done.run_id, force=True) == []
    assert db.everything() == before
    assert db.status(stranger) == "EXECUTING"


def test_a_run_past_its_time_whose_body_hangs_is_forced_too(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=TimedOut(ERROR))
    assert db.slots() == 1
    assert db.cancel(run.run_id, force=True) == [run.run_id]
    assert (db.status(run), db.slots()) == ("TIMED_OUT", 0)


def test_a_force_is_told_in_the_log_and_what_is_left_is_said_before(db: World) -> None:
    db.worker()
    run = db.start()
    db.cancel(run.run_id)
    assert "its body did not end yet" in db.why(run.run_id).reason
    db.advance(41_000)
    db.cancel(run.run_id, force=True)
    [line] = db.read(lambda: reads.logs(run.run_id, 0, 10))
    assert line.message.startswith("forced: the slot was freed 41s after the run ended, although w1 has not")
    assert "body" not in db.why(run.run_id).reason
