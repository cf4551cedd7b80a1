"""A writer on PostgreSQL that the test steps, a witness beside it, and what to do to its connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg

from runcast.clock import ManualClock
from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun, Triggered
from runcast.store.enqueue import enqueue
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.script import Call, Note, Script, ScriptFactory
from runcast.store.writer import Job, Writer

START_MS = 1_700_000_000_000


class Faults:
    """Does something once, before the next commit."""

    def __init__(self) -> None:
        self.next: Callable[[], object] | None = None

    def before_commit(self) -> None:
        deed, self.next = self.next, None
        if deed is not None:
            deed()

    def after_commit(self) -> None:
        pass


class Follower:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.looks: list[int] = []
        self.notes: list[Note] = []
        self.scripts: list[ScriptFactory[Any]] = []

    def look(self, since: int) -> Script[None]:
        self.looks.append(since)
        yield Call("newest_change", {})

    def follow(self, notes: Sequence[Note]) -> Sequence[ScriptFactory[Any]]:
        return self.scripts

    def committed(self, notes: Sequence[Note], results: Sequence[Any]) -> None:
        self.notes.extend(notes)


class Bench:
    """`url` is the writer's way to the database, `direct` the witness's."""

    def __init__(self, url: str, direct: str, *, patience_s: float = 20.0) -> None:
        self.direct = direct
        self.database = PostgresDatabase(url, patience_s=patience_s)
        self.session, _ = self.database.open(ManualClock())
        self.faults = Faults()
        self.follower = Follower()
        self.writer = Writer(self.session, faults=self.faults)
        self.writer.follower = self.follower
        self.ends: dict[str, Any] = {}
        self.tries = 0
        """How often scripts of `trigger` began."""

    def submit(self, name: str, factory: ScriptFactory[Any], *, lazy: bool = False) -> None:
        def done(result: Any, error: BaseException | None) -> None:
            assert name not in self.ends, f"{name} ended twice"
            self.ends[name] = error if error is not None else result

        self.writer.submit(Job(factory, done, lazy))

    def trigger(self, name: str, *, lazy: bool = False, between: Callable[[], object] | None = None) -> None:
        """`between`: called once the run is inserted, before the script goes on."""

        def script() -> Script[Any]:
            self.tries += 1
            found = yield from enqueue([NewRun(RunId(f"run_{name}"), "work", "null")], START_MS)
            if between is not None:
                between()
                yield Call("newest_change", {})
            return found

        self.submit(name, script, lazy=lazy)

    def step(self) -> int:
        return self.writer.step()

    def answered(self) -> list[str]:
        """Whose triggers were acknowledged."""
        return sorted(name for name, end in self.ends.items() if isinstance(end, list) and type(end[0]) is Triggered)

    def refused(self) -> dict[str, str]:
        return {name: str(end) for name, end in self.ends.items() if isinstance(end, Unavailable)}

    # --- the witness ------------------------------------------------------------------------------------------------

    def stored(self) -> list[str]:
        return [str(row[0]).removeprefix("run_") for row in self.ask("select id from runs order by id")]

    def facts(self) -> list[str]:
        """Runs in the order of the feed."""
        return [str(row[0]).removeprefix("run_") for row in self.ask("select run_id from changes order by seq")]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.direct, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def terminate(self) -> None:
        """End the writer's backend, and wait until it is gone."""
        self.ask(f"select pg_terminate_backend({self.session.connection.info.backend_pid}, 5000)")


def once(deed: Callable[[], object]) -> Callable[[], None]:
    """Only the first call does it."""
    left = [deed]

    def call() -> None:
        if left:
            left.pop()()

    return call


def raising(code: str, bench: Bench) -> Callable[[], None]:
    """Lets PostgreSQL itself raise an error of that code."""
    return once(
        partial(bench.session.define, f"do $$ begin raise exception 'provoked' using errcode = '{code}'; end $$")
    )
