"""Reads: filters restrict, cursors continue, and the feed has no gap."""

from __future__ import annotations

from typing import Any

import pytest

from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.outcome import Failed, Succeeded
from runcast.domain.queue import QueueSettings
from runcast.gateway import RunFilter, RunPage, Update, Watch
from runcast.store import prune, queues, reads, watched
from tests.store.world import ERROR, World, batch, child, sleep, step


def _list(db: World, cursor: str | None = None, limit: int = 50, **fields: Any) -> RunPage:
    return db.read(lambda: reads.list_runs(RunFilter(**fields), cursor, limit))


def _ids(db: World, **fields: Any) -> list[str]:
    return [run.id for run in _list(db, **fields).runs]


def test_runs_come_newest_first(db: World) -> None:
    db.worker()
    ids = db.trigger_many(3)
    assert _ids(db) == ids[::-1]


def test_a_cursor_continues_after_its_page(db: World) -> None:
    db.worker()
    ids = db.trigger_many(5)
    first = _list(db, limit=2)
    second = _list(db, first.cursor, 2)
    third = _list(db, second.cursor, 2)
    assert [run.id for page in (first, second, third) for run in page.runs] == ids[::-1]
    assert (first.cursor, third.cursor) == (ids[3], None)


def test_each_filter_restricts(db: World) -> None:
    db.worker(tasks=["work", "other"])
    plain = db.trigger()
    db.advance(10)
    tagged = db.trigger("other", tags=("a", "b"), queue="q2")
    db.advance(10)
    prod = db.trigger(environment="prod")
    assert _ids(db, task=("other",)) == [tagged]
    assert _ids(db, queue=("q2",)) == [tagged]
    assert _ids(db, tag=("b", "z")) == [tagged]
    assert _ids(db, environment="prod") == [prod]
    assert _ids(db, created_from=db.now - 10) == [prod, tagged]
    assert _ids(db, created_to=db.now - 10) == [plain]
    assert _ids(db, status=("PENDING_VERSION",)) == [prod]
    assert _ids(db, status=("QUEUED",), task=("work",)) == [plain]
    assert _ids(db, task=("other",), tag=("z",)) == []


def test_every_status_can_be_listed(db: World) -> None:
    db.worker()
    executing, completed, failed, retried, waiting, canceled = (db.start() for _ in range(6))
    db.report(completed, outcome=Succeeded("1"))
    db.report(failed, outcome=Failed(ERROR))
    db.report(retried, outcome=Failed(ERROR, retry_in_ms=9))
    db.wait(waiting, sleep("s", 9))
    db.cancel(canceled.run_id)
    expected = {
        "EXECUTING": executing,
        "COMPLETED": completed,
        "FAILED": failed,
        "DELAYED": retried,
        "WAITING": waiting,
        "CANCELED": canceled,
    }
    for status, run in expected.items():
        assert _ids(db, status=(status,)) == [run.run_id]
    assert len(_ids(db, status=tuple(expected))) == 6
    assert _ids(db, status=("FAILED", "WAITING"), environment="prod") == []


def _tree(db: World) -> tuple[str, list[str], str]:
    """A root that waits for two children (one failed), with a grandchild; and a stranger."""
    db.worker()
    root = db.start()
    first, second = db.parent_of(root, "a", "b")
    kids = {run.run_id: run for run in db.claim()}
    [grandchild] = db.parent_of(kids[first], "g")
    db.report(kids[second], outcome=Failed(ERROR))
    db.trigger()
    return root.run_id, [first, second], grandchild


def test_a_tree_and_its_parts_can_be_listed(db: World) -> None:
    root, kids, grandchild = _tree(db)
    assert set(_ids(db, root_id=root)) == {root, *kids, grandchild}
    assert set(_ids(db, parent_id=root)) == set(kids)
    assert set(_ids(db, parent_id=kids[0])) == {grandchild}
    assert len(_ids(db, roots_only=True)) == 2


def test_filters_restrict_trees_and_batches_too(db: World) -> None:
    root, kids, grandchild = _tree(db)
    assert _ids(db, parent_id=root, status=("FAILED",)) == [kids[1]]
    assert _ids(db, root_id=root, status=("FAILED",)) == [kids[1]]
    assert _ids(db, root_id=root, roots_only=True) == [root]
    assert _ids(db, root_id=root, parent_id=kids[0]) == [grandchild]
    assert _ids(db, parent_id=root, task=("nothing",)) == []


def test_trees_and_batches_have_pages_too(db: World) -> None:
    db.worker()
    parent = db.start()
    entry = batch(parent, "b", 5)
    db.wait(parent, entry)
    for fields in ({"batch_id": entry.entry.awaits}, {"parent_id": parent.run_id}, {"root_id": parent.run_id}):
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(4):
            page = _list(db, cursor, 2, **fields)
            assert len(page.runs) <= 2
            seen += [run.id for run in page.runs]
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == sorted(seen, reverse=True)
        assert {run.id for run in entry.children} <= set(seen)


def test_queue_states_count_what_is_queued_and_what_executes(db: World) -> None:
    db.limit(per_key=1)
    db.trigger_many(5, concurrency_key="a")
    db.trigger_many(2)
    db.claim(room=2)
    db.worker("w2", queues=[QueueSettings("work", per_key=1), QueueSettings("other")])
    db.set_queue("other", concurrency=4, paused=True)
    states = {state.name: state for state in db.read(queues.queue_states)}
    assert (states["work"].queued, states["work"].executing, states["work"].per_key) == (5, 2, 1)
    assert (states["other"].concurrency, states["other"].paused) == (4, True)


def test_tasks_are_listed_as_their_workers_described_them(db: World) -> None:
    db.worker(tasks=["b", "a"], queues=[QueueSettings("work")])
    assert [info.name for info in db.read(reads.tasks)] == ["a", "b"]


def test_what_does_not_exist_is_none(db: World) -> None:
    assert db.read(lambda: reads.find_run("run_x")) is None
    assert db.read(lambda: reads.find_wait("waitpoint_x")) is None
    assert db.read(lambda: reads.journal("run_x")) == ()
    assert db.read(lambda: reads.members("batch_x")) == ()
    assert db.read(lambda: reads.assignment("w1", "run_x", 1)) is None


def test_an_assignment_is_found_only_by_its_owner_under_its_epoch(db: World) -> None:
    db.worker()
    run = db.start(payload='"p"')
    db.report(run, step("s"))
    found = db.read(lambda: reads.assignment("w1", run.run_id, run.epoch))
    assert found is not None
    assert (found.run_id, found.epoch, found.attempt, found.payload, found.resume) == (run.run_id, 1, 1, '"p"', False)
    assert [entry.key for entry in found.journal] == ["s"]
    assert db.read(lambda: reads.assignment("w2", run.run_id, run.epoch)) is None
    assert db.read(lambda: reads.assignment("w1", run.run_id, run.epoch + 1)) is None


# --- the feed ---


def _after(db: World, watch: Watch, cursor: int) -> Update:
    return db.read(lambda: watched.watched_changes(watch, cursor))


def test_the_feed_is_ordered_and_has_no_gap(db: World) -> None:
    db.worker()
    for _ in range(4):
        run = db.start()
        db.report(run, step("s"))
        db.report(run, outcome=Succeeded("1"))
    seqs = [fact.seq for fact in db.changes()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_the_versions_of_a_run_never_go_back(db: World) -> None:
    db.worker()
    run = db.start()
    db.parent_of(run, "c")
    db.report(db.claim()[0], outcome=Succeeded("1"))
    [run] = db.claim()
    db.report(run, step("s"))
    db.report(run, outcome=Succeeded("1"))
    versions = [fact.version for fact in db.changes() if fact.run_id == run.run_id]
    assert versions == sorted(set(versions))
    assert versions[-1] == db.find(run).version


def test_a_watcher_sees_the_state_then_every_change(db: World) -> None:
    db.worker()
    run = db.start()
    other = db.start()
    watch = Watch(run_ids=(run.run_id,))
    state = db.read(lambda: watched.watched_state(watch))
    assert [(found.id, found.status) for found in state.runs] == [(run.run_id, "EXECUTING")]
    db.report(other, outcome=Succeeded("1"))
    quiet = _after(db, watch, state.cursor)
    assert (quiet.runs, quiet.changes, quiet.resync) == ((), (), False)
    assert quiet.cursor > state.cursor
    db.report(run, outcome=Succeeded("1"))
    update = _after(db, watch, quiet.cursor)
    assert [found.status for found in update.runs] == ["COMPLETED"]
    assert [fact.status for fact in update.changes] == ["COMPLETED"]


def test_a_watcher_of_a_root_sees_its_children_come(db: World) -> None:
    db.worker()
    root = db.start()
    watch = Watch(root_ids=(root.run_id,))
    state = db.read(lambda: watched.watched_state(watch))
    [kid] = db.parent_of(root, "c")
    update = _after(db, watch, state.cursor)
    assert {found.id for found in update.runs} == {root.run_id, kid}


def test_the_state_of_a_large_tree_is_whole(db: World) -> None:
    db.worker()
    root = db.start()
    db.wait(root, batch(root, "b", PAGE_ROWS_MAX + 5))
    state = db.read(lambda: watched.watched_state(Watch(root_ids=(root.run_id,))))
    assert len(state.runs) == PAGE_ROWS_MAX + 6


def test_a_watcher_whose_cursor_was_pruned_is_told_to_resync(db: World) -> None:
    db.worker()
    run = db.start()
    watch = Watch(run_ids=(run.run_id,))
    db.report(run, step("a"))
    db.advance(1_000)
    db.report(run, step("b"))
    db.run(lambda: prune.prune(db.now))
    update = _after(db, watch, 0)
    assert update.resync
    assert [found.id for found in update.runs] == [run.run_id]
    newest = db.one("select max(seq) from changes")
    assert update.cursor == newest
    assert not _after(db, watch, newest - 1).resync


def test_a_watcher_from_another_database_is_told_to_resync(db: World) -> None:
    db.worker()
    run_id = db.trigger()
    assert _after(db, Watch(run_ids=(run_id,)), 10_000).resync


def test_one_look_passes_over_a_bounded_part_of_the_feed(db: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "FEED_SCAN_ROWS_MAX", 3)
    db.worker()
    ids = db.trigger_many(8)
    watch = Watch(run_ids=(ids[7],))
    cursor, seen = 0, 0
    for _ in range(3):
        update = _after(db, watch, cursor)
        assert update.cursor <= cursor + 3
        cursor, seen = update.cursor, seen + len(update.changes)
    assert (cursor, seen) == (8, 1)


def test_a_page_of_the_whole_feed_continues_at_its_cursor(db: World) -> None:
    db.worker()
    db.trigger_many(4)
    first = db.read(lambda: reads.changes_after(0))
    assert [fact.seq for fact in db.read(lambda: reads.changes_after(first[1].seq))] == [3, 4]


def test_a_run_triggered_by_a_child_is_of_the_same_tree(db: World) -> None:
    db.worker()
    root = db.start()
    entry = child(root, "c", waited=False)
    db.report(root, entry)
    assert {fact.root_id for fact in db.changes()} == {root.run_id}
