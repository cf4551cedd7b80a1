"""An evicted run leaves nothing in memory, and not only once the garbage collector comes by."""

from __future__ import annotations

import asyncio
import gc

import pytest

from runcast import task, wait
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.worker.running import Running
from tests.worker.world import World

pytestmark = pytest.mark.anyio
REGISTRY = Registry()
LAST_TURNS = 20
"""Of the loop: the callbacks of the body's task still name the run after it left."""


@task(registry=REGISTRY)
async def sleeper() -> None:
    await wait.for_("1h")


async def test_an_evicted_run_is_gone_without_the_garbage_collector() -> None:
    async with World(REGISTRY, evict_after_ms=0) as world:
        gc.collect()
        gc.disable()
        try:
            run_id = await world.trigger(sleeper)
            await world.until(run_id, RunStatus.WAITING)
            assert world.worker is not None
            while any(True for _ in world.worker.executing()):
                await asyncio.sleep(0)
            for _ in range(LAST_TURNS):
                await asyncio.sleep(0)
            assert not any(isinstance(thing, Running) for thing in gc.get_objects())
        finally:
            gc.enable()
