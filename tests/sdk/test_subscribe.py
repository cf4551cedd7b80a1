"""`client.runs.subscribe` over every kind of connection, also while the server is restarted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from runcast import Client, RunUpdate
from runcast.domain.address import Address
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.run import RunStatus
from runcast.http_settings import ApiSettings
from runcast.sdk import metadata, streams, wait
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.socket_server.network import Listen
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings

PATIENCE_S = 20.0
DOORS = ("process", "unix", "tcp", "http", "postgres")
registry = Registry()


@task(registry=registry)
async def count(to: int) -> int:
    for number in range(to):
        metadata.set("number", number)
        streams.append("numbers", number)
        await wait.for_(0.01)
    return to


@task(registry=registry)
async def gated(token: str) -> str:
    metadata.set("before", True)
    await wait.for_token(token)
    return "through"


@task(registry=registry)
async def parent() -> int:
    return await count.trigger_and_wait(2).unwrap()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Place:
    """Where a server is, however often it is started, and how a program reaches it."""

    def __init__(self, door: str, folder: Path, postgres: str) -> None:
        self._door = door
        self._database = postgres or str(folder / "runcast.db")
        self._port = free_port()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Server]:
        listen = Listen(Address("tcp", "127.0.0.1", self._port)) if self._door == "tcp" else None
        http = ApiSettings(port=self._port, local=True) if self._door == "http" else None
        config = ServerConfig(database=self._database, listen=listen, http=http, installed_extensions=False)
        async with Server(config) as server:
            worker = EmbeddedWorker(server.engine, registry, WorkerSettings(grace_ms=0))
            worker.start()
            await worker.opened()
            try:
                yield server
            finally:
                worker.stop(grace_ms=0)
                await worker.joined()

    def client(self, server: Server) -> Client:
        match self._door:
            case "process":
                return Client(gateway=server.engine)
            case "unix":
                return Client(url=f"unix://{self._database}.sock")
            case "tcp":
                return Client(url=f"tcp://127.0.0.1:{self._port}")
            case "http":
                assert server.http is not None
                return Client(url=server.http.url, key=server.http.local_key)
            case _:
                return Client(self._database)

    async def left(self, client: Client) -> None:
        """The engine of this process is the server's own."""
        if self._door != "process":
            await client.close()


@pytest.fixture(params=DOORS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    postgres = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    return Place(request.param, tmp_path, postgres)


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[Client]:
    async with place.served() as server:
        client = place.client(server)
        async with asyncio.timeout(PATIENCE_S):
            yield client
        await place.left(client)


async def test_a_run_is_told_from_its_state_to_its_end(place: Place) -> None:
    async with opened(place) as client:
        run = await client.trigger("count", {"to": 3})
        seen = [update async for update in client.runs.subscribe(run.id)]
        assert seen[-1].run.status is RunStatus.COMPLETED
        assert seen[-1].run.metadata == {"number": 2}
        assert [update.cursor for update in seen] == sorted(update.cursor for update in seen)
        assert {"status"} <= {kind for update in seen for kind in update.changes} or len(seen) == 1


async def test_one_that_has_ended_is_told_once(place: Place) -> None:
    async with opened(place) as client:
        run = await client.trigger("count", {"to": 1})
        await run.result()
        (update,) = [update async for update in client.runs.subscribe(run.id)]
        assert (update.run.status, update.changes) == (RunStatus.COMPLETED, ())
        (again,) = [update async for update in client.runs.subscribe(run.id, cursor=update.cursor)]
        assert again.run.status is RunStatus.COMPLETED


async def test_a_tree_is_told_until_its_root_has_ended(place: Place) -> None:
    async with opened(place) as client:
        run = await client.trigger("parent")
        seen = [update async for update in client.runs.subscribe(tree=run.id)]
        assert {update.run.task for update in seen} == {"parent", "count"}
        assert (seen[-1].run.id, seen[-1].run.status) == (run.id, RunStatus.COMPLETED)


async def test_a_batch_is_told_until_its_last_run_has_ended(place: Place) -> None:
    async with opened(place) as client:
        batch = await client.batch_trigger("count", [{"to": number} for number in (1, 2, 3)])
        ends = {}
        async for update in client.runs.subscribe(batch=batch.id):
            ends[update.run.id] = update.run.status
        assert list(ends.values()) == [RunStatus.COMPLETED] * 3


async def test_a_tag_is_told_for_runs_that_come_later_too(place: Place) -> None:
    async with opened(place) as client:
        first = await client.trigger("count", {"to": 1}, tags="wanted")
        await first.result()
        updates = aiter(client.runs.subscribe(tag=["wanted", "other"]))
        assert (await anext(updates)).run.id == first.id
        await client.trigger("count", {"to": 1}, tags="unwanted")
        second = await client.trigger("count", {"to": 1}, tags=["wanted", "more"])
        update = await until(updates, lambda update: update.run.is_final)
        assert update.run.id == second.id
        await aclose(updates)


async def test_a_stream_is_told_of_though_the_run_stays_as_it_is(place: Place) -> None:
    async with opened(place) as client:
        run = await client.trigger("count", {"to": 3})
        kinds = {kind async for update in client.runs.subscribe(run.id, cursor=0) for kind in update.changes}
        ended = (await client.retrieve(run.id)).status
        assert ended is RunStatus.COMPLETED
        assert kinds <= {"status", "journal", "metadata", "stream"}


async def test_a_program_goes_on_where_another_was(place: Place) -> None:
    async with opened(place) as client:
        token = await client.create_wait()
        run = await client.trigger("gated", {"token": token.id})
        first = aiter(client.runs.subscribe(run.id))
        seen = await until(first, lambda update: update.run.status is RunStatus.WAITING)
        await aclose(first)
        await client.complete_wait(token.id)
        rest = [update async for update in client.runs.subscribe(run.id, cursor=seen.cursor)]
        assert rest[-1].run.output == "through"
        assert all(update.cursor > seen.cursor for update in rest)


async def test_what_is_not_there_is_said(place: Place) -> None:
    async with opened(place) as client:
        with pytest.raises(NotFound, match="no run run_nobody"):
            await anext(aiter(client.runs.subscribe("run_nobody")))
        with pytest.raises(NotFound, match="no batch batch_nobody"):
            await anext(aiter(client.runs.subscribe(batch="batch_nobody")))
        with pytest.raises(InvalidInput, match="one of"):
            client.runs.subscribe("run_a", tree="run_b")


@pytest.mark.parametrize("place", ["unix", "tcp", "http"], indirect=True)
async def test_a_server_that_is_restarted_is_not_noticed(place: Place) -> None:
    async with asyncio.timeout(2 * PATIENCE_S):
        async with place.served() as server:
            client = place.client(server)
            token = await client.create_wait()
            run = await client.trigger("gated", {"token": token.id})
            updates = aiter(client.runs.subscribe(run.id))
            before = await until(updates, lambda update: update.run.status is RunStatus.WAITING)
            reading = asyncio.create_task(_next(updates))
        async with place.served():
            await client.complete_wait(token.id)
            rest = [await reading, *[update async for update in updates]]
            assert rest[-1].run.output == "through"
            assert all(update.cursor > before.cursor for update in rest)
            statuses = [update.run.status for update in rest]
            assert statuses.count(RunStatus.COMPLETED) == 1
            await client.close()


def test_blocking_code_subscribes_with_a_plain_loop(tmp_path: Path) -> None:
    with Client(tmp_path / "free.db") as client:
        run = client.trigger("count", {"to": 1}).result()
        client.cancel(run.id).result()
        ended = asyncio.run(_served(tmp_path / "free.db", run.id))
    assert ended is RunStatus.CANCELED


async def _served(database: Path, run_id: str) -> RunStatus:
    async with Server(ServerConfig(database=str(database), installed_extensions=False)):
        client = Client(database)
        return (await asyncio.to_thread(lambda: [update.run.status for update in client.runs.subscribe(run_id)]))[-1]


async def _next(updates: AsyncIterator[RunUpdate]) -> RunUpdate:
    return await anext(updates)


async def until(updates: AsyncIterator[RunUpdate], test: Callable[[RunUpdate], bool]) -> RunUpdate:
    async with asyncio.timeout(PATIENCE_S):
        async for update in updates:
            if test(update):
                return update
    raise AssertionError("the updates ended")


async def aclose(updates: AsyncIterator[RunUpdate]) -> None:
    close = getattr(updates, "aclose", None)
    assert close is not None
    await close()
