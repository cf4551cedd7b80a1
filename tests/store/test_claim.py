"""Claims: stored order, limits, fairness, priority, runs set aside, and who may go on with what."""

from __future__ import annotations

import pytest

from runcast.domain.limits import CLAIM_RUNS_MAX
from runcast.domain.outcome import Evicted, Failed, Released, Succeeded
from runcast.domain.queue import QueueSettings
from runcast.gateway import TaskInfo
from runcast.store import claim
from runcast.store.script import Due, Ready
from tests.store.world import ERROR, World, sleep, step, token


def test_a_claim_follows_the_order_of_arrival(db: World) -> None:
    db.worker()
    first = db.trigger_many(3)
    second = db.trigger_many(2)
    assert db.claimed(room=4) == [*first, second[0]]
    assert db.claimed() == [second[1]]


def test_a_claimed_run_executes_under_a_new_epoch(db: World) -> None:
    db.worker()
    run_id = db.trigger(payload='"p"', tags=("t",), concurrency_key="acme", max_duration_ms=100)
    db.changes()
    [taken] = db.claim()
    run = db.find(run_id)
    assert (run.status, run.attempt, run.epoch, run.worker_id) == ("EXECUTING", 1, 1, "w1")
    assert (run.started_at, run.version) == (db.now, 2)
    assert (taken.epoch, taken.attempt, taken.payload, taken.tags) == (1, 1, '"p"', ("t",))
    assert (taken.queue, taken.concurrency_key, taken.remaining_ms, taken.resume) == ("work", "acme", 100, False)
    [fact] = db.changes()
    assert (fact.run_id, fact.status, fact.version) == (run_id, "EXECUTING", 2)


def test_a_claim_takes_no_more_than_the_worker_has_room_for(db: World) -> None:
    db.worker()
    db.trigger_many(5)
    assert len(db.claim(room=2)) == 2
    assert db.claim(room=0) == ()
    assert len(db.claim(room=9)) == 3


def test_a_run_is_claimed_once(db: World) -> None:
    db.worker()
    db.worker("w2")
    db.trigger_many(3)
    assert len(db.claim("w1")) == 3
    assert db.claim("w2") == ()


def test_lanes_are_filled_each_for_itself(db: World) -> None:
    db.worker(tasks=["fast", "slow"])
    fast, slow = db.trigger_many(3, "fast"), db.trigger_many(3, "slow")
    claimant = claim.Claimant("w1", "dev", {"async": ("fast",), "thread": ("slow",)}, {"async": 2, "thread": 1})
    taken = db.run(lambda: claim.claim(claimant, db.now))
    assert {run.run_id for run in taken.assignments} == {*fast[:2], slow[0]}
    assert taken.lanes == {"async": 2, "thread": 1}


def test_unknown_tasks_are_left_to_those_who_know_them(db: World) -> None:
    db.worker("w1", tasks=["a"])
    db.worker("w2", tasks=["b"])
    runs_of_a, runs_of_b = db.trigger_many(20, "a"), db.trigger_many(2, "b")
    assert db.claimed("w2", tasks=["b"], room=2) == runs_of_b
    assert db.claimed("w1", tasks=["a"]) == runs_of_a


# --- total, pause, environment ---


def test_the_total_of_a_queue_holds_over_all_workers(db: World) -> None:
    db.limit(concurrency=3)
    db.worker("w2", queues=[QueueSettings("work", concurrency=3)])
    db.trigger_many(9)
    one = db.claim("w1", room=2)
    two = db.claim("w2", room=5)
    assert (len(one), len(two)) == (2, 1)
    assert db.claim("w1") == ()
    db.report(one[0], outcome=Succeeded("1"))
    assert len(db.claim("w2")) == 1


def test_a_canceled_run_holds_its_slot_until_its_body_is_gone(db: World) -> None:
    db.limit(concurrency=1)
    run = db.start()
    waiting = db.trigger()
    db.cancel(run.run_id)
    assert db.claim() == ()
    db.report(run, outcome=Released())
    assert db.claimed() == [waiting]


def test_a_waiting_run_holds_no_slot(db: World) -> None:
    db.limit(concurrency=1)
    run = db.start()
    [child_id] = db.parent_of(run, "c")
    assert db.claimed() == [child_id]


def test_a_paused_queue_gives_nothing_until_it_is_resumed(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    db.set_queue(paused=True)
    assert db.claim() == ()
    db.set_queue(paused=False)
    assert db.claimed() == [run_id]


def test_limits_change_live(db: World) -> None:
    db.limit(concurrency=1)
    db.trigger_many(5)
    assert len(db.claim()) == 1
    db.set_queue(concurrency=3)
    assert len(db.claim()) == 2
    db.set_queue(concurrency=None)
    assert len(db.claim()) == 2


def test_limits_that_a_person_changed_survive_the_next_declaration(db: World) -> None:
    db.limit(concurrency=1)
    db.set_queue(concurrency=2)
    db.limit(concurrency=1)
    db.trigger_many(5)
    assert len(db.claim()) == 2


def test_an_environment_sees_only_its_own_runs(db: World) -> None:
    db.worker()
    db.trigger(environment="prod")
    assert db.claim() == ()


def test_queues_take_turns_in_being_first(db: World) -> None:
    db.worker(tasks=[TaskInfo("a", "qa"), TaskInfo("b", "qb"), TaskInfo("c", "qc")])
    for name in "abc":
        db.trigger_many(10, name)
    first = [db.claim(room=1, tasks=("a", "b", "c"), rotation=number)[0].queue for number in range(3)]
    assert sorted(first) == ["qa", "qb", "qc"]


# --- concurrency keys ---


def test_the_bound_of_a_key_holds_and_other_keys_go_on(db: World) -> None:
    db.limit(per_key=2)
    acme = db.trigger_many(5, concurrency_key="acme")
    other = db.trigger_many(1, concurrency_key="other")
    free = db.trigger_many(3)
    taken = db.claim()
    assert {run.run_id for run in taken} == {*acme[:2], *other, *free}
    assert db.claim() == ()


def test_runs_of_a_full_key_are_set_aside_and_come_back_in_order(db: World) -> None:
    db.limit(per_key=1)
    acme = db.trigger_many(40, concurrency_key="acme")
    other = db.trigger(concurrency_key="other")
    assert [run.run_id for run in db.claim()] == [acme[0], other]
    assert db.one("select count(*) from runs where held = 1") > 0
    order = [acme[0]]
    taken = db.find(acme[0])
    for _ in range(5):
        db.report((taken.id, taken.epoch), outcome=Succeeded("1"))
        [run] = db.claim()
        order.append(run.run_id)
        taken = db.find(run.run_id)
    assert order == acme[:6]


def test_a_key_that_gets_more_room_takes_exactly_that_much(db: World) -> None:
    db.limit(per_key=3)
    db.trigger_many(10, concurrency_key="acme")
    taken = db.claim()
    assert len(taken) == 3
    db.reports(*(db.item(run, outcome=Succeeded("1")) for run in taken[:2]))
    assert len(db.claim()) == 2


def test_runs_set_aside_come_back_when_the_declaration_drops_the_bound(db: World) -> None:
    db.limit(per_key=1)
    db.trigger_many(5, concurrency_key="acme")
    assert len(db.claim()) == 1
    db.limit()
    assert len(db.claim()) == 4


def test_runs_set_aside_come_back_when_a_person_lifts_the_bound(db: World) -> None:
    db.limit(per_key=1)
    db.trigger_many(5, concurrency_key="acme")
    assert len(db.claim()) == 1
    db.set_queue(per_key=3)
    assert len(db.claim()) == 2


def test_a_key_is_not_kept_full_by_runs_that_no_worker_knows(db: World) -> None:
    db.worker("w1", tasks=["a"], queues=[QueueSettings("work", per_key=1)])
    db.worker("w2", tasks=["b"], queues=[QueueSettings("work", per_key=1)])
    first, second = db.trigger_many(2, "a", concurrency_key="acme")
    [run] = db.claim("w1", tasks=["a"])
    db.claim("w1", tasks=["a"])
    db.trigger("b", concurrency_key="acme")
    db.report(run, outcome=Succeeded("1"))
    assert db.claimed("w1", tasks=["a"]) == [second]
    assert run.run_id == first


def test_runs_without_a_key_have_no_bound_of_their_own(db: World) -> None:
    db.limit(per_key=1)
    db.trigger_many(5)
    assert len(db.claim()) == 5


# --- rate ---


def test_a_rate_admits_a_burst_and_then_flows_evenly(db: World) -> None:
    db.limit(rate_count=5, rate_period_ms=1_000)
    db.trigger_many(20)
    assert len(db.claim()) == 5
    assert db.claim() == ()
    assert db.noted(Due) == [Due(db.now + 200)]
    db.advance(199)
    assert db.claim() == ()
    db.advance(1)
    assert len(db.claim()) == 1
    db.advance(1_000)
    assert len(db.claim()) == 5


def test_a_claim_that_a_rate_cut_short_says_when_to_come_back(db: World) -> None:
    db.limit(rate_count=2, rate_period_ms=1_000)
    db.trigger_many(5)
    assert len(db.claim()) == 2
    assert db.claim() == ()
    assert [due.at for due in db.noted(Due)] == [db.now + 500]


def test_a_woken_run_needs_no_rate(db: World) -> None:
    db.limit(rate_count=1, rate_period_ms=60_000)
    run = db.start()
    fresh = db.trigger()
    db.wait(run, sleep("s", 10))
    db.advance(10)
    db.fire()
    assert db.claimed() == [run.run_id]
    assert db.status(fresh) == "QUEUED"


def test_a_retry_is_a_new_attempt_for_the_rate(db: World) -> None:
    db.limit(rate_count=1, rate_period_ms=1_000)
    run = db.start()
    db.report(run, outcome=Failed(ERROR, retry_in_ms=10))
    db.advance(10)
    db.fire()
    assert db.claim() == ()
    db.advance(990)
    assert db.claimed() == [run.run_id]


# --- woken, resident ---


def test_woken_runs_come_before_new_ones(db: World) -> None:
    db.limit(concurrency=1)
    run = db.start()
    db.trigger_many(3)
    db.wait(run, sleep("s", 10))
    db.advance(10)
    db.fire()
    [woken] = db.claim()
    assert (woken.run_id, woken.attempt, woken.epoch) == (run.run_id, 1, 2)


def test_a_resident_run_goes_on_in_its_worker_only(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.report(run, step("before", '"old"'))
    db.advance(5)
    db.wait(run, sleep("s", 10))
    db.advance(10)
    db.fire()
    assert db.claim("w2") == ()
    [woken] = db.claim("w1")
    assert woken.resume
    assert {entry.key: entry.status.value for entry in woken.journal} == {"s": "done"}


def test_an_evicted_run_goes_on_anywhere_with_its_whole_journal(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.report(run, step("before", '"old"'))
    db.wait(run, sleep("s", 10))
    db.report(run, outcome=Evicted())
    db.advance(10)
    db.fire()
    [woken] = db.claim("w2")
    assert not woken.resume
    assert {entry.key for entry in woken.journal} == {"before", "s"}
    assert db.find(run).worker_id == "w2"


def test_a_run_that_waits_without_its_coroutine_belongs_to_nobody(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.wait(run, token("t", "waitpoint_1"), resident=False)
    db.complete("waitpoint_1")
    [woken] = db.claim("w2")
    assert (woken.run_id, woken.resume) == (run.run_id, False)


def test_an_eviction_by_another_worker_changes_nothing(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.wait(run, token("t", "waitpoint_1"))
    db.report(run, outcome=Evicted(), worker_id="w2")
    assert db.find(run).worker_id == "w1"


def test_a_woken_run_of_a_full_key_waits_for_its_key(db: World) -> None:
    db.limit(per_key=1)
    run = db.start(concurrency_key="acme")
    db.wait(run, token("t", "waitpoint_1"))
    holder = db.start(concurrency_key="acme")
    fresh = db.trigger(concurrency_key="acme")
    db.complete("waitpoint_1")
    assert db.claim() == ()
    db.report(holder, outcome=Succeeded("1"))
    assert db.claimed() == [run.run_id]
    assert db.status(fresh) == "QUEUED"


# --- bounds ---


def test_one_claim_takes_a_bounded_number_of_runs(db: World) -> None:
    db.worker()
    db.trigger_many(CLAIM_RUNS_MAX + 10)
    assert len(db.claim(room=10_000)) == CLAIM_RUNS_MAX
    assert len(db.claim(room=10_000)) == 10


def test_a_claim_sets_a_bounded_number_aside_and_asks_to_go_on(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "HELD_SCAN_ROWS_MAX", 20)
    db.limit(per_key=1)
    db.start(concurrency_key="full")
    db.trigger_many(100, concurrency_key="full")
    db.sql("update queues set unkeyed_turn = 1000")
    last = db.trigger()
    assert db.claim() == ()
    assert db.noted(Ready)
    claims = 1
    while not (taken := db.claimed()):
        assert db.noted(Ready)
        claims += 1
    assert taken == [last]
    assert claims < 10
