"""Threads that cannot be stopped: how many make a worker ask for another process."""

from __future__ import annotations

import asyncio
import threading
from contextvars import copy_context

import pytest

from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from runcast.worker.settings import WorkerSettings
from runcast.worker.stuck import StuckThreads
from tests.worker.world import World


async def test_stuck_threads_of_steps_make_the_worker_ask_for_another_process() -> None:
    registry = Registry()
    started, let_go = threading.Event(), threading.Event()

    @step
    def stuck() -> None:
        started.set()
        let_go.wait()

    @task(registry=registry)
    async def body() -> None:
        await stuck()

    async with World(registry, abandoned_threads_max=0, kill_after_ms=1) as world:
        run_id = await world.trigger(body)
        await asyncio.to_thread(started.wait)
        await world.engine.cancel([run_id])
        assert (await world.result(run_id)).status is RunStatus.CANCELED
        assert world.serving is not None
        assert world.worker is not None
        await asyncio.wait_for(asyncio.shield(world.serving), 10)
        assert world.worker.recycle
        let_go.set()


@pytest.mark.parametrize(("ends", "asked"), [(True, []), (False, ["recycle"])])
async def test_only_threads_that_are_stuck_at_the_same_time_count(ends: bool, asked: list[str]) -> None:
    loop = asyncio.get_running_loop()
    found: list[str] = []
    looked: list[asyncio.Future[None]] = [loop.create_future(), loop.create_future()]
    stuck = StuckThreads(loop, copy_context(), WorkerSettings(kill_after_ms=1, abandoned_threads_max=1))
    stuck.on_too_many = lambda: found.append("recycle")
    first_goes_on = True

    def first() -> bool:
        if not looked[0].done():
            looked[0].set_result(None)
        return first_goes_on

    def second() -> bool:
        loop.call_soon(looked[1].set_result, None)
        return True

    stuck.watch(first)
    await looked[0]
    first_goes_on = not ends
    stuck.watch(second)
    await looked[1]
    assert found == asked
    stuck.close()
