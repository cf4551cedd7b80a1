"""`files`: the same in the engine's process, through its socket, and inside tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from runcast.blobs.bucket import open_bucket
from runcast.clock import ManualClock
from runcast.domain.errors import Conflict, InvalidInput, NotFound, ValueTooLarge
from runcast.domain.file import NewFile
from runcast.domain.ids import RunId
from runcast.domain.limits import FILE_GRACE_MS, FILE_OPEN_MS, FILE_PATH_BYTES_MAX, FILE_PIECE_BYTES
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine
from runcast.engine.remove_objects import RemoveObjects
from runcast.sdk.ambient import use_door
from runcast.sdk.client import Client
from runcast.sdk.doors import GatewayDoor
from runcast.sdk.files import files
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.store import doctor
from runcast.store.opening import open_store
from runcast.wire import socket_path
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings

LARGE = bytes(range(256)) * (FILE_PIECE_BYTES // 256) + b"and a little more"
HOSTILE = ("", "/etc/passwd", "a//b", "a/", "../a", "a/../b", "a/./b", ".", "a\0b", "a\nb", "a\\b", "\ud800")


@pytest.fixture(params=["memory", "socket", "postgres", "blobs"])
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of an engine: in its process on each database and with a blob store, or through the socket."""
    database = {"socket": str(tmp_path / "x.db")}.get(request.param, ":memory:")
    if request.param == "postgres":
        database = request.getfixturevalue("postgres")
    blobs = f"file://{tmp_path}/blobs" if request.param == "blobs" else ""
    async with Server(ServerConfig(database=database, blobs=blobs, installed_extensions=False)) as server:
        if request.param != "socket":
            yield Client(gateway=server.engine)
            return
        async with Client(url=f"unix://{socket_path(Path(database))}") as remote:
            yield remote


async def test_what_is_put_is_got(client: Client, tmp_path: Path) -> None:
    put = await client.files.put("reports/may.txt", "grüezi")
    assert (put.path, put.content_type, put.size) == ("reports/may.txt", "text/plain", 7)
    assert await client.files.get("reports/may.txt") == "grüezi".encode()
    source = tmp_path / "source"
    source.write_bytes(LARGE)
    large = await client.files.put("large", source)
    assert (large.size, large.parts) == (len(LARGE), 2)
    assert await client.files.get("large") == LARGE
    assert await client.files.put("empty", b"") == await client.files.info("empty")
    assert await client.files.get("empty") == b""


async def test_equal_bytes_change_nothing_and_others_replace_them(client: Client) -> None:
    first = await client.files.put("a", b"1")
    assert await client.files.put("a", b"1", overwrite=False) == first
    second = await client.files.put("a", b"2")
    assert second.id != first.id
    assert second.etag != first.etag
    assert await client.files.get("a") == b"2"
    large = await client.files.put("a", LARGE)
    assert await client.files.put("a", LARGE, overwrite=False) == large


async def test_without_overwrite_other_bytes_are_refused(client: Client) -> None:
    await client.files.put("a", b"1")
    for content in (b"2", LARGE):
        with pytest.raises(Conflict, match="other bytes"):
            await client.files.put("a", content, overwrite=False)
    assert await client.files.get("a") == b"1"


async def test_files_are_listed_by_path_and_removed(client: Client) -> None:
    for path in ("b/2", "a", "b/1", "b%", "c"):
        await client.files.put(path, path)
    assert [file.path for file in await client.files.list()] == ["a", "b%", "b/1", "b/2", "c"]
    assert [file.path for file in await client.files.list("b/")] == ["b/1", "b/2"]
    assert [file.path for file in await client.files.list("b", after="b%", limit=1)] == ["b/1"]
    assert await client.files.remove("a")
    assert not await client.files.remove("a")
    for call in (client.files.get, client.files.info):
        with pytest.raises(NotFound):
            await call("a")


async def test_environments_do_not_see_each_other(client: Client) -> None:
    await client.files.put("a", b"dev")
    await client.files.put("a", b"prod", environment="prod")
    assert await client.files.get("a") == b"dev"
    assert await client.files.get("a", environment="prod") == b"prod"
    assert not await client.files.list(environment="staging")


@pytest.mark.parametrize("path", HOSTILE)
async def test_a_hostile_path_is_refused(path: str) -> None:
    async with Server(ServerConfig(database=":memory:", installed_extensions=False)) as server:
        with pytest.raises(InvalidInput):
            Client(gateway=server.engine).files.put(path, b"")
        with pytest.raises(InvalidInput):
            await server.engine.put_file(NewFile("file_1", path), b"")
        with pytest.raises(InvalidInput):
            await server.engine.put_file(NewFile("file_1", "a", "text/html\r\nx: y"), b"")
        with pytest.raises(ValueTooLarge):
            await server.engine.put_file(NewFile("file_1", "ü" * FILE_PATH_BYTES_MAX), b"")


async def test_a_file_is_whole_or_not_there() -> None:
    async with Server(ServerConfig(database=":memory:", installed_extensions=False)) as server:
        engine = server.engine
        await engine.begin_file(NewFile("file_1", "a"))
        await engine.put_file_part("file_1", 2, b"b")
        assert await engine.find_file("a") is None
        with pytest.raises(Conflict, match="lacks a part"):
            await engine.finish_file("file_1")
        await engine.put_file_part("file_1", 1, b"x")
        await engine.put_file_part("file_1", 1, b"a")
        file = await engine.finish_file("file_1")
        assert await engine.finish_file("file_1") == file
        with pytest.raises(Conflict, match="finished"):
            await engine.put_file_part("file_1", 3, b"c")
        assert [await engine.file_part("file_1", number) for number in (1, 2)] == [b"a", b"b"]
        for number in (0, 1001):
            with pytest.raises(InvalidInput):
                await engine.put_file_part("file_1", number, b"c")
        with pytest.raises(NotFound):
            await engine.put_file_part("file_2", 1, b"c")


@pytest.mark.parametrize("blobs", [False, True])
async def test_what_was_replaced_can_be_read_for_a_while_and_nothing_of_it_is_left(
    *, blobs: bool, tmp_path: Path
) -> None:
    clock = ManualClock()
    bucket = open_bucket(f"file://{tmp_path}/blobs") if blobs else None
    store = open_store(":memory:", clock)
    engine = Engine(store, clock, bucket=bucket)
    remover = RemoveObjects(store, bucket)

    async def removed() -> None:
        for _ in range(20):
            await remover.tick(clock.now_ms())

    old = await engine.put_file(NewFile("file_1", "a"), LARGE[:300_000])
    await engine.begin_file(NewFile("file_2", "never"))
    await engine.put_file_part("file_2", 1, LARGE[:200_000])
    kept = await engine.put_file(NewFile("file_3", "a"), LARGE[:400_000])
    assert await engine.file_part(old.id, 1) == LARGE[:300_000]
    clock.advance(FILE_GRACE_MS)
    await removed()
    with pytest.raises(NotFound):
        await engine.file_part(old.id, 1)
    clock.advance(FILE_OPEN_MS)
    await removed()
    with pytest.raises(NotFound):
        await engine.put_file_part("file_2", 2, b"")
    assert await engine.file_part(kept.id, 1) == LARGE[:400_000]
    assert await store.read(doctor.examine) == []
    if blobs:
        assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1
    store.close()


async def test_a_task_keeps_files_of_its_environment(request: pytest.FixtureRequest) -> None:
    registry = Registry()

    @task(registry=registry)
    async def report(name: str) -> int:
        put = await files.put(f"reports/{name}", b"in a task")
        return put.size

    @task(registry=registry)
    def blocking(name: str) -> str:
        return files.get(f"reports/{name}").result().decode()

    async with Server(ServerConfig(database=":memory:", installed_extensions=False)) as server:
        request.addfinalizer(partial(use_door, use_door(GatewayDoor(server.engine))))
        worker = EmbeddedWorker(server.engine, registry, WorkerSettings(environment="prod"))
        worker.start()
        client = Client(gateway=server.engine)
        triggered = await server.engine.trigger([NewRun(RunId("run_1"), "report", '{"name":"a"}', environment="prod")])
        assert await client.result(triggered[0].id) == len("in a task")
        await server.engine.trigger([NewRun(RunId("run_2"), "blocking", '{"name":"a"}', environment="prod")])
        assert await client.result("run_2") == "in a task"
        assert not await client.files.list("reports/")
        worker.stop(grace_ms=0)
        await worker.joined()
