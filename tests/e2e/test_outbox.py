"""The outbox from a user's transaction to a run's end, with real engines: some are killed, some share their database."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from runcast import NotFound, embed, outbox
from runcast.engine.engine import EngineSettings
from runcast.gateway import RunFilter
from runcast.sdk import relayed_door
from runcast.sdk.portal import close_portal
from runcast.sdk.registry import registry
from runcast.server import Server, ServerConfig
from tests.e2e.outbox_app import ship

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0


def command(folder: Path, address: str, end: str) -> list[str]:
    """An engine in a process of its own."""
    return [sys.executable, "-m", "tests.e2e.outbox_app", str(folder / "runcast.db"), address, end]


@pytest.fixture(autouse=True)
def only_our_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHIPPED", str(tmp_path / "shipped"))
    (tmp_path / "shipped").touch()
    before = list(registry)
    registry.clear()
    registry.add(ship)
    yield
    registry.clear()
    for definition in before:
        registry.add(definition)
    close_portal()


@pytest.fixture(params=["sqlite", "postgres"])
def user(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """The address of a user's database with an outbox, and a connection."""
    address = str(tmp_path / "app.db") if request.param == "sqlite" else request.getfixturevalue("postgres")
    connection: Any = sqlite3.connect(address) if request.param == "sqlite" else psycopg.connect(address)
    outbox.create(connection)
    connection.commit()
    yield address, connection
    connection.close()


def test_a_committed_run_is_executed_and_a_rolled_back_one_is_not(tmp_path: Path, user: tuple[str, Any]) -> None:
    address, connection = user
    with embed(tmp_path / "runcast.db", outbox=[address]) as client:
        lost = outbox.trigger(connection, ship.item("o1")).result()
        connection.rollback()
        run = outbox.trigger(connection, ship.item("o2")).result()
        wait = client.create_wait().result()
        outbox.complete_wait(connection, wait.id, "yes")
        connection.commit()
        assert run.result(timeout="20s").result() == "shipped o2"
        assert [update.ok for update in run.follow()] == [True]
        assert client.retrieve_wait(wait.id).result().value == '"yes"'
        with pytest.raises(NotFound):
            client.retrieve(lost.id).result()
    assert (tmp_path / "shipped").read_text().splitlines() == ["o2"]


def test_a_handle_of_what_was_rolled_back_says_what_may_have_happened(
    tmp_path: Path, user: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayed_door, "PATIENCE_S", 0.1)
    address, connection = user
    with embed(tmp_path / "runcast.db", outbox=[address]):
        lost = outbox.trigger(connection, ship.item("o1")).result()
        connection.rollback()
        with pytest.raises(NotFound, match="not committed"):
            lost.result().result()


def test_a_kill_between_the_trigger_and_the_delete_doubles_nothing(tmp_path: Path, user: tuple[str, Any]) -> None:
    address, connection = user
    runs = [outbox.trigger(connection, ship.item(f"o{number}")).result() for number in range(5)]
    connection.commit()
    for _ in range(2):
        done = subprocess.run(command(tmp_path, address, "dies"), cwd=ROOT, timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        assert connection.execute("select count(*) from runcast_outbox").fetchone() == (5,)
        connection.commit()
    with embed(tmp_path / "runcast.db", outbox=[address]) as client:
        for number, run in enumerate(runs):
            assert run.result(timeout="20s").result() == f"shipped o{number}"
        last = outbox.trigger(connection, ship.item("last")).result()
        connection.commit()
        last.result(timeout="20s").result()
        assert len(client.list().result().runs) == 6
    assert connection.execute("select count(*) from runcast_outbox").fetchone() == (0,)


def write_for_a_while(connection: Any, random: Random, life: int) -> dict[str, str]:
    """The orders of the transactions that were committed, by run."""
    committed: dict[str, str] = {}
    until = time.monotonic() + random.uniform(0.5, 2)
    while time.monotonic() < until:
        orders = [f"{life}.{len(committed)}.{part}" for part in range(random.randint(1, 5))]
        runs = {str(outbox.trigger(connection, ship.item(order)).result().id): order for order in orders}
        if random.random() < 0.3:
            connection.rollback()
        else:
            connection.commit()
            committed |= runs
    return committed


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_engines_that_are_killed_at_any_time_lose_and_double_nothing(
    tmp_path: Path, user: tuple[str, Any], seed: int
) -> None:
    address, connection = user
    random = Random(seed)
    committed: dict[str, str] = {}
    for life in range(6):
        with subprocess.Popen(command(tmp_path, address, "lives"), cwd=ROOT) as engine:
            try:
                committed |= write_for_a_while(connection, random, life)
            finally:
                engine.kill()
    with embed(tmp_path / "runcast.db", outbox=[address]) as client:
        last = outbox.trigger(connection, ship.item("last")).result()
        connection.commit()
        last.result(timeout="60s").result()
        for run_id, order in committed.items():
            assert client.result(run_id, timeout="60s").result() == f"shipped {order}"
        page = client.list(limit=1000).result()
        stored = len(page.runs)
        while page.cursor is not None:
            page = client.list(limit=1000, cursor=page.cursor).result()
            stored += len(page.runs)
    assert stored == len(committed) + 1


async def test_engines_that_share_a_database_start_each_run_once(
    postgres_server: str, postgres: str, user: tuple[str, Any]
) -> None:
    address, connection = user
    config = ServerConfig(database=postgres, engine=EngineSettings(outbox=(address,)), installed_extensions=False)
    async with Server(config) as one, Server(config) as other:
        ids = []
        for number in range(30):
            for part in range(5):
                ids.append((await outbox.trigger(connection, ship.item(f"o{number}.{part}"))).id)
            connection.commit()
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            while len(found := (await one.engine.list_runs(RunFilter(), limit=1000)).runs) < len(ids):
                await asyncio.sleep(0.01)
            while connection.execute("select count(*) from runcast_outbox").fetchone() != (0,):
                connection.commit()
                await asyncio.sleep(0.01)
        assert sorted(run.id for run in found) == sorted(ids)
        assert len((await other.engine.list_runs(RunFilter(), limit=1000)).runs) == len(ids)


async def test_an_engine_stops_at_once_while_its_outbox_does_not_answer(tmp_path: Path) -> None:
    config = ServerConfig(
        database=str(tmp_path / "runcast.db"),
        engine=EngineSettings(outbox=(f"sqlite:///{tmp_path}/none.db", "postgresql://localhost:1/none")),
        installed_extensions=False,
    )
    async with asyncio.timeout(PATIENCE_S):
        async with Server(config) as server:
            assert (await server.engine.list_runs(RunFilter())).runs == ()
