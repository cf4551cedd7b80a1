"""The fence: a report counts only under the run's present epoch, once, and while the run executes."""

from __future__ import annotations

import pytest

from runcast.domain.errors import ErrorInfo
from runcast.domain.outcome import (
    Continued,
    Died,
    Evicted,
    Failed,
    HandedBack,
    Outcome,
    ParkedRun,
    Released,
    Succeeded,
    TimedOut,
    Waiting,
)
from runcast.domain.run import Counts
from runcast.gateway import Stop
from runcast.store.script import Changed, Freed, Tell
from tests.store.world import ERROR, World, child, increment, log, part, sleep, step

OUTCOMES: list[Outcome] = [
    Succeeded("1"),
    Failed(ERROR),
    Failed(ERROR, retry_in_ms=1),
    TimedOut(ERROR),
    Continued("2"),
    ParkedRun("why"),
    HandedBack(),
    Died("killed"),
    Waiting(("x",)),
]


def _name(outcome: Outcome) -> str:
    return type(outcome).__name__


@pytest.mark.parametrize("outcome", OUTCOMES, ids=_name)
def test_a_report_with_another_epoch_changes_nothing(db: World, outcome: Outcome) -> None:
    db.worker()
    run = db.start()
    before = db.everything()
    for epoch in (run.epoch - 1, run.epoch + 1):
        reply = db.report(
            (run.run_id, epoch),
            step("s"),
            child(run, "c"),
            effects=[increment("n", 1), part("p", "x", 2), log("l")],
            outcome=outcome,
        )
        assert reply.lost
    assert db.everything() == before


@pytest.mark.parametrize("outcome", OUTCOMES, ids=_name)
def test_a_run_that_ended_takes_no_report(db: World, outcome: Outcome) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Succeeded('"first"'))
    before = db.everything()
    assert db.report(run, step("s"), outcome=outcome).lost
    assert db.everything() == before


@pytest.mark.parametrize("outcome", OUTCOMES, ids=_name)
def test_a_run_that_waits_takes_no_report(db: World, outcome: Outcome) -> None:
    db.worker()
    run = db.start()
    assert db.wait(run, sleep("s", 50)).waiting
    before = db.everything()
    assert db.report(run, step("other"), outcome=outcome).lost
    assert db.everything() == before


def test_an_unknown_run_is_lost(db: World) -> None:
    db.worker()
    before = db.everything()
    assert db.report(("run_nobody", 1), step("s"), outcome=Succeeded("1")).lost
    assert db.report(("run_nobody", 1), outcome=Released()).lost is False
    assert db.report(("run_nobody", 1), outcome=Evicted()).lost is False
    assert db.everything() == before


def test_a_worker_that_was_taken_for_dead_can_no_longer_report(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.lose("w1")
    assert db.report(run, outcome=Succeeded("1")).lost
    [taken] = db.claim("w2")
    assert (taken.run_id, taken.epoch, taken.attempt) == (run.run_id, run.epoch + 1, 1)
    assert db.report(run, outcome=Succeeded("1")).lost
    assert not db.report(taken, outcome=Succeeded("2"), worker_id="w2").lost
    assert db.find(run).output == "2"


def test_a_success_is_recorded_whole(db: World) -> None:
    db.worker()
    run = db.start()
    db.changes()
    db.advance(40)
    reply = db.report(run, outcome=Succeeded('"out"', Counts(ok=2, failed=1)), executed_ms=35)
    assert not reply.lost
    assert [end.id for end in db.noted(Changed)[-1].ended] == [run.run_id]
    assert db.noted(Freed) == [Freed(("work",))]
    ended = db.find(run)
    assert (ended.status, ended.output, ended.error, ended.finished_at) == ("COMPLETED", '"out"', None, db.now)
    assert (ended.executing_ms, ended.counts, ended.outcome) == (35, Counts(ok=2, failed=1), "partial")
    assert db.slots() == 0
    [fact] = db.changes()
    assert (fact.status, fact.version) == ("COMPLETED", ended.version)


def test_a_failure_without_a_retry_is_final(db: World) -> None:
    db.worker()
    run = db.start()
    error = ErrorInfo("builtins.ValueError", "bad", stack="…", user_message="Sorry", code="e1", keys=("k",), args="[1]")
    db.report(run, outcome=Failed(error))
    ended = db.find(run)
    assert (ended.status, ended.error, ended.output) == ("FAILED", error, None)
    assert db.slots() == 0


def test_a_run_past_its_duration_keeps_its_slot_until_its_body_is_gone(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=TimedOut(ERROR), executed_ms=99)
    assert (db.status(run), db.slots()) == ("TIMED_OUT", 1)
    db.report(run, outcome=Released())
    assert db.slots() == 0
    assert db.find(run).executing_ms == 99


def test_releasing_is_taken_for_any_epoch_but_only_from_the_holder(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.cancel(run.run_id)
    db.report(run, outcome=Released(), worker_id="w2")
    assert db.slots() == 1
    assert not db.report((run.run_id, 77), outcome=Released()).lost
    assert db.slots() == 0


def test_a_running_run_cannot_be_released(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Released())
    assert (db.status(run), db.slots()) == ("EXECUTING", 1)


def test_a_running_run_cannot_be_evicted(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Evicted())
    assert db.find(run).worker_id == "w1"


def test_reports_of_many_runs_are_answered_in_their_order(db: World) -> None:
    db.worker()
    a, b, c = (db.start() for _ in range(3))
    replies = db.reports(
        db.item(c, outcome=Succeeded("3")),
        db.item((a.run_id, 9), outcome=Succeeded("1")),
        db.item(b, sleep("s", 10), outcome=Waiting(("s",))),
    )
    assert [(reply.run_id, reply.lost, reply.waiting) for reply in replies] == [
        (c.run_id, False, False),
        (a.run_id, True, False),
        (b.run_id, False, True),
    ]
    assert db.statuses(a, b, c) == ["EXECUTING", "WAITING", "COMPLETED"]


def test_executing_time_adds_up_over_the_parts_of_an_execution(db: World) -> None:
    db.worker()
    run = db.start(max_duration_ms=100)
    db.report(run, sleep("s", 1), outcome=Waiting(("s",)), executed_ms=30)
    db.advance(1_000)
    db.fire()
    [woken] = db.claim()
    assert woken.remaining_ms == 70
    db.report(woken, outcome=Failed(ERROR, retry_in_ms=0), executed_ms=50)
    db.fire()
    [again] = db.claim()
    assert again.remaining_ms == 20


def test_a_canceled_run_tells_its_worker_to_stop(db: World) -> None:
    db.worker()
    run = db.start()
    db.cancel(run.run_id)
    assert db.noted(Tell) == [Tell("w1", Stop(run.run_id, run.epoch, "CANCELED"))]
