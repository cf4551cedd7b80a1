"""What the engine refuses of a report: the run says why, and what else was in the report is kept."""

from __future__ import annotations

import asyncio

import pytest

from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.limits import DEPTH_MAX, METADATA_BYTES_MAX, STREAM_PART_BYTES_MAX
from runcast.domain.retry import Retry
from runcast.domain.run import RunStatus
from runcast.sdk import metadata, streams, wait
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from tests.worker.world import World


@pytest.mark.parametrize("then", ["works", "waits"])
async def test_effects_that_are_refused_park_the_run_with_the_reason(then: str) -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> None:
        metadata.set("large", "x" * METADATA_BYTES_MAX)
        if then == "waits":
            await wait.for_("1h")
        await asyncio.Event().wait()

    async with World(registry) as world:
        run_id = await world.trigger(body)
        run = await world.until(run_id, RunStatus.WAITING)
        assert run.parked_reason is not None
        assert "metadata" in run.parked_reason


async def test_effects_beside_a_refused_entry_are_kept() -> None:
    registry = Registry()

    @task(registry=registry)
    async def deeper() -> str:
        metadata.increment("done")
        try:
            return await deeper.trigger_and_wait().unwrap()
        except InvalidInput:
            return current_run().id

    async with World(registry) as world:
        deepest = await world.output(deeper)
        assert (await world.engine.find_run(deepest)).depth == DEPTH_MAX
        assert (await world.engine.find_run(deepest)).metadata == '{"done":1}'


async def test_a_part_that_no_stream_takes_is_the_bodys_mistake() -> None:
    registry = Registry()

    @step
    async def write() -> None:
        streams.append("rows", "x" * STREAM_PART_BYTES_MAX)

    @task(registry=registry)
    async def body() -> str:
        try:
            await write()
        except ValueTooLarge as error:
            return str(error)
        return "accepted"

    async with World(registry) as world:
        assert "part of stream 'rows'" in await world.output(body)


async def test_what_was_refused_for_its_content_is_not_tried_again() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=5, min_s=0.001, max_s=0.002))
    async def wrong() -> None:
        await wait.for_(-1)

    async with World(registry) as world:
        run = await world.result(await world.trigger(wrong))
        assert (run.status, run.attempt) == (RunStatus.FAILED, 1)
