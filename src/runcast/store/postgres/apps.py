"""Installs extensions on PostgreSQL. They are code that was installed on purpose: their SQL is checked for mistakes, while
SQLite's driver also keeps it from the tables of others."""

from __future__ import annotations

import psycopg

from runcast.domain.errors import InvalidInput
from runcast.domain.transaction import App
from runcast.store.app_texts import app_texts, check_applied, digest
from runcast.store.postgres.session import PostgresSession
from runcast.store.rows import AppliedMigration
from runcast.store.script import Script, call


def install(session: PostgresSession, app: App, now: int) -> Script[None]:
    """Apply what migrations are missing, and check every query, in one transaction of the writer.

    Raises `Unavailable` for a changed or missing migration, `InvalidInput` for SQL that PostgreSQL does not take.
    """
    applied: list[AppliedMigration] = yield call("applied_migrations", app=app.name)
    check_applied(app, applied)
    rows: list[tuple[object, ...]] = []
    for number, (name, text) in list(enumerate(app.migrations, 1))[len(applied) :]:
        try:
            session.define(text)
        except psycopg.ProgrammingError as error:
            raise InvalidInput(f"migration {name!r} of extension {app.name!r}: {error}") from error
        rows.append((app.name, number, name, digest(text), now))
    if rows:
        yield call("add_app_migration", rows=rows)
    session.look_anew()
    for query in app_texts(app):
        try:
            session.check(query)
        except (psycopg.ProgrammingError, KeyError) as error:
            raise InvalidInput(f"query {query.name!r}: {error}") from error
