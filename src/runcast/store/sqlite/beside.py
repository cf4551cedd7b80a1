"""Reads a database beside whoever has it open, from one committed state, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import apsw

from runcast.store.script import ScriptFactory
from runcast.store.sqlite.database import SqliteSession, connect, translated

T = TypeVar("T")


@contextmanager
def reading(path: Path) -> Iterator[apsw.Connection]:
    """A read-only connection inside one read transaction, closed at the end. Raises the domain's errors."""
    with translated(str(path)):
        connection = connect(str(path), readonly=True)
        try:
            connection.execute("begin")
            # The snapshot is taken by the first read.
            connection.pragma("user_version")
            yield connection
        finally:
            connection.close()


def read_beside(path: Path, factory: ScriptFactory[T]) -> T:
    """Run a script that only reads."""
    with reading(path) as connection:
        found: T = SqliteSession(connection, str(path)).run(factory(), [])
        return found
