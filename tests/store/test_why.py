"""Why a run is not running, in the words that people read."""

from __future__ import annotations

from runcast.domain.errors import ErrorInfo
from runcast.domain.outcome import Failed, ParkedRun, Succeeded
from tests.store.world import ERROR, World, batch, child, result, sleep, token


def test_a_full_key_names_its_runs_the_position_and_an_estimate(db: World) -> None:
    db.limit(per_key=3)
    for _ in range(2):
        db.advance(3_000)
        db.report(db.start(concurrency_key="other"), outcome=Succeeded("1"))
    db.advance(1)
    holders = [db.start(concurrency_key="acme").run_id for _ in range(3)]
    db.trigger_many(13, concurrency_key="acme")
    found = db.why(db.trigger(concurrency_key="acme"))
    assert found.reason == f"key acme 3/3 busy (runs {', '.join(holders)}), position 14, about 42 s"
    assert (found.position, found.blockers, found.estimate_ms) == (14, tuple(holders), 42_000)


def test_a_key_with_a_large_bound_is_counted_whole(db: World) -> None:
    db.limit(per_key=30)
    db.trigger_many(31, concurrency_key="acme")
    assert len(db.claim()) == 30
    [left] = [run_id for (run_id,) in db.sql("select id from runs where status = 'QUEUED'")]
    found = db.why(left)
    assert found.reason.startswith("key acme 30/30 busy (runs ")
    assert ", …), position 1" in found.reason


def test_a_full_queue_names_its_runs(db: World) -> None:
    db.limit(concurrency=1)
    holder = db.start()
    db.trigger()
    found = db.why(db.trigger())
    assert found.reason == f"queue work 1/1 busy (runs {holder.run_id}), position 2"
    assert found.estimate_ms is None


def test_a_paused_queue_says_so(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    db.set_queue(paused=True)
    assert db.why(run_id).reason == "queue 'work' is paused"


def test_a_used_up_rate_says_when_more_comes(db: World) -> None:
    db.limit(rate_count=1, rate_period_ms=60_000)
    db.start()
    assert db.why(db.trigger()).reason == "rate 1/60s used up, more in about 60 s, position 1"


def test_without_a_worker_it_says_so(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    assert db.why(run_id).reason == "waiting for a worker with room, position 1"
    db.lose("w1")
    assert db.why(run_id).reason == "no worker of environment 'dev' is connected, position 1"


def test_a_delayed_run_says_when_it_starts(db: World) -> None:
    db.worker()
    found = db.why(db.trigger(delay_ms=90_000))
    assert (found.reason, found.estimate_ms) == ("it was delayed; it starts in about 90 s", 90_000)
    assert db.why(db.trigger(delay_ms=70 * 60_000)).reason == "it was delayed; it starts in about 70 min"
    assert db.why(db.trigger(delay_ms=9 * 86_400_000)).reason == "it was delayed; it starts in about 9 days"


def test_a_run_between_two_attempts_says_so(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Failed(ERROR, retry_in_ms=500))
    assert db.why(run).reason == "attempt 1 failed; the next one starts in 500 ms"


def test_an_unknown_task_says_so(db: World) -> None:
    assert db.why(db.trigger("later")).reason.startswith("no worker of environment 'dev' has known a task 'later' yet")


def test_an_executing_run_says_where(db: World) -> None:
    db.worker()
    assert db.why(db.start()).reason == "it is running: attempt 1, in worker w1"


def test_a_parked_run_says_what_a_person_must_do(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=ParkedRun("sort the items, or pass key="))
    assert db.why(run).reason == "parked, it needs a person: sort the items, or pass key="


def test_a_waiting_run_says_for_what(db: World) -> None:
    db.worker()
    other = db.start()
    runs = [db.start() for _ in range(5)]
    entries = {
        "for a time (s)": sleep("s", 9),
        "for a person or program to complete a wait": token("t", "waitpoint_1"),
        "for child runs": child(runs[2], "c"),
        "for a batch": batch(runs[3], "b", 1),
        "for other runs": result("r", other.run_id),
    }
    for run, (words, entry) in zip(runs, entries.items(), strict=True):
        db.wait(run, entry)
        assert f"it waits {words}" in db.why(run).reason
    assert "more" not in db.why(runs[2]).reason
    sleeping = db.why(runs[0])
    assert (sleeping.reason, sleeping.estimate_ms) == ("it waits for a time (s), at most 9 ms more", 9)


def test_a_waiting_run_names_the_runs_that_it_waits_for(db: World) -> None:
    db.worker()
    run = db.start()
    kids = db.parent_of(run, "a", "b")
    assert set(db.why(run).blockers) == set(kids)


def test_a_run_that_ended_says_how(db: World) -> None:
    db.worker()
    good, bad = db.start(), db.start()
    db.report(good, outcome=Succeeded("1"))
    db.report(bad, outcome=Failed(ErrorInfo("builtins.ValueError", "too big")))
    assert db.why(good).reason == "it ended completed"
    assert db.why(bad).reason == "it ended failed: too big"
