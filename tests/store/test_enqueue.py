"""Triggers: idempotency, delay, ttl, unknown tasks, batches, depth, and what a run adopts."""

from __future__ import annotations

import pytest

from runcast.domain.errors import ErrorInfo, InvalidInput, ValueTooLarge
from runcast.domain.journal import EntryStatus
from runcast.domain.limits import DEPTH_MAX, PAYLOAD_BYTES_MAX
from runcast.domain.outcome import Failed, Succeeded
from runcast.domain.queue import QueueSettings
from runcast.gateway import TaskInfo
from runcast.store import reads
from runcast.store.script import Changed, Due, Ready
from tests.store.world import ERROR, World, batch, child, failed_step, increment, step


def test_a_trigger_is_stored_queued_with_its_change(db: World) -> None:
    db.worker()
    run_id = db.trigger(payload='{"a":1}', tags=("x",), concurrency_key="acme", priority_ms=5, metadata='{"m":1}')
    run = db.find(run_id)
    assert (run.status, run.queue, run.payload, run.tags) == ("QUEUED", "work", '{"a":1}', ("x",))
    assert (run.root_id, run.depth, run.attempt, run.max_attempts, run.version) == (run_id, 0, 0, 3, 1)
    assert (run.concurrency_key, run.priority_ms, run.metadata, run.created_at) == ("acme", 5, '{"m":1}', db.now)
    [fact] = db.changes()
    assert (fact.run_id, fact.root_id, fact.kind, fact.status, fact.version) == (run_id, run_id, "status", "QUEUED", 1)


def test_a_trigger_notes_that_its_queue_is_ready(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    assert db.noted(Ready)[0].queues == ("work",)
    assert db.noted(Changed) == [Changed(born=(run_id,))]


def test_what_the_trigger_says_beats_what_the_task_says(db: World) -> None:
    db.worker(tasks=[TaskInfo("work", "work", max_attempts=7, max_duration_ms=70, ttl_ms=7_000)])
    plain = db.find(db.trigger())
    own = db.find(db.trigger(queue="other", max_attempts=1, max_duration_ms=10, ttl_ms=100))
    assert (plain.queue, plain.max_attempts, plain.max_duration_ms, plain.expires_at) == ("work", 7, 70, db.now + 7_000)
    assert (own.queue, own.max_attempts, own.max_duration_ms, own.expires_at) == ("other", 1, 10, db.now + 100)


def test_no_limit_on_a_trigger_beats_the_limit_of_the_task(db: World) -> None:
    before = db.trigger(max_duration_ms=0)
    db.worker(tasks=[TaskInfo("work", "work", max_duration_ms=70)])
    after = db.trigger(max_duration_ms=0)
    limited = db.trigger()
    assert [db.find(run).max_duration_ms for run in (before, after, limited)] == [0, 0, 70]
    remaining = {run.run_id: run.remaining_ms for run in db.claim()}
    assert [remaining[run] for run in (before, after, limited)] == [None, None, 70]


# --- idempotency ---


def test_an_idempotency_key_names_the_run_that_exists(db: World) -> None:
    db.worker()
    first = db.trigger(idempotency_key="k")
    [again] = db.enqueue(db.new(idempotency_key="k", payload='"other"'))
    assert again.cached
    assert again.id == first
    assert db.one("select count(*) from runs") == 1


def test_an_idempotency_key_holds_within_one_call(db: World) -> None:
    db.worker()
    first, other, again = db.enqueue(
        db.new(idempotency_key="k"), db.new(idempotency_key="j"), db.new(idempotency_key="k")
    )
    assert (first.cached, other.cached, again.cached) == (False, False, True)
    assert again.id == first.id
    assert db.one("select count(*) from runs") == 2


def test_an_idempotency_key_belongs_to_its_task_and_environment(db: World) -> None:
    db.worker(tasks=["work", "rest"])
    db.trigger(idempotency_key="k")
    answers = db.enqueue(db.new("rest", idempotency_key="k"), db.new(idempotency_key="k", environment="prod"))
    assert [answer.cached for answer in answers] == [False, False]


def test_an_idempotency_key_outlives_the_run_but_not_its_ttl(db: World) -> None:
    db.worker()
    first = db.start(idempotency_key="k", idempotency_ttl_ms=1_000)
    db.report(first, outcome=Succeeded("1"))
    db.advance(999)
    assert db.trigger(idempotency_key="k") == first.run_id
    db.advance(1)
    second = db.trigger(idempotency_key="k", idempotency_ttl_ms=1_000)
    assert second != first.run_id
    assert db.trigger(idempotency_key="k") == second


def test_a_failed_run_keeps_its_idempotency_key_for_everybody_but_the_run_that_takes_it_over(db: World) -> None:
    db.worker()
    failed = db.start(idempotency_key="k", max_attempts=1)
    db.report(failed, outcome=Failed(ERROR))
    assert db.trigger(idempotency_key="k") == failed.run_id
    assert db.trigger(idempotency_key="k", adopts=db.trigger()) == failed.run_id
    after = db.trigger(idempotency_key="k", adopts=failed.run_id)
    assert after != failed.run_id
    assert db.trigger(idempotency_key="k", adopts=failed.run_id) == after
    assert db.trigger(idempotency_key="k") == after


def test_runs_without_a_key_are_never_the_same(db: World) -> None:
    db.worker()
    assert len(set(db.trigger_many(3))) == 3


# --- delay, ttl, unknown tasks ---


def test_a_delayed_run_is_queued_when_due_and_not_before(db: World) -> None:
    db.worker()
    run_id = db.trigger(delay_ms=1_000)
    assert db.noted(Due) == [Due(db.now + 1_000)]
    assert db.status(run_id) == "DELAYED"
    assert db.claim() == ()
    db.advance(999)
    assert db.fire() == db.now + 1
    assert db.status(run_id) == "DELAYED"
    db.advance(1)
    db.fire()
    assert db.status(run_id) == "QUEUED"
    assert db.claimed() == [run_id]


def test_an_absolute_start_beats_the_delay(db: World) -> None:
    db.worker()
    run = db.find(db.trigger(delay_ms=10, start_at=db.now + 5_000))
    assert (run.status, run.available_at) == ("DELAYED", db.now + 5_000)
    assert db.find(db.trigger(start_at=db.now - 5_000)).status == "QUEUED"


def test_a_run_that_could_not_start_within_its_ttl_expires(db: World) -> None:
    db.worker()
    run_id = db.trigger(ttl_ms=500, delay_ms=100)
    db.advance(599)
    db.fire()
    assert db.status(run_id) == "QUEUED"
    db.advance(1)
    db.fire()
    run = db.find(run_id)
    assert run.status == "EXPIRED"
    assert run.error is not None
    assert run.error.code == "expired"
    assert run.finished_at == db.now
    assert [end.id for end in db.noted(Changed)[-1].ended] == [run_id]


def test_a_run_that_has_started_does_not_expire(db: World) -> None:
    db.worker()
    run = db.start(ttl_ms=500)
    db.report(run, outcome=Failed(ERROR, retry_in_ms=10_000))
    db.advance(1_000)
    assert db.fire() == db.now + 9_000
    assert db.status(run) == "DELAYED"


def test_what_expired_is_not_claimed_even_before_the_timer_fires(db: World) -> None:
    db.worker()
    db.trigger(ttl_ms=500)
    db.trigger(ttl_ms=500, priority_ms=1_000)
    late = db.trigger()
    db.advance(500)
    assert db.claimed() == [late]


def test_a_run_of_an_unknown_task_waits_until_the_task_is_known(db: World) -> None:
    db.worker()
    run_id = db.trigger("later", concurrency_key="acme")
    assert db.status(run_id) == "PENDING_VERSION"
    assert db.claim(tasks=("work", "later")) == ()
    db.worker("w2", tasks=[TaskInfo("later", "slow", max_attempts=5, max_duration_ms=50)])
    run = db.find(run_id)
    assert (run.status, run.queue, run.max_attempts, run.max_duration_ms) == ("QUEUED", "slow", 5, 50)
    assert db.claimed("w2", tasks=["later"]) == [run_id]


def test_a_run_of_an_unknown_task_keeps_what_its_trigger_said(db: World) -> None:
    run_id = db.trigger("later", queue="mine", max_attempts=1)
    db.worker(tasks=[TaskInfo("later", "slow", max_attempts=5)])
    run = db.find(run_id)
    assert (run.queue, run.max_attempts) == ("mine", 1)


def test_a_run_of_an_unknown_task_expires_too(db: World) -> None:
    run_id = db.trigger("later", ttl_ms=100)
    db.advance(100)
    db.fire()
    assert db.status(run_id) == "EXPIRED"


def test_a_delay_holds_although_the_task_was_unknown(db: World) -> None:
    run_id = db.trigger("later", delay_ms=1_000)
    db.advance(10)
    db.worker(tasks=["later"])
    assert db.status(run_id) == "DELAYED"
    assert db.noted(Due) == [Due(db.now + 990)]
    db.advance(990)
    db.fire()
    assert db.claimed(tasks=["later"]) == [run_id]


def test_a_run_that_becomes_known_takes_its_turn_in_the_queue_of_its_task(db: World) -> None:
    for _ in range(30):
        db.trigger("later")
    db.worker(tasks=["work", "later"], queues=[QueueSettings("work", concurrency=1)])
    keyed = db.trigger(concurrency_key="acme")
    last = db.trigger()
    order = db.claimed_one_by_one(32, tasks=("work", "later"))
    assert order.index(keyed) <= 1
    assert order[-1] == last


# --- depth and size ---


def test_a_tree_has_a_greatest_depth(db: World) -> None:
    db.worker()
    db.trigger(depth=DEPTH_MAX)
    before = db.everything()
    with pytest.raises(InvalidInput, match=f"limit is {DEPTH_MAX}"):
        db.enqueue(db.new(), db.new(depth=DEPTH_MAX + 1))
    assert db.everything() == before


def test_a_payload_over_the_bound_is_refused(db: World) -> None:
    db.worker()
    with pytest.raises(ValueTooLarge, match="payload"):
        db.trigger(payload='"' + "x" * PAYLOAD_BYTES_MAX + '"')
    assert db.one("select count(*) from runs") == 0


# --- batches ---


def test_the_members_of_a_batch_come_by_position(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = batch(parent, "b", 3)
    db.wait(parent, entry)
    members = db.read(lambda: reads.members(entry.entry.awaits or ""))
    assert [(run.id, run.batch_position) for run in members] == [
        (run.id, position) for position, run in enumerate(entry.children)
    ]


def test_a_batch_may_hold_runs_that_existed_before(db: World) -> None:
    db.worker()
    old = db.trigger(idempotency_key="k")
    db.cancel(old)
    parent = db.start()
    entry = batch(parent, "b", 3, options=[{}, {"idempotency_key": "k"}, {}])
    db.wait(parent, entry)
    members = db.read(lambda: reads.members(entry.entry.awaits or ""))
    assert [run.batch_position for run in members] == [0, 1, 2]
    assert members[1].id == old


def test_a_batch_may_hold_one_run_twice(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = batch(parent, "b", 3, options=[{"idempotency_key": "k"}, {}, {"idempotency_key": "k"}])
    db.wait(parent, entry)
    members = db.read(lambda: reads.members(entry.entry.awaits or ""))
    assert [run.batch_position for run in members] == [0, 1, 2]
    assert members[0].id == members[2].id


# --- adoption ---


def _failed_run(db: World, *keys: str) -> str:
    """A run with a done step, two failed steps and a failed child, that failed because of `keys`."""
    run = db.start()
    [child_id] = db.parent_of(run, "child")
    [kid] = db.claim()
    assert kid.run_id == child_id
    db.report(kid, step("inner"), outcome=Failed(ERROR))
    [woken] = db.claim()
    db.report(woken, step("good"), failed_step("bad"), failed_step("handled"), effects=[increment("n", 1)])
    db.report(woken, outcome=Failed(ErrorInfo("builtins.ValueError", "no", keys=keys)))
    return run.run_id


def test_a_run_that_adopts_keeps_what_is_done_and_forgets_the_failures_in_the_chain(db: World) -> None:
    db.worker()
    before = _failed_run(db, "bad", "child")
    after = db.trigger(adopts=before, resumed_from=before)
    journal = db.journal(after)
    assert {key: entry.status.value for key, entry in journal.items()} == {
        "good": "done",
        "bad": "forgotten",
        "handled": "failed",
        "child": "forgotten",
    }
    assert journal["good"].value == "1"
    assert journal["handled"].error == ERROR
    assert (journal["child"].generation, journal["child"].awaits) == (1, db.journal(before)["child"].awaits)
    assert db.find(before).continued_by == after


def test_a_failure_that_names_no_entry_forgets_every_failed_one(db: World) -> None:
    db.worker()
    after = db.trigger(adopts=_failed_run(db))
    assert {key for key, entry in db.journal(after).items() if entry.status == EntryStatus.FORGOTTEN} == {
        "bad",
        "handled",
        "child",
    }


def test_a_run_that_adopts_takes_over_metadata_and_applied_effects(db: World) -> None:
    db.worker()
    after = db.trigger(adopts=_failed_run(db), payload='"edited"')
    [run] = db.claim()
    assert (run.run_id, run.metadata, run.payload) == (after, '{"n":1}', '"edited"')
    assert run.applied["s"] == 1
    assert {entry.key for entry in run.journal} == {"good", "bad", "handled", "child"}
    db.report(run, effects=[increment("n", 1)])
    assert db.metadata(after) == {"n": 1}


def test_the_child_of_a_retry_adopts_its_predecessor(db: World) -> None:
    db.worker()
    parent = db.start()
    [first] = db.parent_of(parent, "c")
    [kid] = db.claim()
    db.report(kid, step("inner", '"kept"'), failed_step("broken"), outcome=Failed(ERROR))
    [parent] = db.claim()
    db.report(parent, outcome=Failed(ErrorInfo("x.Y", "no", keys=("c",)), retry_in_ms=0))
    db.fire()
    [parent] = db.claim()
    [forgotten] = [entry for entry in parent.journal if entry.key == "c"]
    assert (forgotten.status, forgotten.generation, forgotten.awaits) == ("forgotten", 1, first)
    db.wait(parent, child(parent, "c", generation=1, adopts=first))
    [second] = db.claim()
    assert second.run_id != first
    assert {entry.key: entry.status.value for entry in second.journal} == {"inner": "done", "broken": "forgotten"}


def test_a_pending_child_of_the_predecessor_is_asked_for_again(db: World) -> None:
    db.worker()
    parent = db.start()
    [first] = db.parent_of(parent, "c")
    db.cancel(parent.run_id)
    after = db.trigger(adopts=parent.run_id)
    entry = db.journal(after)["c"]
    assert (entry.status, entry.generation, entry.awaits) == ("forgotten", 1, first)
