"""One `db` for the whole behaviour suite: SQLite in memory, and SQLite in a file behind the writer's memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.world import World


@pytest.fixture(params=["memory", "file"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database in which, when the test is over, every law of the doctor and of the transition table holds."""
    in_memory = request.param == "memory"
    world = World(":memory:" if in_memory else str(tmp_path / "runcast.db"), hot=not in_memory)
    yield world
    assert world.findings() == []
    assert world.forbidden_moves() == set()
    world.close()
