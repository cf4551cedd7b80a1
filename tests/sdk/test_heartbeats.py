"""`Following.with_heartbeats`: a stream that says something while nothing happens, and lets go when its reader leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from runcast import Client, Following, InvalidInput, NotFound, RunStatus, RunUpdate
from runcast.engine.engine import Engine
from runcast.server import Server, ServerConfig

PATIENCE_S = 20.0


@pytest.fixture(params=["process", "socket"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Engine, Client]]:
    database = tmp_path / "runcast.db"
    async with Server(ServerConfig(database=str(database), installed_extensions=False)) as server:
        client = Client(gateway=server.engine) if request.param == "process" else Client(database)
        yield server.engine, client
        if request.param == "socket":
            await client.close()


def beating(client: Client, run_id: str) -> Following[RunUpdate | None]:
    return client.runs.subscribe(run_id).with_heartbeats(0.01)


async def left(engine: Engine) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while engine.subscribers:
            await asyncio.sleep(0)


async def test_what_happens_is_told_as_without_them_between_the_heartbeats(place: tuple[Engine, Client]) -> None:
    engine, client = place
    run = await client.trigger("nobody")
    told = []
    async for update in beating(client, run.id):
        told.append(None if update is None else update.run.status)
        if told[-3:] == [None, None, None]:
            await client.cancel(run.id)
    assert [status for status in told if status is not None] == [RunStatus.PENDING_VERSION, RunStatus.CANCELED]
    await left(engine)


async def test_a_reader_that_leaves_between_two_updates_follows_no_more(place: tuple[Engine, Client]) -> None:
    engine, client = place
    run = await client.trigger("nobody")
    updates = cast("AsyncGenerator[RunUpdate | None]", aiter(beating(client, run.id)))
    while await anext(updates) is not None:
        assert engine.subscribers == 1
    await updates.aclose()
    await left(engine)


async def test_a_reader_that_is_cancelled_while_it_waits_follows_no_more(place: tuple[Engine, Client]) -> None:
    engine, client = place
    run = await client.trigger("nobody")
    updates = aiter(client.runs.subscribe(run.id).with_heartbeats("1h"))
    assert await anext(updates) is not None

    async def wait_for_more() -> None:
        await anext(updates)

    waiting = asyncio.create_task(wait_for_more())
    await client.retrieve(run.id)
    waiting.cancel()
    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
    await left(engine)


async def test_an_error_is_the_readers(place: tuple[Engine, Client]) -> None:
    engine, client = place
    with pytest.raises(NotFound):
        await anext(aiter(beating(client, "run_nobody")))
    with pytest.raises(InvalidInput):
        client.follow("run_nobody").with_heartbeats("often")
    await left(engine)
