"""Behind a pooler settings belong to the user, and who lacks them is told the statements."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import psycopg
import pytest

from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.sdk.fresh_ids import fresh_id
from runcast.server import Server, ServerConfig, open_client

_ROLE = f"runcast_test_pooled_{os.getpid()}"


@pytest.fixture
def pooled(postgres: str) -> Iterator[str]:
    """The address of a user of its own, whose settings nobody else has."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create role {_ROLE} superuser login".encode())
        yield f"{postgres}&user={_ROLE}"
        connection.execute(f"reassign owned by {_ROLE} to current_user".encode())
        connection.execute(f"drop role {_ROLE}".encode())


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "alter role" in record.getMessage()]


async def test_an_engine_says_which_settings_its_user_lacks_until_it_has_them(
    pooled: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    config = ServerConfig(database=pooled, database_direct=pooled)
    async with Server(config):
        (message,) = told(caplog)
    statements = message.partition("directly: ")[2]
    assert "plan_cache_mode" in statements
    with psycopg.connect(pooled, autocommit=True) as connection:
        connection.execute(statements.encode())
    caplog.clear()
    async with Server(config) as server:
        assert told(caplog) == []
        await server.engine.trigger([NewRun(id=RunId(fresh_id("run")), task="hello", payload="{}")])


async def test_who_only_passes_by_is_not_told(pooled: str, caplog: pytest.LogCaptureFixture) -> None:
    async with Server(ServerConfig(database=pooled)):
        pass
    client = await open_client(pooled, direct=pooled)
    await client.close()
    assert told(caplog) == []


async def test_without_a_pooler_nothing_is_told(pooled: str, caplog: pytest.LogCaptureFixture) -> None:
    async with Server(ServerConfig(database=pooled)):
        assert told(caplog) == []
