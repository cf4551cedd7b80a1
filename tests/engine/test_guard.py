"""A database file that is deleted or replaced under its engine: it says so and stops, and harms nothing at the path."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import apsw
import pytest

from runcast.clock import ManualClock
from runcast.domain.errors import EngineStopped, Unavailable
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.engine.guard import LOOK_EVERY_MS, Guard
from runcast.gateway import RunFilter, Update, Watch
from runcast.sdk.remote import RemoteClientGateway
from runcast.server import Server, ServerConfig
from runcast.store.opening import open_store
from runcast.store.sqlite.identity import FileIdentity
from runcast.wire import socket_path

pytestmark = pytest.mark.anyio
PATIENCE_S = 20.0
RUN = RunId("run_0123456789abcdefghjkm")


def delete(path: Path) -> None:
    path.unlink()


def delete_the_directory(path: Path) -> None:
    shutil.rmtree(path.parent)


def move_away(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def replace(path: Path) -> None:
    """As a restore does that was not told to stop the engine first."""
    other = path.with_name("backup.db")
    other.write_bytes(path.read_bytes())
    other.rename(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "runcast.db"


async def _next(following: AsyncIterator[Update]) -> Update:
    return await anext(following)


@pytest.mark.parametrize("lose", [delete, delete_the_directory, move_away, replace])
async def test_a_server_whose_file_is_lost_says_so_and_stops(
    path: Path, lose: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    async with Server(ServerConfig(database=str(path))) as server:
        await server.engine.trigger([NewRun(RUN, "nobody", "[]")])
        waiting = asyncio.create_task(server.engine.result(RUN))
        following = aiter(server.engine.watch(Watch()))
        await anext(following)
        change = asyncio.create_task(_next(following))
        lose(path)
        reason = str(await asyncio.wait_for(server.lost(), PATIENCE_S))
        assert str(path) in reason
        (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
        assert record.getMessage() == reason
        for late in (waiting, change, server.engine.list_runs(RunFilter()), server.engine.cancel([RUN])):
            with pytest.raises(EngineStopped, match=str(path)):
                await asyncio.wait_for(late, PATIENCE_S)
        await asyncio.wait_for(server.stop(), PATIENCE_S)
        with pytest.raises(Unavailable):
            await RemoteClientGateway.connect(socket_path(path))


@pytest.mark.parametrize("lose", [delete, replace])
async def test_a_server_that_stops_before_the_guard_looks_again_says_so_too(
    path: Path, lose: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    async with Server(ServerConfig(database=str(path)), ManualClock()) as server:
        await server.engine.trigger([NewRun(RUN, "nobody", "[]")])
        waiting = asyncio.create_task(server.engine.result(RUN))
        await asyncio.sleep(0)
        lose(path)
    (record,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert str(path) in record.getMessage()
    with pytest.raises(EngineStopped, match=str(path)):
        await waiting


async def test_whoever_met_a_failure_can_ask_at_once_whether_the_file_is_lost(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Server(ServerConfig(database=str(path)), ManualClock()) as server:
        assert server.find_loss() is None
        path.unlink()
        for _ in range(2):
            loss = server.find_loss()
            assert loss is not None
            assert str(path) in str(loss)
        assert str(await server.lost()) == str(loss)
    assert len([record for record in caplog.records if record.levelno == logging.CRITICAL]) == 1


async def test_a_server_that_is_stopped_and_lost_nothing_says_nothing(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Server(ServerConfig(database=str(path)), ManualClock()) as server:
        assert server.find_loss() is None
    assert not caplog.records


async def test_whoever_comes_after_it_is_not_harmed_by_its_end(path: Path) -> None:
    server = Server(ServerConfig(database=str(path)))
    await server.start()
    delete_the_directory(path)
    path.parent.mkdir()
    async with Server(ServerConfig(database=str(path))) as second:
        await second.engine.trigger([NewRun(RUN, "nobody", "[]")])
        await asyncio.wait_for(server.lost(), PATIENCE_S)
        await asyncio.wait_for(server.stop(), PATIENCE_S)
        assert path.with_name("runcast.db-wal").exists()
        client = await RemoteClientGateway.connect(socket_path(path))
        assert await client.find_run(RUN) is not None
        await client.close()
    connection = apsw.Connection(str(path))
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert connection.execute("select id from runs").fetchall() == [(RUN,)]
    connection.close()


async def test_what_was_queued_when_the_file_was_lost_is_refused_too(path: Path) -> None:
    store = open_store(str(path), ManualClock(), threaded=False)
    queued = store.write(lambda: (_ for _ in ()))
    store.refuse("gone")
    with pytest.raises(EngineStopped, match="gone"):
        await queued
    store.close()


async def test_a_tick_looks_again_as_long_as_the_file_is_there_and_reports_its_loss(path: Path) -> None:
    store = open_store(str(path), ManualClock(), threaded=False)
    lost: list[str] = []
    guard = Guard(store, on_loss=lost.append)
    assert await guard.tick(1_000) == 1_000 + LOOK_EVERY_MS
    assert not lost
    path.unlink()
    assert await guard.tick(2_000) is None
    assert len(lost) == 1
    store.close()


def test_a_file_that_was_written_or_is_reached_by_a_link_is_the_same_file(path: Path) -> None:
    path.write_text("a")
    link = path.with_name("link.db")
    link.symlink_to(path)
    identities = FileIdentity(path), FileIdentity(link)
    path.write_text("b")
    path.chmod(0o400)
    os.utime(path)
    assert [identity.find_loss() for identity in identities] == [None, None]
    link.unlink()
    assert [identity.find_loss() is None for identity in identities] == [True, False]


async def test_a_database_in_memory_cannot_be_lost() -> None:
    async with Server(ServerConfig(database=":memory:")) as server:
        assert await server.engine.list_runs(RunFilter()) is not None
