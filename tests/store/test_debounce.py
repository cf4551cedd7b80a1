"""Debounce: triggers of one task and key become one run while that has not started; a delayed run can be moved."""

from __future__ import annotations

from typing import Any

import pytest

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.outcome import Failed, Succeeded
from runcast.domain.run import Debounce, RunStatus
from runcast.gateway import TaskInfo
from runcast.store import delay, prune
from tests.store.world import ERROR, World, child

SECOND = 1_000


def _trigger(db: World, key: str = "k", *, task: str = "work", **options: Any) -> str:
    debounce = {
        "delay_ms": options.pop("delay_ms", 5 * SECOND),
        "trailing": options.pop("trailing", False),
        "max_delay_ms": options.pop("max_delay_ms", None),
    }
    return db.trigger(task, debounce=Debounce(key, **debounce), **options)


def _moved(db: World, run_id: str, at: int) -> int:
    return db.run(lambda: delay.reschedule(run_id, at, db.now)).available_at


def test_a_trigger_of_the_same_key_pushes_the_run_that_waits(db: World) -> None:
    db.worker()
    first = _trigger(db)
    assert db.status(first) == "DELAYED"
    db.advance(4 * SECOND)
    assert _trigger(db) == first
    db.advance(4 * SECOND)
    db.fire()
    assert db.status(first) == "DELAYED"
    db.advance(SECOND)
    db.fire()
    assert db.claimed() == [first]
    assert db.one("select count(*) from runs") == 1


def test_the_answer_says_that_the_run_existed(db: World) -> None:
    db.worker()
    new = [db.new(debounce=Debounce("k", SECOND)) for _ in range(2)]
    assert [answer.cached for answer in db.enqueue(*new[:1])] == [False]
    assert [answer.cached for answer in db.enqueue(*new[1:])] == [True]


def test_keys_and_tasks_are_apart(db: World) -> None:
    db.worker(tasks=["work", "other"])
    assert len({_trigger(db, "a"), _trigger(db, "b"), _trigger(db, "a", task="other")}) == 3


def test_environments_are_apart(db: World) -> None:
    db.worker()
    assert _trigger(db) != _trigger(db, environment="prod")


def test_leading_keeps_the_data_of_the_first_trigger(db: World) -> None:
    db.worker()
    first = _trigger(db, payload='"one"', tags=("a",), max_attempts=2)
    _trigger(db, payload='"two"', tags=("b",), max_attempts=5)
    run = db.find(first)
    assert (run.payload, run.tags, run.max_attempts) == ('"one"', ("a",), 2)


def test_trailing_takes_the_data_of_the_newest(db: World) -> None:
    db.worker(tasks=[TaskInfo("work", "work", max_attempts=3, max_duration_ms=60_000)])
    first = _trigger(db, payload='"one"', tags=("a",), max_attempts=2, queue="q", machine="micro")
    large = '"' + "x" * 200_000 + '"'
    _trigger(
        db, payload=large, metadata='{"n":2}', tags=("b", "c"), max_attempts=5, max_duration_ms=7_000, machine="large-1x",
        queue="elsewhere", trailing=True,
    )  # fmt: skip
    run = db.find(first)
    assert (run.payload, run.metadata, run.tags) == (large, '{"n":2}', ("b", "c"))
    assert (run.max_attempts, run.max_duration_ms, run.machine) == (5, 7_000, "large-1x")
    assert run.queue == "q"
    _trigger(db, payload='"three"', trailing=True)
    run = db.find(first)
    assert (run.payload, run.metadata, run.tags) == ('"three"', "{}", ())
    assert (run.max_attempts, run.max_duration_ms, run.machine) == (3, 60_000, None)


def test_each_push_is_a_change_of_the_run(db: World) -> None:
    db.worker()
    first = _trigger(db)
    version = db.find(first).version
    _trigger(db)
    assert db.find(first).version == version + 1
    assert db.sql("select version, status from changes order by seq desc limit 1") == [(version + 1, "DELAYED")]


def test_past_the_longest_delay_a_new_run_is_made_and_the_old_one_starts(db: World) -> None:
    db.worker()
    bounded: dict[str, Any] = {"delay_ms": 5 * SECOND, "max_delay_ms": 8 * SECOND}
    first = _trigger(db, **bounded)
    db.advance(3 * SECOND)
    assert _trigger(db, **bounded) == first
    db.advance(1)
    second = _trigger(db, **bounded)
    assert second != first
    assert _trigger(db, **bounded) == second
    db.advance(5 * SECOND)
    db.fire()
    assert db.claimed() == [first, second]


def test_without_a_longest_delay_it_may_be_pushed_for_ever(db: World) -> None:
    db.worker()
    first = _trigger(db)
    for _ in range(1_000):
        db.advance(5 * SECOND - 1)
        assert _trigger(db) == first


@pytest.mark.parametrize("end", ["started", "queued", "canceled", "retried"])
def test_what_has_started_or_ended_is_not_pushed(db: World, end: str) -> None:
    db.worker()
    first = _trigger(db)
    if end == "canceled":
        db.cancel(first)
    else:
        db.advance(5 * SECOND)
        db.fire()
    if end in ("started", "retried"):
        [run] = db.claim()
        if end == "retried":
            db.report(run, outcome=Failed(ERROR, retry_in_ms=60 * SECOND))
    before = db.find(first)
    assert _trigger(db) != first
    assert db.find(first) == before


def test_an_idempotency_key_wins_over_a_debounce_key(db: World) -> None:
    db.worker()
    first = _trigger(db, idempotency_key="once")
    at = db.find(first).available_at
    db.advance(SECOND)
    assert _trigger(db, idempotency_key="once") == first
    assert db.find(first).available_at == at


def test_an_idempotency_key_stands_for_the_run_that_was_pushed(db: World) -> None:
    db.worker()
    first = _trigger(db)
    assert _trigger(db, idempotency_key="once") == first
    db.advance(5 * SECOND)
    db.fire()
    db.claim()
    assert db.trigger(idempotency_key="once") == first
    assert db.findings() == []


def test_triggers_of_one_call_debounce_each_other(db: World) -> None:
    db.worker()
    news = [db.new(payload=f"{n}", debounce=Debounce("k", n * SECOND, trailing=True)) for n in (1, 2, 3)]
    answers = db.enqueue(*news)
    assert {answer.id for answer in answers} == {news[0].id}
    assert [answer.cached for answer in answers] == [False, True, True]
    run = db.find(news[0].id)
    assert (run.payload, run.available_at) == ("3", db.now + 3 * SECOND)


def test_a_run_of_a_task_that_nobody_knows_is_pushed_until_its_time_has_come(db: World) -> None:
    first = _trigger(db)
    assert db.status(first) == "PENDING_VERSION"
    assert _trigger(db) == first
    db.advance(5 * SECOND)
    assert _trigger(db) != first


def test_the_ttl_moves_with_the_start(db: World) -> None:
    db.worker()
    first = _trigger(db, ttl_ms=SECOND)
    db.advance(4 * SECOND)
    _trigger(db)
    assert db.find(first).expires_at == db.now + 6 * SECOND


def test_no_ttl_stays_none_for_a_run_that_was_pushed_before_its_task_was_known(db: World) -> None:
    first = _trigger(db, ttl_ms=0)
    db.advance(SECOND)
    _trigger(db)
    _moved(db, first, db.now + 1)
    db.worker(tasks=[TaskInfo("work", "work", ttl_ms=SECOND)])
    assert db.find(first).expires_at is None


def test_a_child_that_is_debounced_is_the_run_that_waits(db: World) -> None:
    db.worker()
    parent = db.start()
    first = _trigger(db)
    db.wait(parent, child(parent, "c", debounce=Debounce("k", 5 * SECOND)))
    assert db.one("select awaits from journal where key = 'c'") == first
    db.advance(5 * SECOND)
    db.fire()
    [run] = db.claim()
    db.report(run, outcome=Succeeded("1"))
    assert db.status(parent) == "QUEUED"


def test_a_pruned_run_leaves_no_key(db: World) -> None:
    db.worker()
    first = _trigger(db)
    db.cancel(first)
    db.advance(SECOND)
    assert db.run(lambda: prune.prune(db.now)) == 1
    assert db.sql("select * from debounces") == []


def test_pushed_runs_take_their_place_by_their_new_time(db: World) -> None:
    db.worker(tasks=["work"])
    early = _trigger(db, priority_ms=SECOND)
    late = db.trigger(delay_ms=6 * SECOND, priority_ms=SECOND)
    db.advance(3 * SECOND)
    _trigger(db)
    db.advance(5 * SECOND)
    db.fire()
    ranks = {run: db.one("select rank >> 20 from runs where id = ?", run) for run in (early, late)}
    assert ranks[early] > ranks[late]


# --- reschedule


def test_a_delayed_run_can_be_moved_both_ways(db: World) -> None:
    db.worker()
    run_id = db.trigger(delay_ms=10 * SECOND, ttl_ms=SECOND)
    later = db.now + 60 * SECOND
    assert _moved(db, run_id, later) == later
    assert db.find(run_id).expires_at == later + SECOND
    sooner = db.now + SECOND
    assert _moved(db, run_id, sooner) == sooner
    db.advance(SECOND)
    db.fire()
    assert db.claimed() == [run_id]


def test_a_run_that_is_moved_to_now_starts_with_the_next_tick(db: World) -> None:
    db.worker()
    run_id = db.trigger(delay_ms=10 * SECOND)
    _moved(db, run_id, db.now)
    db.fire()
    assert db.claimed() == [run_id]


@pytest.mark.parametrize("state", ["queued", "executing", "between attempts", "ended"])
def test_what_is_not_delayed_or_has_started_is_not_moved(db: World, state: str) -> None:
    db.worker()
    run_id = db.trigger()
    if state != "queued":
        [run] = db.claim()
        if state == "between attempts":
            db.report(run, outcome=Failed(ERROR, retry_in_ms=60 * SECOND))
        elif state == "ended":
            db.report(run, outcome=Failed(ERROR))
    before = db.find(run_id)
    with pytest.raises(Conflict, match=r"(has started|is )"):
        _moved(db, run_id, db.now + SECOND)
    assert db.find(run_id) == before


def test_a_run_that_does_not_exist_is_not_found(db: World) -> None:
    with pytest.raises(NotFound):
        _moved(db, "run_nothing", db.now)


def test_a_delayed_run_of_an_unknown_task_can_be_moved(db: World) -> None:
    run_id = db.trigger(delay_ms=10 * SECOND)
    _moved(db, run_id, db.now + SECOND)
    db.worker()
    run = db.find(run_id)
    assert (run.status, run.available_at) == (RunStatus.DELAYED, db.now + SECOND)
