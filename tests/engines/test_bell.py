"""Engines ring each other; a bell that is lost costs a second and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from queue import Queue

import psycopg
import pytest

from runcast.clock import SystemClock
from runcast.domain.ids import RunId, WorkerId, make_id
from runcast.domain.outcome import Released, Succeeded
from runcast.domain.queue import QueueChange, QueueSettings
from runcast.domain.run import NewRun, Run
from runcast.engine.engine import Engine
from runcast.engine.session import LocalSession
from runcast.gateway import Assignment, Demand, Hello, News, Report, Stop, TaskInfo
from runcast.store import doctor
from runcast.store.postgres.bell import CHANNEL, Bell
from runcast.store.postgres.database import PostgresDatabase
from runcast.store.store import Store

pytestmark = pytest.mark.anyio

PATIENCE_S = 10.0


class Mute(PostgresDatabase):
    """It never rings the others."""

    def _ring(self, queues: bool) -> None:
        pass


class Heard:
    """An inbox to wait at."""

    def __init__(self) -> None:
        self.assigned: asyncio.Queue[Assignment] = asyncio.Queue()
        self.told: asyncio.Queue[News | Stop] = asyncio.Queue()

    def assign(self, assignments: list[Assignment]) -> None:
        for assignment in assignments:
            self.assigned.put_nowait(assignment)

    def news(self, news: list[News]) -> None:
        for item in news:
            self.told.put_nowait(item)

    def stop(self, stops: list[Stop]) -> None:
        for item in stops:
            self.told.put_nowait(item)


@asynccontextmanager
async def running(database: PostgresDatabase, id: str) -> AsyncIterator[Engine]:
    """An engine with its threads and services."""
    store = Store(database, SystemClock())
    engine = Engine(store, store.clock, id=id)
    await engine.start()
    services = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        services.cancel()
        await asyncio.gather(services, return_exceptions=True)
        await asyncio.to_thread(store.close)


async def hired(engine: Engine, id: str, *, queue: QueueSettings | None = None) -> tuple[LocalSession, Heard]:
    inbox = Heard()
    hello = Hello(WorkerId(id), (TaskInfo("work", "work"),), (queue,) if queue else ())
    session = await engine.open(hello, inbox)  # type: ignore[arg-type]
    session.demand(Demand({"async": 1_000}))
    return session, inbox


_NUMBERS = iter(range(1, 1 << 30))


async def trigger(engine: Engine) -> RunId:
    [run] = await engine.trigger(
        [NewRun(RunId(make_id("run", at_ms=engine.clock.now_ms(), chance=next(_NUMBERS))), "work", "{}")]
    )
    return run.id


async def done(session: LocalSession, inbox: Heard) -> Assignment:
    run = await inbox.assigned.get()
    await session.report([Report(run.run_id, run.epoch, outcome=Succeeded("1"))])
    return run


@pytest.fixture(params=["rung", "never rung"])
def databases(request: pytest.FixtureRequest, postgres: str) -> tuple[PostgresDatabase, PostgresDatabase]:
    kind = PostgresDatabase if request.param == "rung" else Mute
    return kind(postgres), kind(postgres)


async def test_what_is_asked_of_one_engine_happens_at_another_and_is_heard_of(
    databases: tuple[PostgresDatabase, PostgresDatabase],
) -> None:
    async with asyncio.timeout(PATIENCE_S), running(databases[0], "a") as a, running(databases[1], "b") as b:
        session, inbox = await hired(b, "wb")
        run_id = await trigger(a)
        waiting = asyncio.create_task(a.result(run_id))
        assert (await done(session, inbox)).run_id == run_id
        ended: Run = await waiting
        assert ended.status == "COMPLETED"
        canceled = await trigger(a)
        run = await inbox.assigned.get()
        await a.cancel([canceled])
        assert await inbox.told.get() == Stop(canceled, run.epoch, "CANCELED")
        await session.report([Report(run.run_id, run.epoch, outcome=Released())])
        assert await a.store.read(doctor.examine) == []


async def test_a_slot_that_comes_free_at_one_engine_is_taken_at_another(
    databases: tuple[PostgresDatabase, PostgresDatabase],
) -> None:
    one = QueueSettings("work", concurrency=1)
    async with asyncio.timeout(PATIENCE_S), running(databases[0], "a") as a, running(databases[1], "b") as b:
        session, inbox = await hired(a, "wa", queue=one)
        await trigger(a)
        run = await inbox.assigned.get()
        session.demand(Demand({"async": 0}, received=1))
        _, other = await hired(b, "wb", queue=one)
        second = await trigger(a)
        await session.report([Report(run.run_id, run.epoch, outcome=Succeeded("1"))])
        assert (await other.assigned.get()).run_id == second


async def test_a_limit_that_is_lifted_at_one_engine_frees_runs_for_another(postgres: str) -> None:
    one = QueueSettings("work", concurrency=1)
    databases = PostgresDatabase(postgres), PostgresDatabase(postgres)
    async with asyncio.timeout(PATIENCE_S), running(databases[0], "a") as a, running(databases[1], "b") as b:
        _, inbox = await hired(b, "wb", queue=one)
        for _ in range(2):
            await trigger(b)
        await inbox.assigned.get()
        assert inbox.assigned.empty()
        await a.change_queue("work", QueueChange(concurrency=None))
        await inbox.assigned.get()


async def test_two_engines_at_work_hear_each_other_within_a_fraction_of_a_second(postgres: str) -> None:
    databases = PostgresDatabase(postgres), PostgresDatabase(postgres)
    async with asyncio.timeout(60), running(databases[0], "a") as a, running(databases[1], "b") as b:
        session, inbox = await hired(b, "wb")
        took = []
        for _ in range(40):
            begun = time.monotonic()
            waiting = asyncio.create_task(a.result(await trigger(a)))
            await done(session, inbox)
            await waiting
            took.append(time.monotonic() - begun)
            # It rings while the other rings.
            await asyncio.gather(trigger(a), trigger(b))
            await done(session, inbox)
            await done(session, inbox)
        took.sort()
        assert took[len(took) // 2] < 0.5
        assert sum(each > 0.9 for each in took) <= 2, took


async def test_a_ring_that_comes_while_the_bell_itself_rings_is_heard(postgres: str) -> None:
    heard: Queue[bool] = Queue()

    def on_ring(queues: bool) -> None:
        if heard.empty():
            # Both are there before it looks again.
            with psycopg.connect(postgres, autocommit=True) as other:
                other.execute("select pg_notify(%s, 'queues')", (CHANNEL,))
            bell.ring(False)
        heard.put(queues)

    bell = Bell(PostgresDatabase(postgres).connect, on_ring)
    PostgresDatabase(postgres).open(SystemClock())[0].close()
    bell.start()
    try:
        assert heard.get(timeout=PATIENCE_S)
        assert heard.get(timeout=PATIENCE_S)
    finally:
        bell.close()
