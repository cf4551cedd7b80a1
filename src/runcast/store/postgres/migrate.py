"""Brings a PostgreSQL database to the schema of this release, or refuses to touch one that is newer or of another build."""

from __future__ import annotations

import psycopg

from runcast.domain.errors import Unavailable
from runcast.store.migrations import Phase, check_applied, find_phases, newest

_LOCK = "select pg_advisory_xact_lock(hashtextextended('runcast migrations ' || current_schema(), 0))"
_TURN = "select pg_advisory_xact_lock(hashtextextended('runcast writer ' || current_schema(), 0))"
_PRESENCE = "pg_advisory_lock_shared(hashtext('runcast schema ' || current_schema()), {number})::text"
"""Held by every connection of a process, with the number of the schema that its release knows: so whoever applies a `post`
phase sees who would not live with it."""
_OLDER = """
select count(distinct pid)
from pg_locks
where locktype = 'advisory' and objsubid = 2 and granted
  and database = (select oid from pg_database where datname = current_database())
  and classid::bigint = (hashtext('runcast schema ' || current_schema())::bigint & 4294967295)
  and objid::bigint < %s"""


def presence() -> str:
    """The expression with which a connection takes the lock that tells its release, until it is closed."""
    return _PRESENCE.format(number=newest(find_phases("postgres")))


def migrate(connection: psycopg.Connection, name: str) -> None:
    """Apply what is missing, in one transaction; of several engines that start at once, one does it and the others wait.

    A `post` phase waits until no process of an older release is connected: whoever calls this afterwards applies it.
    Raises `Unavailable` for a schema that `check_schema` refuses, and for a migration that comes after such a phase.
    """
    with connection.transaction():
        connection.execute(_LOCK)
        applied = check_schema(connection, name)
        left = [phase for phase in find_phases("postgres") if phase.key not in applied]
        if left:
            # Nobody writes meanwhile: two who lock several tables in another order would wait for each other.
            connection.execute(_TURN)
        for place, phase in enumerate(left):
            older = _older(connection, phase) if phase.is_post else 0
            if older:
                _require_last(phase, left[place + 1 :], older, name)
                return
            connection.execute(phase.text.encode())
            connection.execute("insert into meta (key, value) values (%s, %s)", (phase.key, phase.digest))


def _older(connection: psycopg.Connection, phase: Phase) -> int:
    """How many connections there are of processes that do not know the migration of a phase."""
    row = connection.execute(_OLDER, (phase.number,)).fetchone()
    assert row is not None
    return int(row[0])


def _require_last(phase: Phase, after: list[Phase], older: int, name: str) -> None:
    if after:
        raise Unavailable(
            f"{name} cannot go on to migration {after[0].number}: {phase.number} is not finished, because {older} "
            f"connections of an older release need what it takes away. Stop those processes first."
        )


def unfinished(connection: psycopg.Connection, name: str) -> tuple[int, int]:
    """(phases that wait for older processes to end, connections of such)."""
    applied = check_schema(connection, name)
    waiting = [phase for phase in find_phases("postgres") if phase.is_post and phase.key not in applied]
    return len(waiting), max((_older(connection, phase) for phase in waiting), default=0)


def check_schema(connection: psycopg.Connection, name: str) -> dict[str, str]:
    """The digest of each phase that was applied. Raises `Unavailable` for one that this release does not know, or
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
    check_applied(find_phases("postgres"), applied, name)
    return applied


def schema_of(applied: dict[str, str]) -> int:
    """The number of the newest migration that was applied, or begun; 0: none."""
    return max((phase.number for phase in find_phases("postgres") if phase.key in applied), default=0)


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
    found, wanted = schema_of(applied), newest(find_phases("postgres"))
    if found < wanted:
        raise Unavailable(
            f"{name} has schema {found}, this release needs {wanted}: `runcast db migrate`, or start an engine of this "
            "release, brings it up to date"
        )
