"""Rows of an outbox are written through the connections of all the libraries that people use, and stand and fall with their transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg  # type: ignore[import-untyped]
import msgspec
import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from runcast import InvalidInput, InvalidPayload, NotDurableHere, ValueTooLarge, outbox, step, task, tasks
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.domain.run import NewRun
from runcast.sdk.registry import registry
from runcast.testing import TestEngine

Begin = Callable[[str], Any]


@pytest.fixture(autouse=True)
def own_tasks() -> Iterator[None]:
    before = list(registry)
    registry.clear()
    yield
    registry.clear()
    for definition in before:
        registry.add(definition)


class Rollback(Exception):
    """Ends a transaction without a trace."""


# --- a transaction of each library: `async with` it for a connection; `Rollback` rolls it back


@asynccontextmanager
async def with_sqlite3(address: str) -> AsyncIterator[Any]:
    connection = sqlite3.connect(address)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


@asynccontextmanager
async def with_a_cursor(address: str) -> AsyncIterator[Any]:
    connection = sqlite3.connect(address)
    try:
        with connection:
            yield connection.cursor()
    finally:
        connection.close()


@asynccontextmanager
async def with_aiosqlite(address: str) -> AsyncIterator[Any]:
    async with aiosqlite.connect(address) as connection:
        yield connection
        await connection.commit()


@asynccontextmanager
async def with_psycopg(address: str) -> AsyncIterator[Any]:
    with psycopg.connect(address) as connection:
        yield connection


@asynccontextmanager
async def with_async_psycopg(address: str) -> AsyncIterator[Any]:
    async with await psycopg.AsyncConnection.connect(address) as connection:
        yield connection


@asynccontextmanager
async def with_asyncpg(address: str) -> AsyncIterator[Any]:
    url, _, path = address.partition("options=-csearch_path%3D")
    connection = await asyncpg.connect(url.rstrip("?&"), server_settings={"search_path": path})
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


def sqlalchemy_url(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://") if "://" in address else f"sqlite:///{address}"


@asynccontextmanager
async def with_sqlalchemy_connection(address: str) -> AsyncIterator[Any]:
    engine = sqlalchemy.create_engine(sqlalchemy_url(address))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@asynccontextmanager
async def with_sqlalchemy_session(address: str) -> AsyncIterator[Any]:
    engine = sqlalchemy.create_engine(sqlalchemy_url(address))
    try:
        with Session(engine) as session, session.begin():
            yield session
    finally:
        engine.dispose()


@asynccontextmanager
async def with_async_sqlalchemy(address: str) -> AsyncIterator[Any]:
    engine = create_async_engine(sqlalchemy_url(address))
    try:
        async with AsyncSession(engine) as session, session.begin():
            yield session
    finally:
        await engine.dispose()


@asynccontextmanager
async def with_async_sqlalchemy_connection(address: str) -> AsyncIterator[Any]:
    engine = create_async_engine(sqlalchemy_url(address))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


SQLITE: list[Begin] = [
    with_sqlite3,
    with_a_cursor,
    with_aiosqlite,
    with_sqlalchemy_connection,
    with_sqlalchemy_session,
]
POSTGRES: list[Begin] = [
    with_psycopg,
    with_async_psycopg,
    with_asyncpg,
    with_sqlalchemy_connection,
    with_sqlalchemy_session,
    with_async_sqlalchemy,
    with_async_sqlalchemy_connection,
]
EVERY = [*(("sqlite", begin) for begin in SQLITE), *(("postgresql", begin) for begin in POSTGRES)]


@pytest.fixture(params=EVERY, ids=[f"{dialect}-{begin.__name__}" for dialect, begin in EVERY])
def transaction(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """A new transaction of a library, on one database."""
    dialect, begin = request.param
    address = str(tmp_path / "app.db") if dialect == "sqlite" else request.getfixturevalue("postgres")
    return lambda: begin(address)


async def done(call: Any) -> Any:
    """What both kinds of connections give."""
    return call.result() if call.done else await call


async def rows_of(connection: Any) -> list[tuple[str, str, str]]:
    query = "select kind, id, body from runcast_outbox order by seq"
    if isinstance(connection, asyncpg.Connection):
        return [tuple(row) for row in await connection.fetch(query)]
    statement: Any = sqlalchemy.text(query) if type(connection).__module__.startswith("sqlalchemy") else query
    found = connection.execute(statement)
    if isinstance(found, Awaitable):
        found = await found
    fetched = found.fetchall()
    return [tuple(row) for row in (await fetched if isinstance(fetched, Awaitable) else fetched)]


async def test_a_row_is_there_when_its_transaction_commits_and_never_else(transaction: Callable[[], Any]) -> None:
    @task
    async def ship(order: str, count: int = 1) -> str:
        return order

    async with transaction() as connection:
        for _ in range(2):  # it may be there already
            await done(outbox.create(connection))
    async with transaction() as connection:
        run = await done(outbox.trigger(connection, ship.options(tags="it's 100% :v1 ?").item("Ö'1", count=2)))
        await done(outbox.complete_wait(connection, "waitpoint_1", {"by": "ada"}))
    with suppress(Rollback):
        async with transaction() as connection:
            await done(outbox.trigger(connection, ship.item("o2")))
            raise Rollback
    async with transaction() as connection:
        (kind, run_id, body), completed = await rows_of(connection)
    new = msgspec.json.decode(body, type=NewRun)
    assert (kind, run_id) == ("trigger", run.id)
    assert (new.id, new.task, new.payload) == (run.id, "ship", '{"order":"Ö\'1","count":2}')
    assert new.tags == ("it's 100% :v1 ?",)
    assert completed == ("complete_wait", "waitpoint_1", '{"by":"ada"}')


# --- Django


@pytest.fixture(params=["sqlite", "postgresql"])
def django_connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    settings = import_module("django.conf").settings
    if not settings.configured:
        settings.configure(USE_TZ=True)
        import_module("django").setup()
    if request.param == "sqlite":
        own = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "app.db")}
    else:
        info = psycopg.conninfo.conninfo_to_dict(request.getfixturevalue("postgres"))
        own = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": str(info["dbname"]),
            "USER": str(info.get("user", "")),
            "HOST": str(info.get("host", "")),
            "PORT": str(info.get("port", "")),
            "OPTIONS": {"options": info["options"]},  # type: ignore[dict-item]
        }
    handler = import_module("django.db.utils").ConnectionHandler({"default": own})
    connection = handler["default"]
    yield connection
    connection.close()


@pytest.mark.parametrize("through", ["connection", "cursor"])
def test_django_writes_through_its_connection_or_a_cursor(django_connection: Any, through: str) -> None:
    @task
    async def ship(order: str) -> str:
        return order

    django_connection.set_autocommit(False)

    def write(order: str) -> str:
        if through == "connection":
            return outbox.trigger(django_connection, ship.item(order)).result().id
        with django_connection.cursor() as cursor:
            return outbox.trigger(cursor, ship.item(order)).result().id

    with django_connection.cursor() as cursor:
        outbox.create(cursor)
    run_id = write("100% o1")
    django_connection.commit()
    write("o2")
    django_connection.rollback()
    with django_connection.cursor() as cursor:
        cursor.execute("select id from runcast_outbox")
        assert cursor.fetchall() == [(run_id,)]
    django_connection.rollback()


# --- what is checked where it is written


@pytest.fixture
def app() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    outbox.create(connection)
    yield connection
    connection.close()


def count(app: sqlite3.Connection) -> int:
    found: int = app.execute("select count(*) from runcast_outbox").fetchone()[0]
    return found


def test_what_could_not_be_triggered_is_refused_and_not_written(app: sqlite3.Connection) -> None:
    @task
    async def ship(order: str) -> str:
        return order

    with pytest.raises(InvalidPayload):
        outbox.trigger(app, ship.item(object()))  # type: ignore[arg-type]
    with pytest.raises(InvalidPayload):
        outbox.trigger(app, tasks.item("ship", {"another": 1}))
    with pytest.raises(ValueTooLarge):
        outbox.trigger(app, ship.item("x" * PAYLOAD_BYTES_MAX))
    with pytest.raises(InvalidInput):
        outbox.trigger(app, ship.options(max_attempts=0).item("o1"))
    with pytest.raises(InvalidInput):
        outbox.complete_wait(app, "")
    with pytest.raises(InvalidPayload):
        outbox.complete_wait(app, "waitpoint_1", object())
    assert count(app) == 0


async def test_something_that_is_no_connection_is_refused() -> None:
    with pytest.raises(InvalidInput, match="sqlalchemy"):
        outbox.create(object())
    with pytest.raises(InvalidInput, match="transaction"):
        outbox.create(sqlalchemy.create_engine("sqlite://"))
    with pytest.raises(InvalidInput, match="transaction"):
        outbox.create(asyncpg.create_pool("postgresql://localhost/none"))
    with pytest.raises(InvalidInput, match="mysql"):
        outbox.definition("mysql")


def test_a_delay_counts_from_the_call(app: sqlite3.Connection) -> None:
    outbox.trigger(app, tasks.item("ship", {}, delay="1h"))
    outbox.trigger(app, tasks.item("ship", {}))
    (_, body, now), (_, plain, _) = app.execute("select id, body, written_at from runcast_outbox").fetchall()
    new = msgspec.json.decode(body, type=NewRun)
    assert new.delay_ms == 0
    assert new.start_at is not None
    assert abs(new.start_at - now - 3_600_000) < 5_000
    assert msgspec.json.decode(plain, type=NewRun).start_at is None


async def test_an_asynchronous_row_that_nobody_awaits_says_so(postgres: str) -> None:
    async with await psycopg.AsyncConnection.connect(postgres) as connection:
        await outbox.create(connection)
        call = outbox.trigger(connection, tasks.item("ship", {}))
        assert "await" in repr(call)
        with pytest.raises(NotDurableHere, match="await"):
            call.result()
        first = await call
        assert await call is first is call.result()


async def test_a_codec_seals_what_is_written(app: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNCAST_CODEC", "tests.sdk.test_outbox:Backwards")
    outbox.trigger(app, tasks.item("ship", {"order": "secret"}))
    outbox.complete_wait(app, "waitpoint_1", "secret")
    bodies = [body for (body,) in app.execute("select body from runcast_outbox")]
    assert not any("secret" in body for body in bodies)
    assert all("$sealed" in body for body in bodies)


class Backwards:
    def encode(self, data: bytes) -> bytes:
        return data[::-1]

    def decode(self, data: bytes) -> bytes:
        return data[::-1]


async def test_a_body_writes_in_a_step_only(app: sqlite3.Connection) -> None:
    @task
    async def ship(order: str) -> str:
        return order

    @step
    async def order_in_a_step() -> None:
        outbox.trigger(app, ship.item("o1"))

    @task
    async def orders() -> bool:
        await order_in_a_step()
        try:
            outbox.trigger(app, ship.item("o2"))
        except NotDurableHere:
            return True
        return False

    async with TestEngine() as engine:
        assert await engine.run(orders)
    assert count(app) == 1


async def test_an_engine_for_tests_relays_when_it_settles(tmp_path: Path) -> None:
    @task
    async def ship(order: str) -> str:
        return order

    async with TestEngine(outbox=[f"sqlite:///{tmp_path}/app.db"]) as engine:
        async with with_sqlite3(str(tmp_path / "app.db")) as connection:
            outbox.create(connection)
            late = outbox.trigger(connection, ship.options(delay="1h").item("late")).result()
            outbox.trigger(connection, tasks.item("ship", {"order": "o1"}))
        assert (await engine.finish(late)).output == "late"
        assert sorted(str(run.output) for run in (await engine.client.list()).runs) == ["late", "o1"]
