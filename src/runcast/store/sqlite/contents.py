"""Tables and rows of a SQLite file, for whoever copies them into another database or from one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import apsw

from runcast.domain.errors import NotFound, Unavailable
from runcast.store.copy import Row
from runcast.store.migrations import find_phases, newest
from runcast.store.sqlite.beside import reading
from runcast.store.sqlite.database import FileLock, close_whole, connect, translated
from runcast.store.sqlite.migrate import check_schema, migrate


class SqliteContents:
    """`store.copy.Contents` of an open connection."""

    def __init__(self, connection: apsw.Connection, name: str) -> None:
        self.name = name
        self._connection = connection

    def tables(self) -> Mapping[str, tuple[str, ...]]:
        names = self._connection.execute(
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name"
        ).fetchall()
        return {str(name): self._columns(str(name)) for (name,) in names}

    def _columns(self, table: str) -> tuple[str, ...]:
        return tuple(
            str(name) for (name,) in self._connection.execute("select name from pragma_table_info(?)", (table,))
        )

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"select count(*) from {_quoted(table)}").get)

    def last_number(self, table: str) -> int:
        return int(self._connection.execute("select max(seq) from sqlite_sequence where name = ?", (table,)).get or 0)

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[Row]:
        yield from self._connection.execute(f"select {_list(columns)} from {_quoted(table)}")

    def add(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"insert into {_quoted(table)} ({_list(columns)}) values ({marks})", rows)

    def number_after(self, table: str, number: int) -> None:
        if number > self.last_number(table):
            self._connection.execute("delete from sqlite_sequence where name = ?", (table,))
            self._connection.execute("insert into sqlite_sequence (name, seq) values (?, ?)", (table, number))


@contextmanager
def copied_from(path: Path) -> Iterator[SqliteContents]:
    """The file's contents, while nobody else may open it. Raises `DatabaseLocked` while an engine has it open."""
    if not path.is_file():
        raise NotFound(f"no database at {path}")
    lock = FileLock(path, in_passing=True)
    lock.acquire()
    try:
        with reading(path) as connection:
            check_schema(connection, str(path))
            if connection.pragma("user_version") < newest(find_phases("sqlite")):
                raise Unavailable(f"{path} has an older schema: `runcast db migrate --database {path}` first")
            yield SqliteContents(connection, str(path))
    finally:
        lock.release()


@contextmanager
def copied_into(path: Path) -> Iterator[SqliteContents]:
    """An empty file's contents, in a transaction that is committed at the end of the block, unless it raises."""
    lock = FileLock(path, in_passing=True)
    lock.acquire()
    try:
        connection = connect(str(path))
        try:
            with translated(str(path)):
                migrate(connection, str(path))
                with connection:
                    yield SqliteContents(connection, str(path))
        finally:
            close_whole(connection, str(path))
    finally:
        lock.release()


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
