"""The journal: what is done stays done, what is pending is resolved once, and its bounds."""

from __future__ import annotations

import pytest

from runcast.domain import limits
from runcast.domain.errors import Conflict, ValueTooLarge
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.outcome import Failed, Succeeded
from runcast.store import entries, reads
from tests.store.world import ERROR, World, failed_step, result, sleep, step, token


def test_an_entry_is_recorded_as_it_was_sent(db: World) -> None:
    db.worker()
    run = db.start()
    entry = Entry("k", EntryKind.STEP, "name", digest="d", code_version="v1", value='{"a":1}', tries=3, started_at=5)
    db.report(run, entry)
    recorded = db.journal(run)["k"]
    assert recorded.finished_at == db.now
    assert recorded == Entry(
        "k", EntryKind.STEP, "name", digest="d", code_version="v1", value='{"a":1}', tries=3, started_at=5,
        finished_at=db.now,
    )  # fmt: skip


def test_a_done_entry_never_changes(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("k", '"first"'))
    before = db.journal(run)["k"]
    db.advance(10)
    db.report(run, step("k", '"second"'))
    db.report(run, failed_step("k"))
    assert db.journal(run)["k"] == before


def test_an_entry_may_come_twice_in_one_report_and_the_later_one_counts_unless_it_was_done(db: World) -> None:
    db.worker()
    run = db.start()
    pending = NewEntry(Entry("k", EntryKind.SLEEP, status=EntryStatus.PENDING), due_in_ms=50)
    db.report(run, pending, NewEntry(Entry("k", EntryKind.SLEEP, value="null")), failed_step("k"))
    assert db.journal(run)["k"].status == "done"


def test_a_pending_entry_may_become_done(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, NewEntry(Entry("k", EntryKind.SLEEP, status=EntryStatus.PENDING), due_in_ms=50))
    db.report(run, NewEntry(Entry("k", EntryKind.SLEEP, value="null")))
    assert db.journal(run)["k"].status == "done"
    assert db.fire() is None


def test_entries_of_other_runs_are_others(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    db.reports(db.item(one, step("k", "1")), db.item(two, step("k", "2")))
    assert (db.journal(one)["k"].value, db.journal(two)["k"].value) == ("1", "2")


def test_recording_entries_is_a_fact_of_the_feed(db: World) -> None:
    db.worker()
    run = db.start()
    db.changes()
    db.report(run, step("a"), step("b"))
    assert [(fact.run_id, fact.kind, fact.version) for fact in db.changes()] == [
        (run.run_id, "journal", db.find(run).version)
    ]


def test_entries_and_the_end_of_a_run_are_one_fact_of_its_status(db: World) -> None:
    db.worker()
    run = db.start()
    db.changes()
    db.report(run, step("a"), outcome=Succeeded("1"))
    facts = db.changes()
    assert facts[-1].status == "COMPLETED"
    assert facts[-1].version == db.find(run).version
    assert [fact.version for fact in facts] == sorted({fact.version for fact in facts})


def test_a_wake_up_forgets_nothing(db: World) -> None:
    db.worker("w1")
    db.worker("w2")
    run = db.start()
    db.report(run, step("good"), failed_step("bad"))
    db.lose("w1")
    [taken] = db.claim("w2")
    assert {entry.key: entry.status.value for entry in taken.journal} == {"good": "done", "bad": "failed"}
    assert [entry.error for entry in taken.journal if entry.key == "bad"] == [ERROR]


def test_a_journal_has_a_hard_bound(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "JOURNAL_ENTRIES_MAX", 3)
    db.worker()
    run = db.start()
    db.report(run, *(step(str(number)) for number in range(3)))
    before = db.everything()
    with pytest.raises(Conflict, match="Continue"):
        db.report(run, step("4"))
    assert db.everything() == before


def test_recording_an_entry_again_does_not_count_twice(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "JOURNAL_ENTRIES_MAX", 3)
    db.worker()
    run = db.start()
    for _ in range(5):
        db.report(run, step("a"), step("b"))
    db.report(run, step("c"))
    assert len(db.journal(run)) == 3


def test_an_adopted_journal_counts(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "JOURNAL_ENTRIES_MAX", 3)
    db.worker()
    run = db.start()
    db.report(run, step("a"), step("b"), step("c"), outcome=Failed(ERROR))
    db.trigger(adopts=run.run_id)
    [again] = db.claim()
    with pytest.raises(Conflict):
        db.report(again, step("d"))


def test_past_the_soft_bound_a_run_is_warned_once(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "JOURNAL_ENTRIES_SOFT", 3)
    db.worker()
    run = db.start()
    for number in range(6):
        db.report(run, step(str(number)))
    [line] = db.read(lambda: reads.logs(run.run_id, 0, 10))
    assert line.level == "warn"
    assert "Continue" in line.message


def test_a_result_over_the_bound_is_refused(db: World) -> None:
    db.worker()
    run = db.start()
    before = db.everything()
    with pytest.raises(ValueTooLarge, match="result of k"):
        db.report(run, step("k", '"' + "x" * limits.PAYLOAD_BYTES_MAX + '"'))
    assert db.everything() == before


def test_a_relative_sleep_counts_from_its_record(db: World) -> None:
    db.worker()
    run = db.start()
    reply = db.report(run, sleep("s", 70))
    assert reply.due == {"s": db.now + 70}
    assert db.journal(run)["s"].due_at == db.now + 70


def test_waiting_for_something_that_does_not_exist_fails_at_once(db: World) -> None:
    db.worker()
    run = db.start()
    reply = db.wait(run, result("r", "run_nobody"), token("t", "waitpoint_nobody", create=False))
    assert not reply.waiting
    assert {(entry.key, entry.status.value) for entry in reply.resolved} == {("r", "failed"), ("t", "failed")}
    assert {entry.error.code for entry in reply.resolved if entry.error} == {"not_found"}
    assert db.status(run) == "EXECUTING"


def test_a_retry_forgets_the_failed_entries_in_the_chain_only(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("good"), failed_step("bad"), failed_step("handled"))
    error = ERROR.__class__("x.Y", "no", keys=("bad", "good", "unknown"))
    db.report(run, outcome=Failed(error, retry_in_ms=0))
    assert {key: entry.status.value for key, entry in db.journal(run).items()} == {
        "good": "done",
        "bad": "forgotten",
        "handled": "failed",
    }
    db.fire()
    [again] = db.claim()
    db.report(again, step("bad", '"now"'))
    assert db.journal(run)["bad"].value == '"now"'


def test_a_retry_whose_chain_names_nothing_forgets_every_failed_entry(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("good"), failed_step("bad"), failed_step("worse"))
    db.report(run, outcome=Failed(ERROR, retry_in_ms=0))
    assert {key: entry.status.value for key, entry in db.journal(run).items()} == {
        "good": "done",
        "bad": "forgotten",
        "worse": "forgotten",
    }
