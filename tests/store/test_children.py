"""Children and batches: created with their entry, ended with their parent's wake-up, each in one commit."""

from __future__ import annotations

from runcast.domain.errors import ErrorInfo
from runcast.domain.outcome import Failed, Succeeded, TimedOut, Waiting
from runcast.gateway import News
from runcast.store.script import Ready, Tell
from tests.store.world import ERROR, World, batch, child, result


def test_a_child_is_created_with_its_entry(db: World) -> None:
    db.worker()
    parent = db.start()
    db.changes()
    entry = child(parent, "c", payload='"p"')
    reply = db.wait(parent, entry)
    assert reply.waiting
    kid = db.find(entry.children[0].id)
    assert (kid.status, kid.parent_id, kid.parent_key, kid.root_id, kid.depth, kid.payload) == (
        "QUEUED", parent.run_id, "c", parent.run_id, 1, '"p"',
    )  # fmt: skip
    assert db.journal(parent)["c"].awaits == kid.id
    assert db.status(parent) == "WAITING"
    assert {(fact.run_id, fact.status) for fact in db.changes() if fact.kind == "status"} == {
        (kid.id, "QUEUED"),
        (parent.run_id, "WAITING"),
    }


def test_the_end_of_a_child_wakes_its_parent_in_the_same_commit(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "c")
    [kid] = db.claim()
    db.report(kid, outcome=Succeeded('"out"'))
    assert db.status(parent) == "QUEUED"
    entry = db.journal(parent)["c"]
    assert (entry.status, entry.value, entry.finished_at) == ("done", '"out"', db.now)
    assert any(note.queues is None or "work" in note.queues for note in db.noted(Ready))
    [woken] = db.claim()
    assert (woken.run_id, woken.resume, woken.attempt) == (parent.run_id, True, 1)
    assert [(entry.key, entry.value) for entry in woken.journal] == [("c", '"out"')]


def test_the_failure_of_a_child_is_in_its_parents_journal(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "c", "d")
    kid, other = db.claim()
    error = ErrorInfo("builtins.KeyError", "'x'", stack="trace", code="e7")
    db.report(kid, outcome=Failed(error))
    entry = db.journal(parent)["c"]
    assert (entry.status, entry.error, entry.value) == ("failed", error, None)
    db.report(other, outcome=TimedOut(ERROR))
    assert db.journal(parent)["d"].status == "failed"


def test_a_child_that_is_retried_does_not_wake_its_parent(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "c")
    [kid] = db.claim()
    db.report(kid, outcome=Failed(ERROR, retry_in_ms=5))
    assert db.status(parent) == "WAITING"


def test_an_executing_parent_gets_the_news(db: World) -> None:
    db.worker()
    parent = db.start()
    db.report(parent, child(parent, "c"))
    [kid] = db.claim()
    db.report(kid, outcome=Succeeded("5"))
    [note] = db.noted(Tell)
    assert note.worker_id == "w1"
    assert isinstance(note.item, News)
    assert (note.item.run_id, note.item.epoch) == (parent.run_id, parent.epoch)
    assert [(entry.key, entry.status.value, entry.value) for entry in note.item.entries] == [("c", "done", "5")]
    assert db.status(parent) == "EXECUTING"


def test_waiting_for_what_is_resolved_already_goes_on_executing(db: World) -> None:
    db.worker()
    parent = db.start()
    db.report(parent, child(parent, "c"))
    [kid] = db.claim()
    db.report(kid, outcome=Succeeded("5"))
    reply = db.report(parent, outcome=Waiting(("c",)))
    assert not reply.waiting
    assert [(entry.key, entry.value) for entry in reply.resolved] == [("c", "5")]
    assert (db.status(parent), db.slots()) == ("EXECUTING", 1)


def test_a_parent_that_waits_for_several_wakes_with_the_first(db: World) -> None:
    db.worker()
    parent = db.start()
    first, second = db.parent_of(parent, "a", "b")
    kids = {run.run_id: run for run in db.claim()}
    db.report(kids[second], outcome=Succeeded("2"))
    [woken] = db.claim()
    assert [entry.key for entry in woken.journal] == ["b"]
    db.advance(1)
    assert db.report(woken, outcome=Waiting(("a",))).waiting
    db.report(kids[first], outcome=Succeeded("1"))
    [woken] = db.claim()
    assert [entry.key for entry in woken.journal] == ["a"]


def test_two_ends_in_one_commit_wake_once(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "a", "b")
    kids = db.claim()
    version = db.find(parent).version
    db.reports(*(db.item(kid, outcome=Succeeded("1")) for kid in kids))
    assert db.status(parent) == "QUEUED"
    assert db.find(parent).version == version + 1
    [woken] = db.claim()
    assert {entry.key for entry in woken.journal} == {"a", "b"}


def test_an_end_while_the_parent_is_already_on_its_way_arrives_with_it(db: World) -> None:
    db.worker()
    parent = db.start()
    db.parent_of(parent, "a", "b")
    one, two = db.claim()
    db.report(one, outcome=Succeeded("1"))
    db.advance(5)
    db.report(two, outcome=Succeeded("2"))
    [woken] = db.claim()
    assert {entry.key for entry in woken.journal} == {"a", "b"}


def test_a_triggered_child_is_not_waited_for(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = child(parent, "c", waited=False)
    db.report(parent, entry)
    assert db.journal(parent)["c"].status == "done"
    db.report(parent, outcome=Succeeded("1"))
    [kid] = db.claim()
    db.changes()
    db.report(kid, outcome=Succeeded("1"))
    assert {fact.run_id for fact in db.changes()} == {kid.run_id}


def test_a_child_sent_again_is_the_same_child(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = child(parent, "c")
    db.report(parent, entry)
    reply = db.report(parent, entry)
    assert not reply.lost
    assert db.one("select count(*) from runs") == 2


def test_a_child_with_a_used_idempotency_key_is_the_run_that_exists(db: World) -> None:
    db.worker()
    done = db.start(idempotency_key="k")
    db.report(done, outcome=Succeeded('"known"'))
    parent = db.start()
    reply = db.wait(parent, child(parent, "c", idempotency_key="k"))
    assert not reply.waiting
    assert {(entry.key, entry.value, entry.awaits) for entry in reply.resolved} == {("c", '"known"', done.run_id)}
    assert db.status(parent) == "EXECUTING"


def test_a_child_that_is_another_parents_wakes_both(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    [kid_id] = db.parent_of(one, "c", idempotency_key="k")
    db.wait(two, child(two, "c", idempotency_key="k"))
    [kid] = db.claim()
    assert kid.run_id == kid_id
    db.report(kid, outcome=Succeeded("7"))
    assert db.statuses(one, two) == ["QUEUED", "QUEUED"]
    assert db.journal(two)["c"].value == "7"


def test_a_triggered_child_with_a_used_key_names_the_run_that_exists(db: World) -> None:
    db.worker()
    existing = db.trigger(idempotency_key="k")
    [_] = db.claim()
    parent = db.start()
    db.report(parent, child(parent, "c", waited=False, idempotency_key="k"))
    entry = db.journal(parent)["c"]
    assert (entry.awaits, entry.value) == (existing, f'"{existing}"')


def test_a_run_may_wait_for_one_that_is_not_its_child(db: World) -> None:
    db.worker()
    other = db.start()
    run = db.start()
    assert db.wait(run, result("r", other.run_id)).waiting
    db.report(other, outcome=Succeeded("3"))
    assert db.status(run) == "QUEUED"
    assert db.journal(run)["r"].value == "3"


def test_a_run_may_wait_for_one_that_has_ended(db: World) -> None:
    db.worker()
    other = db.start()
    db.report(other, outcome=Failed(ERROR))
    run = db.start()
    reply = db.wait(run, result("r", other.run_id))
    assert not reply.waiting
    assert [entry.error for entry in reply.resolved][:1] == [ERROR]


def test_a_run_may_end_in_the_report_by_which_another_begins_to_wait_for_it(db: World) -> None:
    db.worker()
    other, run = db.start(), db.start()
    db.reports(db.item(run, result("r", other.run_id), outcome=Waiting(("r",))), db.item(other, outcome=Succeeded("3")))
    assert db.journal(run)["r"].value == "3"
    assert db.status(run) in ("EXECUTING", "QUEUED")


def test_a_child_that_existed_before_may_end_in_the_report_that_names_it(db: World) -> None:
    db.worker()
    other, parent = db.start(idempotency_key="k"), db.start()
    db.reports(
        db.item(parent, child(parent, "c", idempotency_key="k"), outcome=Waiting(("c",))),
        db.item(other, outcome=Succeeded("3")),
    )
    assert db.journal(parent)["c"].value == "3"
    assert db.status(parent) in ("EXECUTING", "QUEUED")


def test_a_member_that_existed_before_may_end_in_the_report_that_names_its_batch(db: World) -> None:
    db.worker()
    other, parent = db.start(idempotency_key="k"), db.start()
    db.reports(
        db.item(parent, batch(parent, "b", 1, options=[{"idempotency_key": "k"}]), outcome=Waiting(("b",))),
        db.item(other, outcome=Succeeded("3")),
    )
    assert db.journal(parent)["b"].status == "done"
    assert db.status(parent) in ("EXECUTING", "QUEUED")


# --- batches ---


def test_a_batch_ends_with_its_last_member(db: World) -> None:
    db.worker()
    parent = db.start()
    db.wait(parent, batch(parent, "b", 3))
    kids = db.claim()
    assert len(kids) == 3
    for kid in kids[:2]:
        db.report(kid, outcome=Succeeded("1"))
    assert db.status(parent) == "WAITING"
    db.report(kids[2], outcome=Succeeded("1"))
    assert db.status(parent) == "QUEUED"
    assert db.journal(parent)["b"].status == "done"


def test_a_batch_with_failed_members_is_done_all_the_same(db: World) -> None:
    db.worker()
    parent = db.start()
    db.wait(parent, batch(parent, "b", 2))
    one, two = db.claim()
    db.reports(db.item(one, outcome=Failed(ERROR)), db.item(two, outcome=Succeeded("1")))
    entry = db.journal(parent)["b"]
    assert (db.status(parent), entry.status, entry.error) == ("QUEUED", "done", None)


def test_a_batch_of_runs_that_have_all_ended_is_done_at_once(db: World) -> None:
    db.worker()
    for key in ("k", "l"):
        db.report(db.start(idempotency_key=key), outcome=Succeeded("1"))
    parent = db.start()
    reply = db.wait(parent, batch(parent, "b", 2, options=[{"idempotency_key": "k"}, {"idempotency_key": "l"}]))
    assert not reply.waiting
    assert {entry.key for entry in reply.resolved} == {"b"}


def test_a_batch_waits_for_members_that_existed_before(db: World) -> None:
    db.worker()
    old = db.start(idempotency_key="k")
    parent = db.start()
    db.wait(parent, batch(parent, "b", 2, options=[{"idempotency_key": "k"}, {}]))
    [new] = db.claim()
    db.report(new, outcome=Succeeded("1"))
    assert db.status(parent) == "WAITING"
    db.report(old, outcome=Succeeded("1"))
    assert db.status(parent) == "QUEUED"


def test_two_batches_may_wait_for_one_run(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    for parent in (one, two):
        db.wait(parent, batch(parent, "b", 1, options=[{"idempotency_key": "k"}]))
    [kid] = db.claim()
    db.report(kid, outcome=Succeeded("1"))
    assert db.statuses(one, two) == ["QUEUED", "QUEUED"]


def test_canceled_and_expired_members_end_a_batch_too(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = batch(parent, "b", 2, options=[{"ttl_ms": 10}, {}])
    db.wait(parent, entry)
    db.cancel(entry.children[1].id)
    assert db.status(parent) == "WAITING"
    db.advance(10)
    db.fire()
    assert db.status(parent) == "QUEUED"


def test_a_retry_asks_again_for_a_batch_whose_member_failed(db: World) -> None:
    db.worker()
    parent = db.start()
    db.wait(parent, batch(parent, "b", 2))
    one, two = db.claim()
    db.reports(db.item(one, outcome=Failed(ERROR)), db.item(two, outcome=Succeeded("1")))
    [parent] = db.claim()
    db.report(parent, outcome=Failed(ErrorInfo("x.Y", "no", keys=("b",)), retry_in_ms=0))
    db.fire()
    [again] = db.claim()
    [entry] = again.journal
    assert (entry.status, entry.generation) == ("forgotten", 1)


def test_a_retry_does_not_ask_again_for_a_batch_that_is_whole(db: World) -> None:
    db.worker()
    parent = db.start()
    db.wait(parent, batch(parent, "b", 1))
    [kid] = db.claim()
    db.report(kid, outcome=Succeeded("1"))
    [parent] = db.claim()
    db.report(parent, outcome=Failed(ERROR, retry_in_ms=0))
    db.fire()
    [again] = db.claim()
    assert [(entry.key, entry.status.value) for entry in again.journal] == [("b", "done")]
