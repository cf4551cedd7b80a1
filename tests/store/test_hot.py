"""What the writer keeps of queues and tasks is never older than the file, whoever fails or changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runcast.domain.limits import HOT_QUEUES_MAX
from runcast.domain.run import RunStatus
from runcast.gateway import TaskInfo
from runcast.store.enqueue import enqueue, find_turns
from runcast.store.script import Call, Script, call
from tests.store.houses import SqliteHouse
from tests.store.world import World


class Broken(Exception):
    """What the tests' scripts raise."""


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[World]:
    """A database behind the writer's memory."""
    world = World(SqliteHouse(str(tmp_path / "runcast.db")), hot=True)
    world.worker()
    yield world
    world.close()


def _counted(world: World) -> list[str]:
    """The names of the statements that reach the database from now on."""
    names: list[str] = []
    execute = world.executor.execute

    def count(step: Call) -> Any:
        names.append(step.name)
        return execute(step)

    world.hot._execute = count
    return names


def test_a_trigger_and_its_claim_read_queues_and_tasks_once(kept: World) -> None:
    kept.trigger()
    kept.claim()
    names = _counted(kept)
    kept.trigger()
    kept.claim()
    assert {"known_tasks", "queue_rows", "advance_queue", "set_unkeyed_turn"}.isdisjoint(names)
    assert names.count("save_turns") == 2


def test_alerts_are_read_once_until_somebody_changes_them(kept: World) -> None:
    def rules() -> Script[list[object]]:
        found: list[object] = yield call("alert_rules", kinds=[["failed"], ["new_error"]])
        return found

    def write(step: Call) -> None:
        def script() -> Script[None]:
            yield step

        kept.run(script)

    assert kept.run(rules) == []
    names = _counted(kept)
    assert kept.run(rules) == []
    assert names == []
    write(call("put_alerts", rows=[("dev", "failures", "failed", "notify", "{}", 0)]))
    assert len(kept.run(rules)) == 1
    write(call("drop_named_alerts", environment="dev", names=[["failures"]]))
    assert kept.run(rules) == []


def test_a_limit_that_a_person_changes_counts_for_the_next_claim(kept: World) -> None:
    kept.trigger_many(5)
    assert len(kept.claim(room=1)) == 1
    kept.set_queue(concurrency=2)
    assert len(kept.claim()) == 1
    kept.set_queue(concurrency=4)
    assert len(kept.claim()) == 2


def test_a_pause_counts_for_the_next_claim(kept: World) -> None:
    kept.trigger_many(2)
    assert len(kept.claim(room=1)) == 1
    kept.set_queue(paused=True)
    assert kept.claim() == ()
    kept.set_queue(paused=False)
    assert len(kept.claim()) == 1


def test_what_a_new_version_tells_of_a_task_counts_for_the_next_trigger(kept: World) -> None:
    kept.trigger()
    kept.worker(tasks=[TaskInfo("work", "other", max_attempts=7)])
    run = kept.find(kept.trigger())
    assert (run.queue, run.max_attempts) == ("other", 7)


def test_a_turn_that_was_rolled_back_is_taken_again(kept: World) -> None:
    def fails() -> Script[None]:
        yield from enqueue([kept.new(), kept.new()], kept.now)
        raise Broken

    kept.trigger()
    with pytest.raises(Broken):
        kept.run(fails)
    kept.trigger()
    assert kept.sql("select turn from runs order by id") == [(1,), (2,)]
    assert kept.one("select unkeyed_turn from queues where name = 'work'") == 2
    assert len(kept.changes()) == 2


def test_turns_are_in_the_file_when_the_transaction_is(kept: World) -> None:
    kept.trigger_many(3)
    kept.claim(room=2)
    assert kept.sql("select turn, unkeyed_turn from queues where name = 'work'") == [(2, 3)]


def test_who_reads_the_feed_in_the_same_transaction_sees_what_was_added(kept: World) -> None:
    def seen() -> Script[int]:
        yield from enqueue([kept.new()], kept.now)
        last: int = yield call("newest_change")
        return last

    before = kept.one("select coalesce(max(seq), 0) from changes")
    assert kept.run(seen) == before + 1


def test_a_queue_without_a_row_gets_its_turns(kept: World) -> None:
    kept.trigger(queue="unheard")
    kept.trigger(queue="unheard")
    assert kept.sql("select turn from runs where queue = 'unheard' order by id") == [(1,), (2,)]
    assert kept.find(kept.trigger(queue="unheard")).status is RunStatus.QUEUED


def test_a_queue_for_each_of_many_customers_does_not_fill_the_memory(kept: World) -> None:
    names = {(f"customer {number}", "") for number in range(HOT_QUEUES_MAX + 1)}
    kept.run(lambda: find_turns("dev", names))
    kept.run(lambda: find_turns("dev", names))
    assert len(kept.hot._queues) <= HOT_QUEUES_MAX
