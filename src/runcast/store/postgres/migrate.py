"""Brings a PostgreSQL database to the schema of this release, or refuses to touch one that is newer or of another build."""

from __future__ import annotations

from importlib.resources import files

import psycopg

from runcast.domain.errors import Unavailable
from runcast.store.app_texts import digest

_LOCK = "select pg_advisory_xact_lock(hashtextextended('runcast migrations ' || current_schema(), 0))"


def migrations() -> list[tuple[int, str]]:
    """(version, text) of every migration, in order."""
    folder = files("runcast.store").joinpath("sql").joinpath("migrations")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".postgres.sql"))
    return [(int(name[:4]), folder.joinpath(name).read_text("utf-8")) for name in names]


def migrate(connection: psycopg.Connection, name: str) -> None:
    """Apply what is missing, in one transaction; of several engines that start at once, one does it and the others wait.

    Raises `Unavailable` for a schema that `check_schema` refuses.
    """
    with connection.transaction():
        connection.execute(_LOCK)
        applied = check_schema(connection, name)
        for number, text in migrations():
            if f"migration {number}" not in applied:
                connection.execute(text.encode())
                connection.execute(
                    "insert into meta (key, value) values (%s, %s)", (f"migration {number}", digest(text))
                )


def check_schema(connection: psycopg.Connection, name: str) -> dict[str, str]:
    """The digest of each migration that was applied. Raises `Unavailable` for one that this release does not know, or
    knows with another text. Changes nothing."""
    if connection.execute("select to_regclass('meta')").fetchone() == (None,):
        if connection.execute("select to_regclass('runs')").fetchone() != (None,):
            raise Unavailable(
                f"{name} has a table `runs` of another program. Choose another database, or a schema of its own "
                "(…?options=-csearch_path%3Druncast)."
            )
        return {}
    _check_place(connection, name)
    rows = connection.execute("select key, value from meta where key like 'migration %'").fetchall()
    applied = {str(key): str(value) for key, value in rows}
    known = {f"migration {number}": digest(text) for number, text in migrations()}
    for key, found in applied.items():
        if key not in known:
            raise Unavailable(f"{name} has {key}, this release knows {len(known)}. Upgrade Runcast.")
        if found != known[key]:
            raise Unavailable(
                f"{name} was made by another build of Runcast: it has {key} as {found[:12]}, this build as "
                f"{known[key][:12]}. Keep it for the build that made it, and choose another database or schema."
            )
    return applied


def _check_place(connection: psycopg.Connection, name: str) -> None:
    """Raise `Unavailable` if the tables that are found are not where new ones would be made: engines that write in turn
    know each other by the schema."""
    row = connection.execute(
        "select n.nspname, current_schema() from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.oid = to_regclass('meta')"
    ).fetchone()
    assert row is not None
    found, first = row
    if found != first:
        raise Unavailable(
            f"{name} has Runcast's tables in schema {found}, but schema {first} comes before it in the user's search_path. "
            f"Name the schema in the address: …?options=-csearch_path%3D{found}"
        )


def require_schema(connection: psycopg.Connection, name: str) -> None:
    """For who only passes by: a laptop with a newer release must not change the schema under running engines. Changes
    nothing. Raises `Unavailable` when the schema is not that of this release."""
    applied = check_schema(connection, name)
    if not applied:
        raise Unavailable(
            f"{name} has no tables of Runcast yet: start an engine on it (`runcast dev app.py`), or `runcast db migrate`"
        )
    if missing := [number for number, _ in migrations() if f"migration {number}" not in applied]:
        raise Unavailable(
            f"{name} has schema {missing[0] - 1}, this release needs {missing[-1]}: `runcast db migrate`, or start an "
            "engine of this release, brings it up to date"
        )
