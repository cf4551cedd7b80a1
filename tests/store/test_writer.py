"""The one writer: many scripts in one commit, and a bad one fails only itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runcast.domain.errors import Conflict, DiskFull, InvalidInput, Unavailable
from runcast.domain.limits import DEPTH_MAX
from runcast.domain.run import NewRun
from runcast.store import writer as writer_module
from runcast.store.enqueue import enqueue
from runcast.store.script import Changed, Note, Script, ScriptFactory, call
from runcast.store.session import DatabaseAway
from runcast.store.sqlite.database import SqliteSession, connect
from runcast.store.sqlite.migrate import migrate
from runcast.store.writer import Job, Writer
from tests.store.world import START_MS


class Broken(Exception):
    """What the tests' faults raise."""


class Faults:
    """Fails the commits whose numbers it is given."""

    def __init__(self) -> None:
        self.failing: set[int] = set()
        self.commits = 0

    def before_commit(self) -> None:
        self.commits += 1
        if self.commits in self.failing:
            raise Broken

    def after_commit(self) -> None:
        pass


class Follower:
    """Notes what it hears, and adds what it is told to."""

    def __init__(self) -> None:
        self.scripts: list[ScriptFactory[Any]] = []
        self.heard: list[tuple[list[Note], list[Any]]] = []

    def look(self, since: int) -> Script[None]:
        raise AssertionError("nobody else writes to a file")

    def follow(self, notes: Sequence[Note]) -> Sequence[ScriptFactory[Any]]:
        return self.scripts

    def committed(self, notes: Sequence[Note], results: Sequence[Any]) -> None:
        self.heard.append((list(notes), list(results)))


class Bench:
    """A writer that the test steps, and the ends of its jobs in order."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.connection = connect(self.path)
        migrate(self.connection, self.path)
        self.faults = Faults()
        self.follower = Follower()
        self.writer = Writer(SqliteSession(self.connection, self.path), faults=self.faults)
        self.writer.follower = self.follower
        self.ends: dict[str, Any] = {}

    def submit(self, name: str, factory: ScriptFactory[Any], *, lazy: bool = False) -> None:
        def done(result: Any, error: BaseException | None) -> None:
            self.ends[name] = error if error is not None else result

        self.writer.submit(Job(factory, done, lazy))

    def trigger(self, name: str, *, depth: int = 0, payload: str = "null", lazy: bool = False) -> None:
        self.submit(name, partial(enqueue, [NewRun(f"run_{name}", "work", payload, depth=depth)], START_MS), lazy=lazy)  # type: ignore[arg-type]

    def stored(self) -> list[str]:
        """What another connection sees: what is committed."""
        other = connect(self.path, readonly=True)
        try:
            return [str(row[0]).removeprefix("run_") for row in other.execute("select id from runs order by id")]
        finally:
            other.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "runcast.db")
    yield bench
    assert not bench.connection.in_transaction
    bench.connection.close()


def test_many_scripts_share_one_commit(bench: Bench) -> None:
    for name in "abc":
        bench.trigger(name)
    assert bench.writer.step() == 3
    assert bench.faults.commits == 1
    assert bench.stored() == ["a", "b", "c"]
    assert [bench.ends[name][0].id for name in "abc"] == ["run_a", "run_b", "run_c"]


def test_an_idle_writer_does_nothing(bench: Bench) -> None:
    assert bench.writer.step() == 0
    assert bench.faults.commits == 0


def test_a_bad_script_fails_only_itself(bench: Bench) -> None:
    bench.trigger("a")
    bench.trigger("b", depth=DEPTH_MAX + 1)
    bench.trigger("c")
    bench.writer.step()
    assert bench.stored() == ["a", "c"]
    assert isinstance(bench.ends["b"], InvalidInput)
    assert not isinstance(bench.ends["a"], Exception)
    [(notes, _)] = bench.follower.heard
    assert sum(isinstance(note, Changed) for note in notes) == 2


def test_what_a_bad_script_wrote_before_it_failed_is_gone(bench: Bench) -> None:
    def half() -> Script[None]:
        yield from enqueue([NewRun("run_half", "work")], START_MS)  # type: ignore[arg-type]
        raise Broken

    bench.trigger("a")
    bench.submit("half", half)
    bench.writer.step()
    assert bench.stored() == ["a"]
    assert isinstance(bench.ends["half"], Broken)


def test_an_id_that_is_taken_fails_only_its_own_trigger(bench: Bench) -> None:
    bench.trigger("a")
    bench.writer.step()
    bench.trigger("b")
    bench.trigger("a")
    bench.writer.step()
    assert bench.stored() == ["a", "b"]
    assert isinstance(bench.ends["a"], Conflict)
    assert "runs.id" in str(bench.ends["a"])


def test_a_commit_that_fails_once_is_tried_again(bench: Bench) -> None:
    bench.faults.failing = {1}
    bench.trigger("a")
    bench.trigger("b")
    bench.writer.step()
    assert bench.stored() == ["a", "b"]
    assert len(bench.follower.heard) == 1


def test_when_the_common_commit_fails_each_is_tried_alone(bench: Bench) -> None:
    bench.faults.failing = {1, 2, 4}
    for name in "abc":
        bench.trigger(name)
    bench.writer.step()
    assert bench.stored() == ["a", "c"]
    assert isinstance(bench.ends["b"], Broken)


def test_the_follower_joins_although_each_job_was_tried_alone(bench: Bench) -> None:
    bench.faults.failing = {1, 2}
    bench.follower.scripts = [partial(enqueue, [NewRun("run_followed", "work")], START_MS)]  # type: ignore[arg-type]
    bench.trigger("a")
    bench.writer.step()
    assert bench.stored() == ["a", "followed"]
    [(_, results)] = bench.follower.heard
    assert len(results) == 1


def test_a_commit_that_keeps_failing_fails_its_jobs_and_nothing_else(bench: Bench) -> None:
    bench.faults.failing = set(range(1, 20))
    bench.trigger("a")
    bench.writer.step()
    assert bench.stored() == []
    assert isinstance(bench.ends["a"], Broken)
    assert all(not any(isinstance(note, Changed) for note in notes) for notes, _ in bench.follower.heard)
    bench.faults.failing = set()
    bench.trigger("b")
    bench.writer.step()
    assert bench.stored() == ["b"]


def test_a_full_disk_fails_what_does_not_fit_and_keeps_the_rest(bench: Bench) -> None:
    bench.trigger("a")
    bench.writer.step()
    pages = bench.connection.pragma("page_count")
    bench.connection.pragma("max_page_count", pages + 8)
    bench.trigger("b")
    bench.trigger("big", payload='"' + "x" * 120_000 + '"')
    bench.trigger("c")
    bench.writer.step()
    assert bench.stored() == ["a", "b", "c"]
    assert isinstance(bench.ends["big"], DiskFull)
    assert "Free space and try again" in str(bench.ends["big"])
    bench.connection.pragma("max_page_count", pages + 1_000)
    bench.trigger("d", payload='"' + "x" * 120_000 + '"')
    bench.writer.step()
    assert bench.stored() == ["a", "b", "c", "d"]


def test_a_follower_writes_in_the_same_commit(bench: Bench) -> None:
    bench.follower.scripts = [partial(enqueue, [NewRun("run_follow", "work")], START_MS)]  # type: ignore[arg-type]
    bench.trigger("a")
    bench.writer.step()
    assert bench.faults.commits == 1
    assert bench.stored() == ["a", "follow"]
    [(_, results)] = bench.follower.heard
    assert [answer.id for answer in results[0]] == ["run_follow"]


def test_a_follower_that_fails_does_not_harm_the_batch(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.follower.scripts = [partial(enqueue, [NewRun("run_f", "work", depth=DEPTH_MAX + 1)], START_MS)]  # type: ignore[arg-type]
    bench.trigger("a")
    bench.writer.step()
    assert bench.stored() == ["a"]
    assert "dispatch failed" in caplog.text
    [(_, results)] = bench.follower.heard
    assert results == []


def test_a_follower_that_fails_after_the_commit_does_not_stop_the_writer(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(notes: Sequence[Note], results: Sequence[Any]) -> None:
        raise Broken

    bench.follower.committed = fail  # type: ignore[method-assign]
    bench.trigger("a")
    bench.writer.step()
    bench.trigger("b")
    bench.writer.step()
    assert bench.stored() == ["a", "b"]
    assert "Broken" in caplog.text


def test_only_a_batch_in_which_all_are_lazy_goes_without_an_fsync(bench: Bench) -> None:
    def synchronous() -> int:
        return int(bench.connection.pragma("synchronous"))

    full, normal = 2, 1
    bench.trigger("a", lazy=True)
    bench.writer.step()
    assert synchronous() == normal
    bench.trigger("b", lazy=True)
    bench.trigger("c")
    bench.writer.step()
    assert synchronous() == full


def test_a_batch_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "WRITER_BATCH_MAX", 2)
    for name in "abc":
        bench.trigger(name)
    assert (bench.writer.step(), bench.writer.step()) == (2, 1)


def test_an_inbox_that_is_full_refuses_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "WRITER_INBOX_MAX", 2)
    bench.trigger("a")
    bench.trigger("b")
    with pytest.raises(Unavailable, match="slow down"):
        bench.trigger("c")
    bench.writer.step()
    assert bench.stored() == ["a", "b"]


def test_closing_finishes_what_is_queued_and_takes_nothing_new(bench: Bench) -> None:
    bench.trigger("a")
    bench.writer.close()
    assert bench.stored() == ["a"]
    with pytest.raises(Unavailable, match="closed"):
        bench.trigger("b")


def test_the_thread_writes_what_is_submitted(bench: Bench) -> None:
    bench.writer.start()
    for name in "abc":
        bench.trigger(name)
    bench.writer.close()
    assert bench.stored() == ["a", "b", "c"]
    assert set(bench.ends) == {"a", "b", "c"}


def test_scripts_see_what_those_before_them_wrote(bench: Bench) -> None:
    def count() -> Script[int]:
        found: int = yield call("count_slots", environment="dev", queue="x")
        runs: list[Any] = yield call("existing_runs", ids=[["run_a"]])
        return found + len(runs)

    bench.trigger("a")
    bench.submit("count", count)
    bench.writer.step()
    assert bench.ends["count"] == 1


class Away(SqliteSession):
    """A session whose database has gone: each turn is waited for in vain."""

    waits = 0
    gone = True

    def begin(self, *, lazy: bool) -> int | None:
        if not self.gone:
            return super().begin(lazy=lazy)
        self.waits += 1
        raise DatabaseAway("nobody answers")


def test_a_database_that_is_away_is_waited_for_once_for_all_who_ask(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "runcast.db"))
    migrate(connection, "")
    session = Away(connection, "")
    writer = Writer(session)
    errors: list[BaseException | None] = []

    def script() -> Script[None]:
        yield call("newest_change")

    for _ in range(5):
        writer.submit(Job(script, lambda _, error: errors.append(error)))
    writer.step()
    assert [str(error) for error in errors] == ["nobody answers"] * 5
    assert session.waits == 1
    session.gone = False
    writer.submit(Job(script, lambda _, error: errors.append(error)))
    writer.step()
    assert errors[-1] is None
    writer.close()
    connection.close()
