"""One `db` for the whole behaviour suite: SQLite in memory, SQLite in a file behind the writer's memory, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import fresh_schema
from tests.store.houses import House, PostgresHouse, SqliteHouse
from tests.store.world import World


@pytest.fixture(scope="session")
def postgres_house(postgres_server: str) -> Iterator[PostgresHouse]:
    """One schema for all tests of this process."""
    with fresh_schema(postgres_server) as url:
        house = PostgresHouse(url)
        yield house
        house.session.close()


@pytest.fixture(params=["memory", "file", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database in which, when the test is over, every law of the doctor and of the transition table holds."""
    if request.param == "postgres":
        shared: PostgresHouse = request.getfixturevalue("postgres_house")
        shared.empty()
        house: House = shared
    else:
        house = SqliteHouse(":memory:" if request.param == "memory" else str(tmp_path / "runcast.db"))
    world = World(house, hot=request.param != "memory")
    yield world
    assert world.findings() == []
    assert world.forbidden_moves() == set()
    world.close()
