"""Brings a database to the schema of this release, or refuses to touch one that is newer or of another build."""

from __future__ import annotations

import apsw

from runcast.domain.errors import DatabaseCorrupt, Unavailable
from runcast.store.migrations import find_phases, newest

APPLICATION_ID = 0x52554E43
"""`RUNC`, in the file's header: tells our files from others."""


def refuse_foreign(connection: apsw.Connection, path: str) -> None:
    """Raise `DatabaseCorrupt` for a database of another program, before anything in it was changed."""
    application = connection.pragma("application_id")
    if application not in (0, APPLICATION_ID) or (application == 0 and _has_tables(connection)):
        raise DatabaseCorrupt(f"{path} is a SQLite database of another program. Choose another file.")


def migrate(connection: apsw.Connection, path: str) -> None:
    """Apply what is missing, in one transaction each. Raises `Unavailable` for a schema that `check_schema` refuses.

    A file has one engine, so nobody of an older release is left who needs what a `post` phase takes away.
    """
    refuse_foreign(connection, path)
    check_schema(connection, path)
    applied = _applied(connection)
    for phase in find_phases("sqlite"):
        if phase.key not in applied:
            connection.execute("begin immediate")
            connection.execute(phase.text)
            connection.execute("insert into meta (key, value) values (?, ?)", (phase.key, phase.digest))
            connection.execute(f"pragma user_version = {phase.number}")
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
            connection.execute("commit")


def check_schema(connection: apsw.Connection, path: str) -> None:
    """Raise `Unavailable` for a schema that is newer, or that another text of a migration made. Changes nothing."""
    version = connection.pragma("user_version")
    phases = find_phases("sqlite")
    if version > newest(phases):
        raise Unavailable(f"{path} has schema {version}, this release knows {newest(phases)}. Upgrade Runcast.")
    applied = _applied(connection)
    for phase in phases:
        found = applied.get(phase.key, "")
        # The `post` phase of the newest migration may be missing: a process can end between the two.
        is_due = phase.number < version or (phase.number == version and not phase.is_post)
        if (is_due or found) and found != phase.digest:
            raise Unavailable(
                f"{path} was made by another build of Runcast: it has {phase.key} as {found[:12] or 'unnamed'}, "
                f"this build as {phase.digest[:12]}. Keep it for the build that made it and choose another file, "
                "or delete it: then a new one is made."
            )


def _applied(connection: apsw.Connection) -> dict[str, str]:
    """The digest of each migration, by its key in `meta`; empty when the database says nothing of them."""
    if not connection.execute("select exists (select 1 from sqlite_schema where name = 'meta')").get:
        return {}
    return dict(connection.execute("select key, value from meta where key like 'migration %'"))


def _has_tables(connection: apsw.Connection) -> bool:
    return bool(connection.execute("select exists (select 1 from sqlite_schema)").get)
