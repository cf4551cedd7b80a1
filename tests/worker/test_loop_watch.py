"""The log says which body blocks its worker's event loop."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.worker.embedded import EmbeddedWorker
from tests.worker.world import PATIENCE_S, World


class Heard(logging.Handler):
    """Warnings, and when the first one came."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.first = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.first.set()


@pytest.mark.parametrize("nested", [False, True])
async def test_a_body_that_blocks_the_loop_is_named_once_and_its_neighbours_are_not(nested: bool) -> None:
    registry = Registry()
    heard = Heard()
    resting, rested = threading.Event(), asyncio.Event()

    @task(registry=registry)
    async def rests() -> None:
        resting.set()
        await rested.wait()

    async def wait() -> bool:
        return heard.first.wait(PATIENCE_S)

    @task(registry=registry)
    async def blocks() -> bool:
        found = await asyncio.create_task(wait()) if nested else await wait()
        rested.set()
        return found

    log = logging.getLogger("runcast.worker")
    log.addHandler(heard)
    try:
        async with World(registry) as world:
            await world.stop_worker()
            worker = EmbeddedWorker(world.engine, registry)
            worker.start()
            await worker.opened()
            neighbour = await world.trigger(rests)
            await asyncio.to_thread(resting.wait)
            run_id = await world.trigger(blocks)
            run = await world.result(run_id)
            assert (run.status, run.output) == (RunStatus.COMPLETED, "true")
            assert (await world.result(neighbour)).status is RunStatus.COMPLETED
            worker.stop(grace_ms=0)
            await worker.joined()
    finally:
        log.removeHandler(heard)
    (line,) = heard.lines
    assert f"task 'blocks' (run {run_id})" in line
    assert f"at {__file__}:" in line
