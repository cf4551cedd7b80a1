"""Waits for people, programs and time: first completion wins, timers fire when due, and nothing due is forgotten."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from runcast.domain.journal import Entry, EntryKind, NewEntry, NewWait
from runcast.domain.outcome import Failed, Succeeded, Waiting
from runcast.gateway import News
from runcast.store import entries, reads, timers, waits
from runcast.store.script import Due, Tell
from tests.store.world import ERROR, World, sleep, token


def _find(db: World, wait_id: str) -> Any:
    return db.read(lambda: reads.find_wait(wait_id))


def test_a_wait_is_stored_with_its_entry(db: World) -> None:
    db.worker()
    run = db.start()
    wait = NewWait("waitpoint_1", timeout_ms=500, tags=("t",), schema='{"type":"boolean"}', run_id=run.run_id)
    db.report(run, NewEntry(Entry("c", EntryKind.CREATE, awaits=wait.id), wait=wait))
    found = _find(db, "waitpoint_1")
    assert (found.status, found.value, found.tags, found.schema) == ("WAITING", None, ("t",), '{"type":"boolean"}')
    assert (found.run_id, found.due_at, found.created_at) == (run.run_id, db.now + 500, db.now)
    assert Due(db.now + 500) in db.noted(Due)


def test_completing_a_wait_wakes_its_run_in_the_same_commit(db: World) -> None:
    db.worker()
    run = db.start()
    assert db.wait(run, token("t", "waitpoint_1")).waiting
    assert db.complete("waitpoint_1", '{"ok":1}')
    assert db.status(run) == "QUEUED"
    entry = db.journal(run)["t"]
    assert (entry.status, entry.value) == ("done", '{"ok":1}')
    assert _find(db, "waitpoint_1").status == "COMPLETED"


def test_the_first_completion_wins(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, token("t", "waitpoint_1"))
    assert db.complete("waitpoint_1", "1")
    before = db.everything()
    assert not db.complete("waitpoint_1", "2")
    assert db.everything() == before


def test_a_wait_may_be_complete_before_anyone_waits(db: World) -> None:
    db.worker()
    run = db.start()
    db.run(lambda: entries.create_wait(NewWait("waitpoint_1"), db.now))
    db.complete("waitpoint_1", '"early"')
    reply = db.wait(run, token("t", "waitpoint_1", create=False))
    assert not reply.waiting
    assert {(entry.key, entry.value) for entry in reply.resolved} == {("t", '"early"')}


def test_two_runs_may_wait_for_one_wait(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    db.wait(one, token("t", "waitpoint_1"))
    db.wait(two, token("u", "waitpoint_1", create=False))
    db.complete("waitpoint_1")
    assert db.statuses(one, two) == ["QUEUED", "QUEUED"]
    assert (db.journal(one)["t"].value, db.journal(two)["u"].value) == ("true", "true")


def test_a_run_may_wait_for_several_waits_and_hears_of_each(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, token("a", "waitpoint_a"), token("b", "waitpoint_b"))
    db.complete("waitpoint_b")
    [woken] = db.claim()
    assert [entry.key for entry in woken.journal] == ["b"]
    assert db.report(woken, outcome=Waiting(("a",))).waiting
    db.complete("waitpoint_a")
    assert db.status(run) == "QUEUED"


def test_completing_while_the_run_executes_is_news(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, token("t", "waitpoint_1"))
    db.complete("waitpoint_1", "9")
    [tell] = db.noted(Tell)
    assert isinstance(tell.item, News)
    assert [(entry.key, entry.value) for entry in tell.item.entries] == [("t", "9")]


def test_completing_a_wait_that_nobody_waits_for_only_completes_it(db: World) -> None:
    db.run(lambda: entries.create_wait(NewWait("waitpoint_1"), db.now))
    assert db.complete("waitpoint_1", "1")
    assert _find(db, "waitpoint_1").value == "1"


def test_completing_what_nobody_waits_for_any_more_changes_no_run(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, token("t", "waitpoint_1"))
    db.cancel(run.run_id)
    entry = db.journal(run)["t"]
    db.complete("waitpoint_1")
    assert db.status(run) == "CANCELED"
    assert entry.status == "pending"


def test_an_idempotency_key_names_the_wait_that_exists(db: World) -> None:
    db.worker()
    one, two = db.start(), db.start()
    for run, wait_id in ((one, "waitpoint_1"), (two, "waitpoint_2")):
        wait = NewWait(wait_id, idempotency_key="k")
        reply = db.report(run, NewEntry(Entry("c", EntryKind.CREATE, awaits=wait_id), wait=wait))
    assert db.journal(two)["c"].awaits == "waitpoint_1"
    assert [(entry.key, entry.awaits) for entry in reply.resolved] == [("c", "waitpoint_1")]
    assert _find(db, "waitpoint_2") is None
    assert db.one("select count(*) from waits") == 1


def test_an_idempotency_key_of_a_wait_holds_within_one_report(db: World) -> None:
    db.worker()
    run = db.start()
    news = [
        NewEntry(
            Entry(key, EntryKind.CREATE, awaits=f"waitpoint_{key}"),
            wait=NewWait(f"waitpoint_{key}", idempotency_key="k"),
        )
        for key in ("a", "b")
    ]
    db.report(run, *news)
    assert {entry.awaits for entry in db.journal(run).values()} == {"waitpoint_a"}


# --- time ---


def test_a_sleep_ends_when_it_is_due_and_not_before(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, sleep("s", 100))
    assert db.noted(Due) == [Due(db.now + 100)]
    db.advance(99)
    assert db.fire() == db.now + 1
    assert db.status(run) == "WAITING"
    db.advance(1)
    assert db.fire() is None
    assert db.status(run) == "QUEUED"
    assert db.journal(run)["s"].status == "done"


def test_what_is_due_earlier_wakes_earlier(db: World) -> None:
    db.worker()
    late, soon = db.start(), db.start()
    db.wait(late, sleep("s", 200))
    db.wait(soon, sleep("s", 100))
    assert db.fire() == db.now + 100
    db.advance(150)
    assert db.fire() == db.now + 50
    assert db.statuses(late, soon) == ["WAITING", "QUEUED"]


def test_everything_that_fell_due_while_the_engine_was_away_fires(db: World) -> None:
    db.worker()
    runs = [db.start() for _ in range(5)]
    for number, run in enumerate(runs):
        db.wait(run, sleep("s", 100 * (number + 1)))
    db.advance(86_400_000)
    db.fire()
    assert set(db.statuses(*runs)) == {"QUEUED"}


def test_a_tick_is_bounded_and_asks_to_come_back(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "TICK_ROWS_MAX", 2)
    db.worker()
    runs = [db.start() for _ in range(5)]
    for number, run in enumerate(runs):
        db.wait(run, sleep("s", 10 + number))
    db.advance(100)
    at = db.fire()
    assert at is not None
    assert at <= db.now
    assert db.statuses(*runs) == ["QUEUED", "QUEUED", "WAITING", "WAITING", "WAITING"]
    db.fire()
    assert db.fire() is None
    assert set(db.statuses(*runs)) == {"QUEUED"}


def test_the_timeout_of_a_wait_fails_all_who_wait_for_it(db: World) -> None:
    db.worker()
    run = db.start()
    new = token("t", "waitpoint_1")
    db.run(lambda: entries.create_wait(NewWait("waitpoint_1", timeout_ms=100), db.now))
    db.wait(run, new)
    db.advance(100)
    db.fire()
    assert _find(db, "waitpoint_1").status == "TIMED_OUT"
    entry = db.journal(run)["t"]
    assert entry.status == "failed"
    assert entry.error is not None
    assert entry.error.code == "wait_timed_out"
    assert db.status(run) == "QUEUED"
    assert not db.complete("waitpoint_1")


def test_the_timeout_of_one_waiter_leaves_the_wait_open(db: World) -> None:
    db.worker()
    hasty, patient = db.start(), db.start()
    db.wait(hasty, token("t", "waitpoint_1", timeout_ms=100))
    db.wait(patient, token("t", "waitpoint_1", create=False))
    db.advance(100)
    db.fire()
    assert db.journal(hasty)["t"].status == "failed"
    assert db.statuses(hasty, patient) == ["QUEUED", "WAITING"]
    assert db.complete("waitpoint_1")
    assert db.status(patient) == "QUEUED"


def test_a_completion_before_the_timeout_stands(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, token("t", "waitpoint_1", timeout_ms=100))
    db.advance(99)
    db.complete("waitpoint_1", "7")
    db.advance(10)
    assert db.fire() is None
    assert db.journal(run)["t"].value == "7"


def test_a_sleep_that_ends_while_the_run_executes_is_news(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, sleep("s", 10))
    db.advance(10)
    db.fire()
    [tell] = db.noted(Tell)
    assert isinstance(tell.item, News)
    assert tell.item.entries[0].key == "s"


def test_a_timer_of_a_run_that_ended_wakes_nothing(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, sleep("s", 10))
    db.report(run, outcome=Succeeded("1"))
    db.advance(10)
    db.fire()
    assert db.status(run) == "COMPLETED"
    assert db.fire() is None


def test_a_retry_is_due_after_its_delay(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Failed(ERROR, retry_in_ms=100))
    assert db.noted(Due) == [Due(db.now + 100)]
    db.advance(99)
    assert db.fire() == db.now + 1
    assert db.claim() == ()
    db.advance(1)
    db.fire()
    assert db.claimed() == [run.run_id]


def test_open_waits_are_listed_oldest_first(db: World) -> None:
    for number in (1, 2, 3):
        db.run(partial(entries.create_wait, NewWait(f"waitpoint_{number}"), db.now))
    db.complete("waitpoint_2")
    assert [wait.id for wait in db.read(lambda: reads.open_waits(10))] == ["waitpoint_1", "waitpoint_3"]


def test_pages_of_open_waits_are_those_of_the_environment_newest_first(db: World) -> None:
    for number in range(1, 7):
        environment = "prod" if number == 4 else "dev"
        db.run(partial(entries.create_wait, NewWait(f"waitpoint_{number}", environment=environment), db.now))
    db.complete("waitpoint_2")
    wanted = waits.WaitFilter("dev", statuses=("WAITING",))
    first = db.read(lambda: waits.page(wanted, after=None, before=None, limit=2))
    rest = db.read(lambda: waits.page(wanted, after=first.waits[-1].id, before=None, limit=2))
    back = db.read(lambda: waits.page(wanted, after=None, before=rest.waits[0].id, limit=2))
    assert [wait.id for page in (first, rest, back) for wait in page.waits] == [
        f"waitpoint_{number}" for number in (6, 5, 3, 1, 6, 5)
    ]
    assert (first.older, rest.older, rest.newer) == (True, False, True)
    oldest = db.read(lambda: waits.page(wanted, after=None, before="0", limit=2))
    assert ([wait.id for wait in oldest.waits], oldest.newer) == (["waitpoint_3", "waitpoint_1"], True)
