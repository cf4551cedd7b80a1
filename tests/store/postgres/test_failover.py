"""A stand-by that had not heard everything takes over: no number is given for another fact, and no epoch for another claim."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from runcast.clock import ManualClock
from runcast.domain.ids import RunId
from runcast.domain.journal import NewWait
from runcast.domain.run import NewRun, RunStatus
from runcast.engine.engine import Engine, EngineSettings
from runcast.gateway import Watch
from runcast.sdk import wait
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.store.postgres.database import PostgresDatabase
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from tests.store.postgres.server import PostgresServer, running

PATIENCE_S = 30.0
registry = Registry()


@task(registry=registry)
async def through(token: str) -> str:
    await wait.for_token(token)
    return "through"


@task(registry=registry)
async def quick() -> str:
    return "done"


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running() as server:
        yield server


def newest_number(url: str) -> int:
    """Of the feed."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("select last_value from changes_seq_seq").fetchone()
    assert row is not None
    return int(row[0])


async def quickly(engine: Engine) -> RunId:
    (run,) = await engine.trigger([NewRun(RunId(fresh_id("run")), "quick", "{}")])
    await engine.result(run.id)
    return run.id


async def until_waiting(engine: Engine, run_id: RunId) -> None:
    async for update in engine.watch(Watch(run_ids=(run_id,))):
        if any(run.status is RunStatus.WAITING for run in update.runs):
            return


@asynccontextmanager
async def working(url: str) -> AsyncIterator[Engine]:
    settings = EngineSettings(lease_ms=2_000, renew_ms=200)
    async with Server(ServerConfig(database=url, engine=settings, installed_extensions=False)) as server:
        worker = EmbeddedWorker(server.engine, registry, WorkerSettings(grace_ms=0))
        worker.start()
        await worker.opened()
        try:
            yield server.engine
        finally:
            worker.stop(grace_ms=0)
            await worker.joined()


@pytest.mark.slow
async def test_work_goes_on_under_numbers_that_nobody_has_seen(server: PostgresServer) -> None:
    async with asyncio.timeout(2 * PATIENCE_S), working(server.url) as engine:
        token = await engine.create_wait(NewWait(fresh_id("waitpoint")))
        (kept,) = await engine.trigger([NewRun(RunId(fresh_id("run")), "through", f'{{"token": "{token.id}"}}')])
        await until_waiting(engine, kept.id)
        await asyncio.to_thread(server.keep_state)
        lost = [await quickly(engine) for _ in range(20)]
        seen = newest_number(server.url)
        await asyncio.to_thread(server.fail_over)

        await quickly(engine)
        assert newest_number(server.url) > seen
        assert [await engine.find_run(id) for id in lost] == [None] * 20
        await engine.complete_wait(token.id, "1")
        run = await engine.result(kept.id)
        assert run.output == '"through"'
        assert run.epoch > 1_000


def test_the_same_server_started_again_is_no_fail_over(server: PostgresServer) -> None:
    def look() -> tuple[int, str]:
        session, _ = PostgresDatabase(server.url).open(ManualClock())
        session.close()
        with psycopg.connect(server.url) as connection:
            row = connection.execute("select value from meta where key = 'timeline'").fetchone()
        assert row is not None
        return newest_number(server.url), row[0]

    before = look()
    server.crash()
    server.start()
    # After a crash a sequence may skip what was reserved, and no more.
    after = look()
    assert after[1] == before[1] == "00000001"
    assert after[0] - before[0] < 100
