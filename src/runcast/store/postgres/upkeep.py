"""Care of a PostgreSQL database: what is in it, who is connected to it, and its schema."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
from psycopg import sql

from runcast.store.postgres.beside import reading
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.postgres.migrate import check_schema, migrate, schema_of, unfinished

_SERVER = """
select current_setting('server_version'), current_schema(),
  (select count(*) from pg_stat_activity where datname = current_database()),
  current_setting('max_connections')::int,
  (select coalesce(max(extract(epoch from clock_timestamp() - xact_start) * 1000)::bigint, 0)
   from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())"""
_TABLES = """
select c.relname, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid), coalesce(s.n_dead_tup, 0)
from pg_class c left join pg_stat_user_tables s on s.relid = c.oid
where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
order by c.relname"""
_EXACT_BELOW_BYTES = 64_000_000
"""Of a table of this size rows are counted; of a larger one the server's estimate is told."""


class Table(msgspec.Struct, frozen=True):
    """A table, with its indexes and what is stored beside it."""

    name: str
    rows: int
    bytes: int
    dead_rows: int
    """Left by updates and deletes, as the server last counted; autovacuum takes them away."""
    estimated: bool
    """`rows` is the server's estimate."""


class DatabaseInfo(msgspec.Struct, frozen=True):
    """What is in a schema of a database, and who is there."""

    database: str
    schema: int
    server: str
    search_path: str
    """The schema of the database in which the tables are."""
    bytes: int
    connections: int
    connections_max: int
    oldest_transaction_ms: int
    """Nothing that was deleted since it began can be taken away."""
    tables: tuple[Table, ...]


def inspect(url: str) -> DatabaseInfo:
    """What is in the database, in one committed state, beside its engines."""
    with reading(url) as session:
        connection = session.connection
        version, schema, connections, most, oldest_ms = _one(connection, _SERVER)
        tables = tuple(_table(connection, *row) for row in connection.execute(_TABLES).fetchall())
        return DatabaseInfo(
            database=session.name,
            schema=schema_of(check_schema(connection, session.name)),
            server=version,
            search_path=schema,
            bytes=sum(table.bytes for table in tables),
            connections=connections,
            connections_max=most,
            oldest_transaction_ms=oldest_ms,
            tables=tables,
        )


def _table(connection: psycopg.Connection, name: str, estimate: int, size: int, dead: int) -> Table:
    if size >= _EXACT_BELOW_BYTES:
        return Table(name, estimate, size, dead, estimated=True)
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(name))
    (rows,) = _one(connection, query)
    return Table(name, rows, size, dead, estimated=False)


def _one(connection: psycopg.Connection, query: str | sql.Composed) -> tuple[Any, ...]:
    row = connection.execute(query.encode() if isinstance(query, str) else query).fetchone()
    assert row is not None
    return row


class Brought(msgspec.Struct, frozen=True):
    """What bringing a schema up to date came to."""

    before: int
    after: int
    unfinished: int
    """`post` phases that were left for later."""
    older: int
    """Connections of processes of an older release, which they wait for."""


def bring_up_to_date(url: str) -> Brought:
    """Apply the migrations that the database lacks, and make the tables if there are none.

    Engines may be running. Raises `Unavailable` when its schema is newer than this release, or made by another build.
    """
    database = PostgresDatabase(url)
    with database.opening(), database.reach() as connection:
        before = schema_of(check_schema(connection, database.name))
        migrate(connection, database.name)
        waiting, older = unfinished(connection, database.name)
        return Brought(before, schema_of(check_schema(connection, database.name)), waiting, older)
