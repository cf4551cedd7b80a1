"""The PostgreSQL that is measured: from its wheel, with all defaults, full durability, on the repository's file system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4


@contextmanager
def serving(database: str, beside: Path) -> Iterator[str]:
    """The address of a server as long as the block lasts; empty for SQLite, which needs none."""
    if database == "sqlite":
        yield ""
        return
    from tests import postgres

    with postgres.serving(durable=True, beside=str(beside)) as url:
        yield url


def fresh_database(server: str) -> str:
    """The address of a new, empty database."""
    import psycopg

    name = f"bench_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
