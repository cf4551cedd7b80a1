"""A served API for tests: `site` in memory, `any_site` on every database that can matter, `idle_site` without a worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runcast.server import Server, ServerConfig
from tests.api.site import Site, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """In memory, with a worker of `sample_tasks` in the environment `dev`."""
    async with serving() as site:
        yield site


@pytest.fixture(params=["memory", "postgres"])
async def any_site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """The same, in memory and on PostgreSQL."""
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address) as site:
        yield site


@pytest.fixture(params=["memory", "postgres"])
async def idle_site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """Without a worker: runs stay as they are triggered."""
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address, environments=()) as site:
        yield site


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database on which no engine runs."""

    async def begin() -> None:
        async with Server(ServerConfig(database=str(tmp_path / "runcast.db"), installed_extensions=False)):
            pass

    asyncio.run(begin())
    return str(tmp_path / "runcast.db")
