"""Queues: bounds on their length, limits that a person changes, pauses, and machines."""

from __future__ import annotations

from typing import Any

import pytest

from runcast.domain.errors import InvalidInput, NotFound, Overloaded
from runcast.domain.outcome import Failed, Succeeded
from runcast.domain.queue import QueueChange, QueueSettings
from runcast.domain.run import Debounce
from runcast.gateway import TaskInfo
from runcast.store import enqueue, queues
from runcast.store.script import Due
from tests.store.houses import SqliteHouse
from tests.store.world import ERROR, World, batch, child, step

# --- length


def test_a_trigger_past_the_length_is_refused_and_says_so(db: World) -> None:
    db.limit(max_length=2)
    db.trigger_many(2)
    with pytest.raises(Overloaded, match="queue 'work' has 2 of at most 2 queued runs") as refused:
        db.trigger()
    error = refused.value
    assert (error.queue, error.length, error.bound) == ("work", 2, 2)
    assert db.one("select count(*) from runs") == 2


def test_what_executes_makes_room(db: World) -> None:
    db.limit(max_length=2)
    db.trigger_many(2)
    assert len(db.claim(room=1)) == 1
    db.trigger()
    with pytest.raises(Overloaded):
        db.trigger()


def test_a_batch_that_does_not_fit_is_refused_whole(db: World) -> None:
    db.limit(max_length=3)
    db.worker(tasks=["work", TaskInfo("other", "other")])
    db.trigger()
    with pytest.raises(Overloaded, match="3 more have no room"):
        db.enqueue(db.new("other"), *(db.new() for _ in range(3)))
    assert db.one("select count(*) from runs") == 1
    assert len(db.trigger_many(2)) == 2


def test_a_batch_larger_than_the_bound_never_fits(db: World) -> None:
    db.limit(max_length=3)
    with pytest.raises(Overloaded):
        db.trigger_many(4)


def test_a_trigger_that_names_an_existing_run_needs_no_room(db: World) -> None:
    db.limit(max_length=1)
    first = db.trigger(idempotency_key="k")
    assert db.trigger(idempotency_key="k") == first


def test_a_key_of_a_refused_trigger_is_free(db: World) -> None:
    db.limit(max_length=1)
    db.trigger()
    refused = db.new(idempotency_key="k")
    with pytest.raises(Overloaded):
        db.enqueue(refused)
    assert db.sql("select * from idempotency") == []


def test_what_is_delayed_comes_in_later_whatever_the_length(db: World) -> None:
    db.limit(max_length=1)
    db.trigger()
    delayed = db.trigger(delay_ms=1_000)
    pushed = db.trigger(debounce=Debounce("k", 1_000))
    db.advance(1_000)
    db.fire()
    assert db.statuses(delayed, pushed) == ["QUEUED", "QUEUED"]


def test_a_run_that_was_accepted_is_never_refused_later(db: World) -> None:
    db.limit(max_length=1)
    first = db.start()
    db.trigger()
    db.report(first, outcome=Failed(ERROR, retry_in_ms=0))
    db.fire()
    assert db.status(first) == "QUEUED"


def test_what_nobody_could_try_again_is_never_refused(db: World) -> None:
    db.limit(max_length=1)
    db.trigger()
    owed = db.new()
    db.run(lambda: enqueue.enqueue([owed], db.now, owed=True))
    assert db.status(owed.id) == "QUEUED"


def test_runs_of_full_keys_count(db: World) -> None:
    db.limit(max_length=3, per_key=1)
    db.trigger_many(3, concurrency_key="a")
    assert len(db.claim()) == 1
    db.trigger(concurrency_key="b")
    with pytest.raises(Overloaded):
        db.trigger(concurrency_key="b")


def test_bounds_are_each_queues_and_environments_own(db: World) -> None:
    db.limit(max_length=1)
    db.trigger()
    db.trigger(queue="other")
    db.trigger(environment="prod")


def test_a_body_whose_child_has_no_room_keeps_nothing_of_that_report(db: World) -> None:
    db.limit(max_length=1)
    parent = db.start()
    db.trigger()
    before = db.everything()
    with pytest.raises(Overloaded):
        db.report(parent, step("s"), child(parent, "c"))
    with pytest.raises(Overloaded):
        db.report(parent, batch(parent, "b", 2))
    assert db.everything() == before


def test_the_count_is_read_from_the_index_of_what_is_queued() -> None:
    house = SqliteHouse(":memory:")
    query = "select 1 from runs where environment = 'dev' and queue = 'work' and status = 'QUEUED' and held = 0 limit 5"
    [(_, _, _, plan)] = house.sql(f"explain query plan {query}", ())
    house.close()
    assert "using covering index runs_ready" in plan.lower()


# --- live changes


def test_only_what_is_given_changes(db: World) -> None:
    db.limit(concurrency=2, per_key=1, rate_count=5, rate_period_ms=1_000, max_length=9)
    state = db.set_queue(concurrency=4)
    assert (state.concurrency, state.per_key, state.rate_count, state.max_length) == (4, 1, 5, 9)
    state = db.set_queue(rate=None, max_length=None)
    assert (state.concurrency, state.rate_count, state.rate_period_ms, state.max_length) == (4, None, None, None)


def test_a_state_shows_what_the_code_declares_beside_what_holds(db: World) -> None:
    db.limit(concurrency=2)
    state = db.set_queue(concurrency=4)
    assert state.overridden
    assert state.declared == QueueSettings("work", concurrency=2)
    db.limit(concurrency=3)
    [state] = db.read(queues.queue_states)
    assert (state.concurrency, state.declared) == (4, QueueSettings("work", concurrency=3))


def test_a_reset_goes_back_to_what_the_code_says_now(db: World) -> None:
    db.limit(concurrency=2, max_length=5)
    db.set_queue(concurrency=4, max_length=None, paused=True)
    db.limit(concurrency=3, max_length=6)
    state = db.set_queue(reset=True)
    assert (state.concurrency, state.max_length, state.overridden, state.paused) == (3, 6, False, True)
    db.limit(concurrency=1)
    assert db.read(queues.queue_states)[0].concurrency == 1


def test_a_pause_is_no_change_of_limits(db: World) -> None:
    db.limit(concurrency=2)
    assert not db.set_queue(paused=True).overridden
    db.limit(concurrency=3)
    [state] = db.read(queues.queue_states)
    assert (state.concurrency, state.paused) == (3, True)


def test_a_woken_run_of_a_paused_queue_goes_on_after_the_pause(db: World) -> None:
    db.worker()
    parent = db.start()
    [kid] = db.parent_of(parent, "c")
    [run] = db.claim()
    db.set_queue(paused=True)
    db.report(run, outcome=Succeeded("1"))
    assert db.status(kid) == "COMPLETED"
    assert db.claim() == ()
    db.set_queue(paused=False)
    assert db.claimed() == [parent.run_id]


def test_a_lowered_limit_stops_nothing_and_holds_from_the_next_start_on(db: World) -> None:
    db.limit(concurrency=3)
    db.trigger_many(5)
    first, second, third = db.claim()
    db.set_queue(concurrency=1)
    for run in (first, second):
        db.report(run, outcome=Succeeded("1"))
        assert db.claim() == ()
    db.report(third, outcome=Succeeded("1"))
    assert len(db.claim()) == 1


def test_a_change_touches_only_its_environment(db: World) -> None:
    db.limit(concurrency=1)
    db.run(lambda: queues.declare("prod", [QueueSettings("work", concurrency=7)]))
    db.run(lambda: queues.change("prod", "work", QueueChange(paused=True, concurrency=9), db.now))
    found = {state.environment: (state.concurrency, state.paused) for state in db.read(queues.queue_states)}
    assert found == {"dev": (1, False), "prod": (9, True)}


def test_a_queue_that_nobody_knows_is_not_found(db: World) -> None:
    with pytest.raises(NotFound, match="no queue 'nothing'"):
        db.set_queue("nothing", paused=True)


@pytest.mark.parametrize(
    "change", [{"concurrency": 0}, {"per_key": -1}, {"max_length": 0}, {"max_length": 10**9}, {"rate": (0, 1_000)}]
)
def test_a_limit_that_is_none_is_refused(db: World, change: dict[str, Any]) -> None:
    db.limit(concurrency=1)
    before = db.everything()
    with pytest.raises(InvalidInput):
        db.set_queue(**change)
    assert db.everything() == before


# --- machines


def test_a_worker_takes_only_runs_whose_machine_it_serves(db: World) -> None:
    db.worker(labels=("large-1x",))
    wanted = {label: db.trigger(machine=label) for label in (None, "large-1x", "gpu")}
    assert set(db.claimed(labels=("large-1x",))) == {wanted[None], wanted["large-1x"]}
    assert db.claimed(labels=("micro", "gpu")) == [wanted["gpu"]]


def test_a_worker_without_labels_serves_every_machine(db: World) -> None:
    db.worker()
    runs = [db.trigger(machine="gpu"), db.trigger()]
    assert db.claimed() == runs


def test_a_worker_that_serves_nothing_takes_runs_without_a_machine(db: World) -> None:
    db.worker()
    db.trigger(machine="gpu")
    plain = db.trigger()
    assert db.claimed(labels=()) == [plain]


def test_the_triggers_machine_beats_the_tasks(db: World) -> None:
    db.worker(tasks=[TaskInfo("work", "work", machine="micro")])
    assert db.find(db.trigger()).machine == "micro"
    assert db.find(db.trigger(machine="gpu")).machine == "gpu"


def test_a_run_that_waited_for_its_task_gets_the_tasks_machine(db: World) -> None:
    run_id = db.trigger()
    db.worker(tasks=[TaskInfo("work", "work", machine="micro")])
    assert db.find(run_id).machine == "micro"


def test_runs_that_no_worker_serves_keep_no_key_from_others(db: World) -> None:
    db.worker(queues=[QueueSettings("work", per_key=1)])
    first = db.trigger(concurrency_key="a")
    db.trigger(concurrency_key="a", machine="gpu")
    last = db.trigger(concurrency_key="a")
    [run] = db.claim(labels=())
    assert run.run_id == first
    assert db.claim(labels=()) == ()
    db.report(run, outcome=Succeeded("1"))
    assert db.claimed(labels=()) == [last]


def test_a_head_start_helps_no_run_that_the_worker_does_not_serve(db: World) -> None:
    db.worker()
    plain = db.trigger()
    db.trigger(machine="gpu", priority_ms=60_000)
    assert db.claimed(labels=(), room=1) == [plain]


def test_why_says_that_no_worker_serves_the_machine(db: World) -> None:
    db.worker(labels=("micro",))
    run_id = db.trigger(machine="gpu")
    assert "no worker serves machine 'gpu'" in db.why(run_id).reason
    db.worker("w2", labels=("gpu",))
    assert "waiting for a worker with room" in db.why(run_id).reason


# --- ttl


@pytest.mark.parametrize(
    ("trigger", "task", "expires"),
    [(None, None, None), (None, 5, 5), (7, 5, 7), (0, 5, None), (7, 0, 7), (None, 0, None)],
)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_the_triggers_ttl_beats_the_tasks_and_nothing_is_none(
    db: World, trigger: int | None, task: int | None, expires: int | None, known: bool
) -> None:
    def meet() -> None:
        db.worker(tasks=[TaskInfo("work", "work", ttl_ms=task)])

    if known:
        meet()
    run_id = db.trigger(ttl_ms=trigger)
    if not known:
        meet()
    assert db.find(run_id).expires_at == (None if expires is None else db.now + expires)


# --- limits for a while


def test_limits_that_are_set_for_a_while_give_way_to_the_declared_ones(db: World) -> None:
    db.limit(concurrency=1)
    db.trigger_many(3)
    state = db.set_queue(concurrency=3, for_ms=60_000)
    assert (state.concurrency, state.override_ends_at) == (3, db.now + 60_000)
    assert [note.at for note in db.noted(Due)] == [db.now + 60_000]
    db.advance(59_999)
    assert db.fire() == db.now + 1
    assert len(db.claim(room=1)) == 1
    db.advance(1)
    assert db.fire() is None
    [state] = db.run(lambda: queues.queue_states("dev", "work"))
    assert (state.concurrency, state.overridden, state.override_ends_at) == (1, False, None)
    assert db.claim() == ()


def test_the_limits_that_come_back_are_those_that_the_code_declares_by_then(db: World) -> None:
    db.limit(concurrency=1)
    db.set_queue(concurrency=50, for_ms=60_000)
    db.limit(concurrency=2, per_key=1)
    [state] = db.run(lambda: queues.queue_states("dev", "work"))
    assert (state.concurrency, state.override_ends_at) == (50, db.now + 60_000)
    db.advance(60_000)
    db.fire()
    [state] = db.run(lambda: queues.queue_states("dev", "work"))
    assert (state.concurrency, state.per_key) == (2, 1)


def test_a_limit_that_is_set_without_an_end_stays_and_a_pause_changes_no_end(db: World) -> None:
    db.limit(concurrency=1)
    ends_at = db.set_queue(concurrency=3, for_ms=60_000).override_ends_at
    assert db.set_queue(paused=True).override_ends_at == ends_at
    assert db.set_queue(concurrency=4).override_ends_at is None
    db.advance(60_000)
    db.fire()
    [state] = db.run(lambda: queues.queue_states("dev", "work"))
    assert (state.concurrency, state.paused) == (4, True)


def test_the_end_is_moved_taken_away_and_gone_with_a_reset(db: World) -> None:
    db.limit(concurrency=1)
    db.set_queue(concurrency=3)
    assert db.set_queue(for_ms=5_000).override_ends_at == db.now + 5_000
    assert db.set_queue(for_ms=None).override_ends_at is None
    db.set_queue(for_ms=5_000)
    state = db.set_queue(reset=True)
    assert (state.concurrency, state.override_ends_at) == (1, None)


@pytest.mark.parametrize("for_ms", [0, 999, 367 * 86_400_000])
def test_a_while_that_is_none_changes_nothing(db: World, for_ms: int) -> None:
    db.limit(concurrency=1)
    before = db.everything()
    with pytest.raises(InvalidInput, match="1 second to 366 days"):
        db.set_queue(concurrency=3, for_ms=for_ms)
    with pytest.raises(InvalidInput, match="which do not end"):
        db.set_queue(for_ms=60_000)
    assert db.everything() == before
