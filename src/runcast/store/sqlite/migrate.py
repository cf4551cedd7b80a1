"""Brings a database to the schema of this release, or refuses to touch one that is newer or of another build."""

from __future__ import annotations

from hashlib import sha256
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


def digest(text: str) -> str:
    """What stands for a migration's text in the databases that it made."""
    return sha256(text.encode()).hexdigest()


def migrate(connection: apsw.Connection, path: str) -> None:
    """Apply what is missing, in one transaction each. Raises `Unavailable` for a schema that `check_schema` refuses."""
    refuse_foreign(connection, path)
    check_schema(connection, path)
    version = connection.pragma("user_version")
    for number, text in migrations():
        if number > version:
            connection.execute("begin immediate")
            connection.execute(text)
            connection.execute("insert into meta (key, value) values (?, ?)", (_key(number), digest(text)))
            connection.execute(f"pragma user_version = {number}")
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
            connection.execute("commit")


def check_schema(connection: apsw.Connection, path: str) -> None:
    """Raise `Unavailable` for a schema that is newer, or that another text of a migration made. Changes nothing."""
    version = connection.pragma("user_version")
    known = migrations()
    if version > known[-1][0]:
        raise Unavailable(f"{path} has schema {version}, this release knows {known[-1][0]}. Upgrade Runcast.")
    applied = _applied(connection)
    for number, text in known:
        found = applied.get(_key(number), "")
        if number <= version and found != digest(text):
            raise Unavailable(
                f"{path} was made by another build of Runcast: it has migration {number} as {found[:12] or 'unnamed'}, "
                f"this build as {digest(text)[:12]}. Keep it for the build that made it and choose another file, "
                "or delete it: then a new one is made."
            )


def _key(number: int) -> str:
    return f"migration {number}"


def _applied(connection: apsw.Connection) -> dict[str, str]:
    """The digest of each migration, by its key in `meta`; empty when the database says nothing of them."""
    if not connection.execute("select exists (select 1 from sqlite_schema where name = 'meta')").get:
        return {}
    return dict(connection.execute("select key, value from meta where key like 'migration %'"))


def _has_tables(connection: apsw.Connection) -> bool:
    return bool(connection.execute("select exists (select 1 from sqlite_schema)").get)
