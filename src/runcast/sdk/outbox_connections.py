"""Writes one statement through whatever connection a user has, blocking or asynchronous."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from importlib import import_module
from typing import Any, NamedTuple

from runcast.domain.errors import InvalidInput
from runcast.domain.outbox import COLUMNS, TABLE

Values = Sequence[str | int]


class Library(NamedTuple):
    """How connections of one library are used."""

    placeholder: str
    """Of the n-th value from 1, as `{n}`."""
    execute: Callable[[Any, str, Values], Any]
    find_dialect: Callable[[Any], str]
    """`sqlite`, `postgresql`, or another that has no outbox."""


def _through_dbapi(connection: Any, statement: str, values: Values) -> Any:
    if hasattr(connection, "execute"):
        return connection.execute(statement, tuple(values))
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement, tuple(values))
    return None


def _through_asyncpg(connection: Any, statement: str, values: Values) -> Any:
    return connection.execute(statement, *values)


def _through_sqlalchemy(connection: Any, statement: str, values: Values) -> Any:
    # Whoever has such a connection has imported it: we depend on none of these libraries.
    text = import_module("sqlalchemy").text
    return connection.execute(text(statement), {f"v{number}": value for number, value in enumerate(values, 1)})


def _sqlalchemy_dialect(connection: Any) -> str:
    bind = connection.get_bind() if hasattr(connection, "get_bind") else connection
    return str(bind.dialect.name)


def _django_dialect(connection: Any) -> str:
    return str(getattr(connection, "db", connection).vendor)


def _is(dialect: str) -> Callable[[Any], str]:
    return lambda _connection: dialect


_SQLITE = Library("?", _through_dbapi, _is("sqlite"))
_POSTGRESQL = Library("%s", _through_dbapi, _is("postgresql"))
LIBRARIES = {
    "sqlite3": _SQLITE,
    "aiosqlite": _SQLITE,
    "psycopg": _POSTGRESQL,
    "psycopg2": _POSTGRESQL,
    "asyncpg": Library("${n}", _through_asyncpg, _is("postgresql")),
    "django": Library("%s", _through_dbapi, _django_dialect),
    "sqlalchemy": Library(":v{n}", _through_sqlalchemy, _sqlalchemy_dialect),
}
"""By the package that a connection, or a class that it extends, comes from. `apsw` is none of them: it brings a SQLite of its
own, and two in one process, that of an embedded engine, do not see each other's locks on a file."""


def find_library(connection: object) -> Library:
    """How to use a connection. Raises `InvalidInput` for what is none that we know."""
    for kind in type(connection).__mro__:
        found = LIBRARIES.get(kind.__module__.partition(".")[0])
        if found is not None:
            _refuse_without_transaction(connection)
            return found
    raise InvalidInput(
        f"an outbox is written through a connection of {', '.join(LIBRARIES)}; got a {type(connection).__qualname__}"
    )


def _refuse_without_transaction(connection: object) -> None:
    """What hands out connections, an engine or a pool, would write the row beside the transaction."""
    if hasattr(connection, "acquire") or not (hasattr(connection, "execute") or hasattr(connection, "cursor")):
        name = type(connection).__qualname__
        raise InvalidInput(f"an outbox is written through the connection of your transaction; a {name} has none")


def find_dialect(connection: object) -> str:
    """`sqlite`, `postgresql`, or another that has no outbox."""
    return find_library(connection).find_dialect(connection)


def execute(connection: Any, statement: str) -> Awaitable[Any] | None:
    """Execute a statement without values; what it returns must be awaited, if the connection is asynchronous."""
    return _pending(find_library(connection).execute(connection, statement, ()))


def insert(connection: Any, values: Values) -> Awaitable[Any] | None:
    """Write a row of the outbox; what it returns must be awaited, if the connection is asynchronous."""
    library = find_library(connection)
    places = ", ".join(library.placeholder.format(n=number) for number in range(1, len(values) + 1))
    # Only our own names stand in the text; what users say is bound.
    statement = f"insert into {TABLE} ({', '.join(COLUMNS)}) values ({places})"  # noqa: S608
    return _pending(library.execute(connection, statement, values))


def _pending(executed: Any) -> Awaitable[Any] | None:
    return executed if inspect.isawaitable(executed) else None
