"""Where the tables are: all engines of a database take turns, so they must agree on it."""

from __future__ import annotations

import psycopg
import pytest

from runcast.clock import ManualClock
from runcast.domain.errors import Unavailable
from runcast.store.postgres.database import PostgresDatabase
from tests.store.postgres.bench import Bench
from tests.store.postgres.server import PostgresServer


def test_tables_behind_another_schema_are_refused(bench: Bench, schema: str, durable_server: PostgresServer) -> None:
    """Two engines that reach the same tables by different paths would write at once."""
    name = schema.rsplit("%3D", 1)[1]
    with psycopg.connect(durable_server.url, autocommit=True) as connection:
        connection.execute("create schema own")
        try:
            with pytest.raises(Unavailable, match=f"in schema {name}, but schema own comes before it"):
                PostgresDatabase(f"{durable_server.url}?options=-csearch_path%3Down,{name}").open(ManualClock())
        finally:
            connection.execute("drop schema own")
    bench.trigger("a")
    bench.step()
    assert bench.stored() == ["a"]
