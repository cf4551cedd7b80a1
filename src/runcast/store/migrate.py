"""Brings a database to the schema of this release, or refuses to touch one that is newer."""

from __future__ import annotations

from importlib.resources import files

import apsw

from runcast.domain.errors import DatabaseCorrupt, Unavailable

APPLICATION_ID = 0x52554E43
"""`RUNC`, in the file's header: tells our files from others."""


def migrations() -> list[tuple[int, str]]:
    """(version, text) of every migration, in order."""
    folder = files("runcast.store").joinpath("sql").joinpath("migrations")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sqlite.sql"))
    return [(int(name[:4]), folder.joinpath(name).read_text("utf-8")) for name in names]


def refuse_foreign(connection: apsw.Connection, path: str) -> None:
    """Raise `DatabaseCorrupt` for a database of another program, before anything in it was changed."""
    application = connection.pragma("application_id")
    if application not in (0, APPLICATION_ID) or (application == 0 and _has_tables(connection)):
        raise DatabaseCorrupt(f"{path} is a SQLite database of another program. Choose another file.")


def migrate(connection: apsw.Connection, path: str) -> None:
    """Apply what is missing, in one transaction each. Raises `Unavailable` for a newer schema."""
    refuse_foreign(connection, path)
    version = connection.pragma("user_version")
    known = migrations()
    if version > known[-1][0]:
        raise Unavailable(f"{path} has schema {version}, this release knows {known[-1][0]}. Upgrade Runcast.")
    for number, text in known:
        if number > version:
            connection.execute("begin immediate")
            connection.execute(text)
            connection.execute(f"pragma user_version = {number}")
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
            connection.execute("commit")


def _has_tables(connection: apsw.Connection) -> bool:
    return bool(connection.execute("select exists (select 1 from sqlite_schema)").get)
