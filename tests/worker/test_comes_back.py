"""A worker that comes back after a lost session says who it was, if nothing of then executes any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runcast.domain.ids import RunId
from runcast.domain.run import NewRun, RunStatus
from runcast.engine.engine import EngineSettings
from runcast.gateway import Hello, Inbox, WorkerSession
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.registry import Registry
from runcast.sdk.remote import RemoteWorkerGateway
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.socket_server import SocketServer
from runcast.worker import heartbeat
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

LEASE_MS = 60_000
RENEW_MS = 50


class Heard:
    """A gateway, and every `Hello` that went through it."""

    def __init__(self, path: Path) -> None:
        self._gateway = RemoteWorkerGateway(path)
        self.hellos: asyncio.Queue[Hello] = asyncio.Queue()

    async def open(self, hello: Hello, inbox: Inbox) -> WorkerSession:
        session = await self._gateway.open(hello, inbox)
        self.hellos.put_nowait(hello)
        return session


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    engine = EngineSettings(lease_ms=LEASE_MS, renew_ms=RENEW_MS)
    async with Server(ServerConfig(database=":memory:", engine=engine)) as server:
        yield server


@pytest.mark.parametrize("blocks", [False, True])
async def test_what_it_held_goes_on_at_once_unless_a_body_could_not_be_ended(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: bool
) -> None:
    monkeypatch.setattr(heartbeat, "AGAIN_S", 0.01)
    registry, started, released = Registry(), threading.Semaphore(0), threading.Event()

    @task(name="comes_back", registry=registry)
    async def waits() -> None:
        started.release()
        await asyncio.Event().wait()

    @task(name="comes_back_blocked", registry=registry)
    def blocked() -> None:
        started.release()
        released.wait()

    socket = SocketServer(tmp_path / "engine.sock", server.engine, server.engine)
    await socket.start()
    gateway = Heard(socket.path)
    worker = Worker(gateway, registry, WorkerSettings())
    working = asyncio.create_task(worker.run())
    first = await gateway.hellos.get()
    assert first.was is None
    run_id = RunId(fresh_id("run"))
    await server.engine.trigger([NewRun(run_id, "comes_back_blocked" if blocks else "comes_back")])
    await asyncio.to_thread(started.acquire)
    await socket.close()
    await socket.start()
    second = await gateway.hellos.get()
    if blocks:
        assert second.was is None
        run = await server.engine.find_run(run_id)
        assert run is not None
        assert run.status is RunStatus.EXECUTING
    else:
        assert second.was == first.worker_id
        await asyncio.to_thread(started.acquire)
        run = await server.engine.find_run(run_id)
        assert run is not None
        assert (run.attempt, run.deaths) == (1, 0)
    released.set()
    await server.engine.cancel([run_id])
    worker.stop(grace_ms=0)
    await working
    await socket.close()
