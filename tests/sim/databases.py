"""The databases that worlds live in: a file of SQLite, or a schema of PostgreSQL. Laws are written once, in SQLite's words."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import apsw
import psycopg

from runcast.clock import ManualClock
from runcast.domain.run import TRANSITIONS
from runcast.store import doctor
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.sqlite.database import SqliteSession
from runcast.store.store import Store
from tests.sim.invariants import LAWS

_ALLOWED = sorted({(before.value, after.value) for (before, _), after in TRANSITIONS.items()})
_PATH = re.compile(r"([\w.]+) ->> '\$\.([\w.]+)'")


class Database(Protocol):
    """What a world needs of one. What is read is what is committed, because writes are instants here."""

    address: str

    def opened(self, store: Store) -> None:
        """An engine has opened it: from here on it watches the laws."""
        ...

    def execute(self, text: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]: ...
    def findings(self) -> list[doctor.Finding]: ...
    def full(self) -> Exception:
        """What the driver raises when the disk is full."""
        ...

    def broken(self) -> Exception:
        """The same when the disk, or the connection, breaks."""
        ...

    def violations(self) -> list[str]:
        """What is broken in the state just committed, and what was broken on the way to it."""
        ...


class SqliteFile:
    """Watched by temporary triggers on the writing connection."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._connection: apsw.Connection | None = None

    def opened(self, store: Store) -> None:
        session = store._session
        assert isinstance(session, SqliteSession)
        self._connection = connection = session.connection
        connection.execute("create temp table violations (law text not null, subject text not null)")
        connection.execute("create temp table allowed (before text not null, after text not null)")
        connection.executemany("insert into temp.allowed values (?, ?)", _ALLOWED)
        # A second death sends a run to a process of its own, and a simulation has no processes: other tests try that.
        connection.execute(
            "create temp trigger no_quarantine after update of deaths on main.runs when new.deaths > 1 "
            "begin update runs set deaths = 1 where id = new.id; end"
        )
        for number, (law, (event, broken, subject)) in enumerate(LAWS.items()):
            connection.execute(
                f"create temp trigger law_{number} after {event} when {broken} "
                f"begin insert into violations values ('{law}', {subject}); end"
            )

    def execute(self, text: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        assert self._connection is not None
        return self._connection.execute(text, values).fetchall()

    def findings(self) -> list[doctor.Finding]:
        assert self._connection is not None
        return doctor.check(self._connection)

    def full(self) -> Exception:
        return apsw.FullError("simulated")

    def broken(self) -> Exception:
        return apsw.IOError("simulated")

    def violations(self) -> list[str]:
        return [f"{law}: {subject}" for law, subject in self.execute("select law, subject from temp.violations")]


class PostgresSchema:
    """Watched by triggers of its own. Worlds use it one after the other."""

    def __init__(self, url: str) -> None:
        self.address = url
        PostgresDatabase(url).open(ManualClock())[0].close()
        self._connection = psycopg.connect(url, autocommit=True)
        self._watch()
        names = self.execute("select tablename from pg_tables where schemaname = current_schema()")
        self._tables = [name for (name,) in names if name not in ("meta", "allowed")]
        self._store: Store | None = None

    def _watch(self) -> None:
        self.execute("create table violations (law text not null, subject text not null)")
        self.execute("create table allowed (before text not null, after text not null)")
        for pair in _ALLOWED:
            self.execute("insert into allowed values (?, ?)", pair)
        self._trigger("no_quarantine", "before update of deaths on runs", "new.deaths := least(new.deaths, 1)")
        for number, (law, (event, broken, subject)) in enumerate(LAWS.items()):
            body = f"if {broken} then insert into violations values ('{law}', {subject}); end if"
            self._trigger(f"law_{number}", f"after {event}", body)

    def _trigger(self, name: str, event: str, body: str) -> None:
        row = "old" if event.startswith("after delete") else "new"
        self.execute(
            f"create function {name}() returns trigger language plpgsql as $$ begin {body}; return {row}; end $$"
        )
        self.execute(f"create trigger {name} {event} for each row execute function {name}()")

    def empty(self) -> None:
        """As it was made."""
        self.execute(f"truncate {', '.join(self._tables)} restart identity")

    def close(self) -> None:
        self._connection.close()

    def opened(self, store: Store) -> None:
        self._store = store

    def execute(self, text: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(_translated(text, bool(values)).encode(), values or None)
        rows = cursor.fetchall() if cursor.description else []
        return [tuple(int(value) if isinstance(value, Decimal) else value for value in row) for row in rows]

    def findings(self) -> list[doctor.Finding]:
        assert self._store is not None
        return self._store.read_now(doctor.examine)

    def full(self) -> Exception:
        return psycopg.errors.DiskFull("simulated")

    def broken(self) -> Exception:
        return psycopg.OperationalError("simulated")

    def violations(self) -> list[str]:
        return [f"{law}: {subject}" for law, subject in self.execute("select law, subject from violations")]


def _translated(text: str, has_values: bool) -> str:
    """The same in PostgreSQL's words."""
    text = _PATH.sub(lambda found: f"({found[1]}::jsonb #>> '{{{found[2].replace('.', ',')}}}')", text)
    text = text.replace("main.", "").replace("temp.", "")
    return text.replace("%", "%%").replace("?", "%s") if has_values else text
