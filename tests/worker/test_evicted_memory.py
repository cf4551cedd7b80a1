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
PATIENCE_S = 10


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
            # The reply to its last report still names it; a cycle would keep it for good.
            async with asyncio.timeout(PATIENCE_S):
                while any(isinstance(thing, Running) for thing in gc.get_objects()):
                    await asyncio.sleep(0)
        finally:
            gc.enable()
