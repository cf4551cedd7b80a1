"""How an attempt ends without ending its run: retry, continue, park, hand back, and deaths."""

from __future__ import annotations

import msgspec
import pytest

from runcast.domain.effect import Effect, EffectKind, Try
from runcast.domain.errors import Conflict, ErrorInfo
from runcast.domain.outcome import Continued, Died, Failed, HandedBack, Outcome, ParkedRun, Succeeded
from runcast.engine import again
from runcast.gateway import Stop
from runcast.store.script import Tell
from tests.store.world import ERROR, World, child, failed_step, increment, sleep, step, token

# --- retry ---


def test_a_retry_is_a_new_attempt_under_a_new_epoch(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Failed(ERROR, retry_in_ms=100), executed_ms=7)
    found = db.find(run)
    assert (found.status, found.shown, found.attempt, found.available_at) == ("DELAYED", "EXECUTING", 1, db.now + 100)
    assert (found.worker_id, found.error, found.executing_ms) == (None, None, 7)
    assert db.slots() == 0
    db.advance(100)
    db.fire()
    [taken] = db.claim()
    assert (taken.attempt, taken.epoch, taken.resume) == (2, 2, False)
    assert db.find(run).started_at == run.created_at


def test_failed_attempts_are_kept_with_their_errors(db: World) -> None:
    db.worker()
    run = db.start()
    db.advance(5)
    db.report(run, outcome=Failed(ERROR, retry_in_ms=0))
    db.fire()
    [taken] = db.claim()
    db.report(taken, outcome=Failed(ERROR, retry_in_ms=0))
    rows = db.sql(
        "select number, worker_id, outcome, error is not null from attempts where run_id = ? order by 1", run.run_id
    )
    assert rows == [(1, "w1", "failed", 1), (2, "w1", "failed", 1)]


def test_a_fresh_retry_starts_with_an_empty_journal_and_new_children(db: World) -> None:
    db.worker()
    run = db.start()
    [first] = db.parent_of(run, "c")
    db.report(db.claim()[0], outcome=Succeeded("1"))
    [run] = db.claim()
    db.report(run, step("s"), effects=[increment("n", 1)], outcome=Failed(ERROR, retry_in_ms=0, fresh=True))
    db.fire()
    [taken] = db.claim()
    assert taken.applied == {}
    assert [(entry.key, entry.status.value, entry.generation, entry.awaits) for entry in taken.journal] == [
        ("c", "forgotten", 1, None)
    ]
    db.wait(taken, child(taken, "c", generation=1))
    [second] = db.claim()
    assert second.run_id != first


# --- continue ---


def test_a_continued_run_starts_over_with_another_payload(db: World) -> None:
    db.worker()
    run = db.start(ttl_ms=50)
    db.report(run, step("s"), sleep("z", 10), effects=[increment("n", 1)])
    db.report(run, outcome=Continued('{"page":2}'), executed_ms=9)
    found = db.find(run)
    assert (found.status, found.attempt, found.payload, found.executing_ms) == ("QUEUED", 0, '{"page":2}', 0)
    assert db.journal(run) == {}
    db.advance(100)
    assert db.fire() is None
    [taken] = db.claim()
    assert (taken.run_id, taken.attempt, taken.payload, taken.journal) == (run.run_id, 1, '{"page":2}', ())
    db.report(taken, effects=[increment("n", 1)])
    assert db.metadata(run) == {"n": 2}


@pytest.mark.parametrize("outcome", [Continued("1"), Failed(ERROR, retry_in_ms=0, fresh=True)], ids=["round", "retry"])
def test_who_starts_over_keeps_no_tries_of_steps_that_are_no_more(db: World, outcome: Outcome) -> None:
    told = msgspec.json.encode(Try("fetch", 1, 5)).decode()
    db.worker()
    other, run = db.start(), db.start()
    for one in (other, run):
        db.report(one, effects=[Effect(EffectKind.TRY, "fetch:0", told)])
    db.report(run, step("fetch:0"), outcome=outcome)
    assert db.sql("select run_id from tries") == [(other.run_id,)]


def test_a_run_that_continues_for_ever_lets_others_have_their_turn(db: World) -> None:
    db.limit(concurrency=1)
    loop = db.start()
    others = db.trigger_many(3)
    db.report(loop, outcome=Continued("1"))
    assert db.claimed(room=1) == others[:1]


# --- park ---


def test_a_parked_run_waits_for_a_person_and_holds_no_slot(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=ParkedRun("the order of calls changed"))
    found = db.find(run)
    assert (found.status, found.parked_reason, found.worker_id) == ("WAITING", "the order of calls changed", None)
    assert db.slots() == 0
    assert db.claim() == ()


def test_nothing_but_a_person_wakes_a_parked_run(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, sleep("s", 10), token("t", "waitpoint_1"), outcome=ParkedRun("drift"))
    db.advance(10)
    db.fire()
    db.complete("waitpoint_1")
    assert db.find(run).parked_reason == "drift"
    assert db.status(run) == "WAITING"
    db.run(lambda: again.resume_run(run.run_id, run.run_id, db.now))
    assert (db.status(run), db.find(run).parked_reason) == ("QUEUED", None)
    [taken] = db.claim()
    assert {entry.key: entry.status.value for entry in taken.journal} == {"s": "done", "t": "done"}


def test_a_parked_run_can_be_canceled(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=ParkedRun("drift"))
    assert db.cancel(run.run_id) == [run.run_id]
    assert (db.status(run), db.find(run).parked_reason) == ("CANCELED", None)


# --- hand back ---


def test_a_run_that_is_handed_back_spends_no_attempt_and_comes_first(db: World) -> None:
    db.limit(concurrency=1)
    run = db.start()
    db.trigger()
    db.report(run, step("s"), outcome=HandedBack())
    [taken] = db.claim()
    assert (taken.run_id, taken.attempt, taken.epoch, taken.deaths, taken.resume) == (run.run_id, 1, 2, 0, False)
    assert [entry.key for entry in taken.journal] == ["s"]


def test_a_worker_that_leaves_hands_everything_back(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    executing, waiting = db.start(), db.start()
    db.wait(waiting, token("t", "waitpoint_1"))
    assert db.lose("w1", deaths=False) == 1
    assert db.find(executing).deaths == 0
    assert db.find(waiting).worker_id is None
    db.complete("waitpoint_1")
    taken = {run.run_id: run for run in db.claim("w2")}
    assert (taken[executing.run_id].attempt, taken[executing.run_id].epoch) == (1, 2)
    assert not taken[waiting.run_id].resume


# --- deaths ---


def _die(db: World, run_id: str) -> None:
    """The worker that executes the run dies, and another comes."""
    worker_id = db.find(run_id).worker_id
    assert worker_id is not None
    db.lose(worker_id)
    db.worker()


def test_a_first_death_in_company_only_makes_suspects(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    db.lose("w1")
    assert db.statuses(one, two) == ["QUEUED", "QUEUED"]
    db.worker()
    assert [(run.attempt, run.deaths, run.alone) for run in db.claim()] == [(1, 1, False), (1, 1, False)]


def test_after_a_second_death_a_run_is_executed_alone(db: World) -> None:
    db.worker()
    run = db.start()
    for _ in range(2):
        _die(db, run.run_id)
        [taken] = db.claim()
    assert (taken.alone, taken.deaths, taken.attempt) == (True, 2, 1)


def test_a_worker_that_dies_around_a_run_with_its_own_process_never_crashes_it(db: World) -> None:
    db.worker()
    run = db.start()
    for _ in range(8):
        _die(db, run.run_id)
        [taken] = db.claim()
    assert (taken.alone, taken.deaths, taken.attempt, db.status(run)) == (True, 8, 1, "EXECUTING")


def test_the_death_of_a_process_of_its_own_counts_as_alone(db: World) -> None:
    db.worker()
    run = db.start()
    for _ in range(2):
        db.report(run, outcome=Died("killed"))
        assert db.status(run) == "QUEUED"
        [run] = db.claim()
    db.report(run, outcome=Died("killed"))
    found = db.find(run)
    assert (found.status, db.slots()) == ("CRASHED", 0)
    assert found.error is not None
    assert found.error.code == "crashed"


def test_a_crashed_child_is_a_failure_of_its_parent(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "c")
    for _ in range(3):
        [kid] = db.claim(room=1)
        db.report(kid, outcome=Died("killed"))
    entry = db.journal(parent)["c"]
    assert entry.error is not None
    assert (entry.status, entry.error.code) == ("failed", "crashed")
    assert db.status(parent) == "QUEUED"


def test_leaving_in_good_order_counts_no_death(db: World) -> None:
    db.worker()
    run = db.start()
    for _ in range(5):
        db.lose("w1", deaths=False)
        db.worker()
        db.claim()
    assert (db.status(run), db.find(run).deaths) == ("EXECUTING", 0)


def test_a_resumed_run_keeps_what_was_done(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("good"), failed_step("bad"))
    db.report(run, outcome=Failed(ErrorInfo("x.Y", "no", keys=("bad",))))
    new_id = db.new_id()
    db.run(lambda: again.resume_run(run.run_id, new_id, db.now))  # type: ignore[arg-type]
    assert (db.find(new_id).resumed_from, db.find(run).continued_by) == (run.run_id, new_id)
    assert {key: entry.status.value for key, entry in db.journal(new_id).items()} == {
        "good": "done",
        "bad": "forgotten",
    }


@pytest.mark.parametrize("state", ["executing", "completed", "resumed"])
def test_only_what_failed_or_stopped_can_be_resumed(db: World, state: str) -> None:
    db.worker()
    run = db.start()
    if state == "completed":
        db.report(run, outcome=Succeeded("1"))
    if state == "resumed":
        db.report(run, outcome=Failed(ERROR))
        db.trigger(adopts=run.run_id, resumed_from=run.run_id)
    with pytest.raises(Conflict):
        db.run(lambda: again.resume_run(run.run_id, db.new_id(), db.now))  # type: ignore[arg-type]


def test_a_stop_names_the_epoch_that_must_stop(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=HandedBack())
    [taken] = db.claim()
    db.cancel(run.run_id)
    assert db.noted(Tell) == [Tell("w1", Stop(run.run_id, taken.epoch, "CANCELED"))]
