"""Finds the database that an address names."""

from __future__ import annotations

from runcast.clock import Clock
from runcast.domain.errors import InvalidInput
from runcast.store.database import Database
from runcast.store.store import Store
from runcast.store.writer import Faults

_POSTGRES = ("postgresql://", "postgres://")


def is_shared(database: str) -> bool:
    """Whether many engines may have it open: a PostgreSQL's address."""
    return database.startswith(_POSTGRES)


def sqlite_path(database: str) -> str:
    """The file of `sqlite:///path`, `path` or `:memory:`. Raises `InvalidInput` for another scheme."""
    if database.startswith("sqlite:///"):
        return database.removeprefix("sqlite:///")
    if "://" in database:
        raise InvalidInput(
            f"database {database!r} is not supported: use a path, sqlite:///path, or postgresql://user@host/name"
        )
    return database


def require_driver() -> None:
    """Raises `InvalidInput` when PostgreSQL's driver is not installed, or has no libpq."""
    try:
        import runcast.store.postgres.session  # noqa: F401 - whatever uses the driver
    except ImportError as error:
        raise InvalidInput(f"PostgreSQL needs its driver: pip install 'runcast[postgres]' ({error})") from error


def find_database(database: str, *, direct: str = "", in_passing: bool = False) -> Database:
    """The database of an address. `direct`: past a pooler, for what needs a connection of its own. `in_passing`: not for
    an engine. Raises `InvalidInput` for another scheme, or without its driver."""
    if is_shared(database):
        require_driver()
        from runcast.store.postgres.database import PostgresDatabase

        return PostgresDatabase(database, direct=direct, in_passing=in_passing)
    from runcast.store.sqlite.file import SqliteDatabase

    return SqliteDatabase(sqlite_path(database), in_passing=in_passing)


def open_store(
    database: str,
    clock: Clock,
    *,
    direct: str = "",
    threaded: bool = True,
    in_passing: bool = False,
    faults: Faults | None = None,
) -> Store:
    """An open store. Raises `DatabaseLocked`, `DatabaseCorrupt`, `DatabaseReadOnly`, `Unavailable`."""
    return Store(find_database(database, direct=direct, in_passing=in_passing), clock, threaded=threaded, faults=faults)
