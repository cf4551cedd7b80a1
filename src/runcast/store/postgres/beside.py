"""Reads a PostgreSQL database beside its engines, from one committed state, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from runcast.store.postgres.database import PostgresDatabase
from runcast.store.postgres.failures import translated
from runcast.store.postgres.migrate import require_schema
from runcast.store.postgres.session import PostgresSession
from runcast.store.script import ScriptFactory

T = TypeVar("T")


@contextmanager
def reading(url: str) -> Iterator[PostgresSession]:
    """A session inside one read transaction, closed at the end. Raises the domain's errors."""
    database = PostgresDatabase(url)
    with translated(database.name):
        session = PostgresSession(database.reach, database.name)
        try:
            require_schema(session.connection, database.name)
            session.begin_read()
            # Who reads whole tables sits still between them for as long as it likes.
            session.connection.execute("set local idle_in_transaction_session_timeout = 0")
            yield session
            # A pooler takes a connection that leaves in the middle for a broken one.
            session.rollback()
        finally:
            session.close()


def read_beside(url: str, factory: ScriptFactory[T]) -> T:
    """Run a script that only reads."""
    with reading(url) as session:
        found: T = session.run(factory(), [])
        return found
