"""A cancel by force, of a body that a worker on the other side of a socket cannot end."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from runcast.domain.ids import RunId
from runcast.domain.run import NewRun, RunStatus
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.queues import Queue
from runcast.sdk.registry import Registry
from runcast.sdk.remote import RemoteClientGateway, RemoteWorkerGateway
from runcast.sdk.step import step
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.socket_server import SocketServer
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

PATIENCE_S = 20.0


@pytest.mark.parametrize("kind", ["thread", "coroutine"])
async def test_the_next_run_has_the_slot_of_one_that_hangs_and_nothing_of_that_is_recorded(
    tmp_path: Path, kind: str
) -> None:
    registry, started = Registry(), threading.Semaphore(0)
    let_go, loop, gone = threading.Event(), asyncio.get_running_loop(), asyncio.Event()
    goes_on = asyncio.Event()
    narrow = Queue("narrow", concurrency=1)

    @step
    def after() -> int:
        return 1

    @task(name="hangs", registry=registry, queue=narrow)
    def hanging() -> None:
        started.release()
        let_go.wait()
        try:
            after()
        finally:
            loop.call_soon_threadsafe(gone.set)

    @task(name="swallows", registry=registry, queue=narrow)
    async def swallowing() -> None:
        started.release()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await goes_on.wait()
        try:
            await after()
        finally:
            gone.set()

    @task(name="next", registry=registry, queue=narrow)
    async def next_one() -> str:
        return "done"

    async with Server(ServerConfig(database=":memory:")) as server:
        socket = SocketServer(tmp_path / "engine.sock", server.engine, server.engine)
        await socket.start()
        client = await RemoteClientGateway.connect(socket.path)
        worker = Worker(RemoteWorkerGateway(socket.path), registry, WorkerSettings())
        working = asyncio.create_task(worker.run())
        stuck, other = RunId(fresh_id("run")), RunId(fresh_id("run"))
        await client.trigger([NewRun(stuck, "hangs" if kind == "thread" else "swallows")])
        await asyncio.to_thread(started.acquire)
        await client.trigger([NewRun(other, "next")])
        assert await client.cancel([stuck]) == [stuck]
        why = await client.why(stuck)
        assert "its body did not end yet and holds a slot" in why.reason
        assert (await client.why(other)).blockers == (stuck,)

        assert await client.cancel([stuck], force=True) == [stuck]
        end = await asyncio.wait_for(server.engine.result(other), PATIENCE_S)
        assert (end.status, end.output) == (RunStatus.COMPLETED, '"done"')
        assert await client.cancel([stuck], force=True) == []

        let_go.set()
        goes_on.set()
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        worker.stop(grace_ms=0)
        await working
        assert await client.journal(stuck) == []
        run = await client.find_run(stuck)
        assert run is not None
        assert run.status is RunStatus.CANCELED
        await client.close()
        await socket.close()
