"""Installs extensions: their tables and queries, which reach nothing but what is theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw

from runcast.domain.errors import InvalidInput
from runcast.domain.transaction import App
from runcast.store.app_texts import app_texts, check_applied, digest
from runcast.store.rows import AppliedMigration
from runcast.store.script import Script, call
from runcast.store.sqlite.render import Query, render

READABLE = frozenset({"runs", "usage", "json_each", "json_tree", "sqlite_master", "sqlite_schema", ""})
"""What an extension's SQL may read beside its own tables."""
_PARAMETER = re.compile(r"(?<!:):(\w+)")
_WRITES = (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)
_DEFINES_FIRST = (apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_DROP_TABLE, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_DROP_VIEW)
_DEFINES_SECOND = (
    apsw.SQLITE_ALTER_TABLE,
    apsw.SQLITE_CREATE_INDEX,
    apsw.SQLITE_DROP_INDEX,
    apsw.SQLITE_CREATE_TRIGGER,
    apsw.SQLITE_DROP_TRIGGER,
)
_HARMLESS = (apsw.SQLITE_SELECT, apsw.SQLITE_FUNCTION, apsw.SQLITE_RECURSIVE, apsw.SQLITE_REINDEX)


def install(connection: apsw.Connection, app: App, now: int) -> Script[None]:
    """Apply what migrations are missing, and check every query, in one transaction of the writer.

    Raises `Unavailable` for a changed or missing migration, `InvalidInput` for SQL that reaches beyond the extension.
    """
    texts = app_texts(app)
    applied: list[AppliedMigration] = yield call("applied_migrations", app=app.name)
    check_applied(app, applied)
    rows: list[tuple[object, ...]] = []
    with _guarded(connection, app.name, defining=True):
        for number, (name, text) in list(enumerate(app.migrations, 1))[len(applied) :]:
            _execute(connection, app, name, text)
            rows.append((app.name, number, name, digest(text), now))
    if rows:
        yield call("add_app_migration", rows=rows)
    with _guarded(connection, app.name, defining=False):
        for query in map(render, texts):
            _check(connection, app, query)


@contextmanager
def _guarded(connection: apsw.Connection, name: str, *, defining: bool) -> Iterator[None]:
    connection.authorizer = _Guard(f"app_{name}_", defining=defining)
    try:
        yield
    finally:
        connection.authorizer = None


class _Guard:
    """SQLite asks it about everything that a statement would touch."""

    def __init__(self, prefix: str, *, defining: bool) -> None:
        self._prefix = prefix
        self._defining = defining

    def __call__(self, code: int, first: str | None, second: str | None, _database: Any, _inside: Any) -> int:
        return apsw.SQLITE_OK if self._allows(code, first or "", second or "") else apsw.SQLITE_DENY

    def _allows(self, code: int, first: str, second: str) -> bool:
        if code in _HARMLESS:
            return True
        if code == apsw.SQLITE_READ:
            return self._is_own(first) or first in READABLE
        if code in _WRITES:
            return self._is_own(first) or (self._defining and first in ("sqlite_master", "sqlite_schema"))
        if not self._defining:
            return False
        return (code in _DEFINES_FIRST and self._is_own(first)) or (code in _DEFINES_SECOND and self._is_own(second))

    def _is_own(self, table: str) -> bool:
        return table.startswith((self._prefix, f"sqlite_autoindex_{self._prefix}"))


def _execute(connection: apsw.Connection, app: App, name: str, text: str) -> None:
    try:
        connection.execute(text)
    except (apsw.AuthError, apsw.SQLError) as error:
        raise InvalidInput(
            f"migration {name!r} of extension {app.name!r}: {error}. Its tables are named app_{app.name}_…, "
            "and it touches no others"
        ) from error


def _check(connection: apsw.Connection, app: App, query: Query) -> None:
    sql = query.sql if query.values_param is None else query.insert_sql(1)
    values: Any = [None] * query.columns
    if query.values_param is None:
        values = dict.fromkeys(_PARAMETER.findall(sql))
    try:
        connection.execute(f"explain {sql}", values)
    except (apsw.AuthError, apsw.SQLError) as error:
        raise InvalidInput(
            f"query {query.name!r}: {error}. A query of extension {app.name!r} writes tables named app_{app.name}_…, "
            "and reads those, `runs` and `usage`"
        ) from error
