"""The databases that the store's tests run on."""

from __future__ import annotations

from typing import Any, Protocol

import apsw

from runcast.clock import ManualClock
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.postgres.session import PostgresSession
from runcast.store.session import Session
from runcast.store.sqlite.database import SqliteSession, connect
from runcast.store.sqlite.migrate import migrate

_SPACIOUS = 50
"""Tests after which the space of deleted rows is given back."""
_NUMBERS = """
select c.relname from pg_class c join pg_depend d on d.objid = c.oid and d.deptype in ('a', 'i')
where c.relkind = 'S' and c.relnamespace = current_schema()::regnamespace
"""
"""What `restart identity` begins anew: the sequences of columns."""


class House(Protocol):
    """A migrated database that writes down every change of a run's status in `moves`."""

    tables: list[str]

    @property
    def session(self) -> Session: ...
    def sql(self, text: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]: ...
    def close(self) -> None: ...


class SqliteHouse:
    """SQLite in memory or in a file."""

    def __init__(self, path: str) -> None:
        self.connection: apsw.Connection = connect(path)
        # The laws under test do not depend on the disk; its safety is tested with real processes.
        self.connection.execute("pragma synchronous = off")
        migrate(self.connection, path)
        self.connection.execute("create temp table moves (before text, after text, primary key (before, after))")
        self.connection.execute(
            "create temp trigger moved after update of status on main.runs when new.status <> old.status "
            "begin insert or ignore into moves values (old.status, new.status); end"
        )
        self.session = SqliteSession(self.connection, path)
        self.tables = [name for (name,) in self.sql("select name from main.sqlite_schema where type = 'table'", ())]

    def sql(self, text: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self.connection.execute(text, values).fetchall()

    def close(self) -> None:
        self.connection.close()


class PostgresHouse:
    """A schema of PostgreSQL, which tests use one after the other."""

    def __init__(self, url: str) -> None:
        session, _ = PostgresDatabase(url).open(ManualClock())
        assert isinstance(session, PostgresSession)
        self.session = session
        self.session.define(
            """
            create table moves (before text, after text, primary key (before, after));
            create function note_move() returns trigger language plpgsql as
            $$ begin insert into moves values (old.status, new.status) on conflict do nothing; return null; end $$;
            create trigger moved after update of status on runs for each row when (new.status <> old.status)
            execute function note_move();
            """
        )
        rows = self.sql(
            "select tablename from pg_tables where schemaname = current_schema() and tablename <> 'meta'", ()
        )
        self.tables = [name for (name,) in rows]
        self._numbers = [name for (name,) in self.sql(_NUMBERS, ())]
        self._used = 0

    def sql(self, text: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        cursor = self.session.connection.execute(text.replace("%", "%%").replace("?", "%s").encode(), values)
        return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        """As it was made. To truncate takes twenty times as long as to delete what is there, and gives its space back."""
        self._used += 1
        if self._used % _SPACIOUS == 0:
            self.session.define(f"truncate {', '.join(self.tables)} restart identity")
            return
        rows = [f"delete from {name}" for name in self.tables]
        numbers = [f"select setval('{name}', 1, false)" for name in self._numbers]
        self.session.define("; ".join(rows + numbers))

    def close(self) -> None:
        """The next test goes on with it."""
