"""Facts of the feed say which entries of a journal changed, so that whoever shows a journal reads only these."""

from __future__ import annotations

from runcast.domain.change import ChangeKind
from runcast.domain.limits import FACT_KEYS_CHARS_MAX
from runcast.domain.outcome import Continued, Failed, Succeeded
from tests.store.world import ERROR, World, failed_step, log, sleep, step, token

Said = tuple[str, tuple[str, ...] | None]


def _said(db: World, after: int = 0) -> list[Said]:
    return [(change.kind.value, change.keys) for change in db.changes() if change.seq > after]


def _newest(db: World) -> int:
    return db.changes()[-1].seq


def test_a_report_names_what_it_recorded(db: World) -> None:
    db.worker()
    run = db.start()
    begun = _newest(db)
    db.report(run, step("a"), step("b"))
    db.report(run, effects=[log("l")])
    assert _said(db, begun) == [("journal", ("a", "b")), ("log", ())]


def test_what_comes_with_an_outcome_is_named_by_the_status(db: World) -> None:
    db.worker()
    waiting, ending = db.start(), db.start()
    begun = _newest(db)
    db.wait(waiting, sleep("nap", 50))
    db.report(ending, step("last"), outcome=Succeeded("1"))
    assert _said(db, begun) == [("status", ("nap",)), ("status", ("last",))]


def test_what_was_waited_for_is_named_when_it_comes(db: World) -> None:
    db.worker()
    waiting, executing = db.start(), db.start()
    db.wait(waiting, token("asked", "wait_1"))
    db.report(executing, token("asked", "wait_2"))
    begun = _newest(db)
    db.complete("wait_1")
    db.complete("wait_2")
    of_runs = [said for said in _said(db, begun) if said[0] != ChangeKind.TOPIC]
    assert of_runs == [("status", ("asked",)), ("journal", ("asked",))]


def test_a_run_that_is_woken_already_still_says_what_else_came(db: World) -> None:
    db.worker()
    run = db.start()
    db.wait(run, token("first", "wait_1"), token("second", "wait_2"))
    db.complete("wait_1")
    begun = _newest(db)
    db.complete("wait_2")
    assert [said for said in _said(db, begun) if said[0] != ChangeKind.TOPIC] == [("journal", ("second",))]


def test_where_entries_are_forgotten_any_may_have_changed(db: World) -> None:
    db.worker()
    failing, continuing = db.start(), db.start()
    begun = _newest(db)
    db.report(failing, failed_step("a"), outcome=Failed(ERROR, retry_in_ms=1))
    db.report(continuing, step("a"), outcome=Continued("2"))
    assert _said(db, begun) == [("status", None), ("status", None)]


def test_a_run_that_goes_on_from_another_has_a_journal_at_once(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, step("a"), outcome=Failed(ERROR))
    begun = _newest(db)
    db.trigger(adopts=run.run_id)
    assert _said(db, begun) == [("status", None)]


def test_too_many_keys_are_not_named(db: World) -> None:
    db.worker()
    run = db.start()
    begun = _newest(db)
    db.report(run, *(step("k" * 1_000 + str(number)) for number in range(FACT_KEYS_CHARS_MAX // 1_000 + 1)))
    assert _said(db, begun) == [("journal", None)]


def test_a_run_without_a_journal_costs_the_feed_nothing_more(db: World) -> None:
    db.worker()
    run = db.start()
    db.report(run, outcome=Succeeded("1"))
    assert db.one("select count(*) from changes where keys is not null") == 0
