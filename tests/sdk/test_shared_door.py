"""A program that triggers into a PostgreSQL: it opens the database itself, once, beside the engines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from runcast import Client, embed, task
from runcast.domain.errors import InvalidInput, Unavailable
from runcast.sdk.ambient import current_door, door_to_database
from runcast.sdk.portal import get_portal
from runcast.sdk.shared_door import SharedDoor


@task
async def shared_double(n: int) -> int:
    return 2 * n


def closed(url: str) -> None:
    """What a test opened is the process's; the next test has another schema."""
    door = door_to_database(url)
    get_portal().submit(door.close()).result()


def test_a_program_beside_the_engines_triggers_and_hears_of_the_end(postgres: str) -> None:
    with embed(postgres):
        beside = Client(postgres)
        handle = beside.trigger("shared_double", {"n": 21}).result()
        assert handle.result().result() == 42
        assert beside.retrieve(handle.id).result().status == "COMPLETED"
    closed(postgres)


def test_the_setting_names_it_for_bare_triggers(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_DATABASE", postgres)
    door = current_door()
    assert isinstance(door, SharedDoor)
    assert door is door_to_database(postgres)


def test_a_trigger_makes_no_tables(postgres: str) -> None:
    with pytest.raises(Unavailable, match="runcast db migrate"):
        Client(postgres).trigger("shared_double", {"n": 1}).result()
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select to_regclass('runs')").fetchone() == (None,)


def test_what_is_no_database_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="sqlite:///path, or postgresql://") as refused:
        Client("mysql://ada:secret@host/shop")
    assert "secret" not in str(refused.value)


async def test_triggers_of_many_tasks_share_one_opening(postgres: str) -> None:
    async with embed(postgres):
        beside = Client(postgres)
        handles = await asyncio.gather(*(beside.trigger("shared_double", {"n": n}) for n in range(50)))
        ends = await asyncio.gather(*(handle.result() for handle in handles))
        assert list(ends) == [2 * n for n in range(50)]
    await asyncio.to_thread(closed, postgres)
