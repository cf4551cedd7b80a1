"""Tables and rows of a PostgreSQL schema, for whoever copies them into another database or from one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from runcast.domain.errors import Conflict
from runcast.store.copy import Row
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.postgres.migrate import migrate, require_schema

_COLUMNS = """
select c.table_name, array_agg(c.column_name::text order by c.ordinal_position)
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where table_schema = current_schema() and t.table_type = 'BASE TABLE'
group by c.table_name
order by c.table_name"""
_NUMBERED = """
select a.attname, pg_get_serial_sequence(quote_ident(%s), a.attname)
from pg_attribute a
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
  and pg_get_serial_sequence(quote_ident(%s), a.attname) is not null"""
_TURN = "hashtextextended('runcast writer ' || current_schema(), 0)"
_LIVE = """
select count(*) from workers
where stopped_at is null and lease_until > (extract(epoch from clock_timestamp()) * 1000)::bigint"""
_PAGE_ROWS = 2_000


class PostgresContents:
    """`store.copy.Contents` of a connection in a transaction."""

    def __init__(self, connection: psycopg.Connection, name: str) -> None:
        self.name = name
        self._connection = connection

    def tables(self) -> Mapping[str, tuple[str, ...]]:
        return {name: tuple(columns) for name, columns in self._connection.execute(_COLUMNS).fetchall()}

    def count(self, table: str) -> int:
        return int(self._one(SQL("select count(*) from {}").format(Identifier(table))))

    def last_number(self, table: str) -> int:
        found = [
            self._one(SQL("select case when is_called then last_value else 0 end from {}").format(SQL(sequence)))
            for _, sequence in self._numbered(table)
        ]
        return max(found, default=0)

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[Row]:
        with self._connection.cursor("rows") as cursor:
            cursor.itersize = _PAGE_ROWS
            yield from cursor.execute(SQL("select {} from {}").format(_list(columns), Identifier(table)))

    def add(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        statement = SQL("copy {} ({}) from stdin").format(Identifier(table), _list(columns))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_storable(value) for value in row])

    def number_after(self, table: str, number: int) -> None:
        for column, sequence in self._numbered(table):
            last = self._one(SQL("select coalesce(max({}), 0) from {}").format(Identifier(column), Identifier(table)))
            if max(last, number):
                self._connection.execute("select setval(%s, %s)", (sequence, max(last, number)))

    def _numbered(self, table: str) -> list[tuple[str, Any]]:
        return self._connection.execute(_NUMBERED, (table, table, table)).fetchall()

    def _one(self, query: Composed) -> Any:
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def _list(columns: tuple[str, ...]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))


def _storable(value: Any) -> Any:
    """PostgreSQL's texts have no character NUL; everything else that is written there loses it too."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


@contextmanager
def copied_from(url: str) -> Iterator[PostgresContents]:
    """The contents as they are now, while no engine writes. Raises `Conflict` when workers are alive."""
    database = PostgresDatabase(url)
    with database.opening(), database.reach() as connection:
        require_schema(connection, database.name)
        with connection.transaction():
            # While it has the turn nobody else writes, so each statement may look anew.
            connection.execute(f"select pg_advisory_xact_lock({_TURN})".encode())
            connection.execute("set local idle_in_transaction_session_timeout = 0")
            if (live := connection.execute(_LIVE).fetchone()) != (0,):
                raise Conflict(
                    f"{database.name} has {live[0] if live else 0} live workers: stop every engine on it first"
                )
            yield PostgresContents(connection, database.name)


@contextmanager
def copied_into(url: str) -> Iterator[PostgresContents]:
    """The contents of an empty schema, in a transaction that is committed at the end of the block, unless it raises.
    Engines that start meanwhile wait for it."""
    database = PostgresDatabase(url)
    with database.opening(), database.reach() as connection:
        migrate(connection, database.name)
        with connection.transaction():
            connection.execute(f"select pg_advisory_xact_lock({_TURN})".encode())
            connection.execute("set local idle_in_transaction_session_timeout = 0")
            yield PostgresContents(connection, database.name)
        connection.execute("analyze")
