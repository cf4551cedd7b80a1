"""Queues that are full, changed live, and paused: in the process of the engine, and through the socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runcast import Client, InvalidInput, NotFound, Overloaded, Queue, Retry, step, task
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine
from tests.worker.world import World

home = Registry()
narrow = Queue("narrow", concurrency=1, max_length=2)


@task(registry=home, queue=narrow)
async def slow(n: int) -> int:
    await asyncio.Event().wait()
    return n


@task(registry=home, queue=narrow, schedule="* * * * *")
async def minutely() -> None: ...


@step
async def prepare(n: int) -> int:
    return n


@task(registry=home, retry=Retry(max_attempts=1))
async def careful(n: int) -> str:
    """Fans out, and goes another way when there is no room."""
    try:
        prepared, started = await asyncio.gather(prepare(n), slow.batch_trigger(list(range(n))))
    except Overloaded as full:
        return f"{full.queue} {full.length}/{full.bound}"
    return f"started {len(started)} after {prepared}"


@task(registry=home, retry=Retry(max_attempts=3, min_s=60, max_s=60))
async def stubborn(n: int) -> int:
    return len(await slow.batch_trigger(list(range(n))))


async def test_a_body_that_meets_a_full_queue_may_go_another_way() -> None:
    async with TestEngine([slow, careful]) as engine:
        await engine.client.queues.pause(narrow)
        assert await engine.run(careful, 2) == "started 2 after 2"
        assert await engine.run(careful, 1) == "narrow 2/2"


async def test_what_a_step_did_beside_a_refused_trigger_is_recorded() -> None:
    async with TestEngine([slow, careful]) as engine:
        run = await careful.trigger(9)
        assert (await engine.finish(run)).output == "narrow 0/2"
        kept = {entry.kind: entry.status for entry in await engine.client.journal(run.id)}
        assert kept == {"step": "done"}


async def test_a_run_that_meets_a_full_queue_is_tried_again() -> None:
    async with TestEngine([slow, stubborn]) as engine:
        await engine.client.queues.pause(narrow)
        await slow.batch_trigger([1, 2])
        run = await stubborn.trigger(1)
        await engine.settle()
        assert (await run.fetch()).status == "EXECUTING"
        await engine.client.queues.set(narrow, max_length=None)
        await engine.advance("2m")
        assert (await engine.finish(run)).output == 1


async def test_ticks_of_schedules_come_whatever_the_length() -> None:
    async with TestEngine([minutely]) as engine:
        await engine.client.queues.pause(narrow)
        await engine.advance("4m")
        assert (await engine.client.queues.get(narrow)).queued >= 3


async def test_a_client_is_told_what_is_full_also_through_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with World(home, database=str(path)):
        client = Client(path)
        await client.queues.pause(narrow)
        await client.batch_trigger("slow", [{"n": 1}, {"n": 2}])
        with pytest.raises(Overloaded, match="queue 'narrow' has 2 of at most 2") as refused:
            await client.trigger("slow", {"n": 3})
        assert (refused.value.queue, refused.value.length, refused.value.bound) == ("narrow", 2, 2)
        with pytest.raises(Overloaded):
            await client.batch_trigger("slow", [{"n": 1}, {"n": 2}, {"n": 3}])
        assert len((await client.list()).runs) == 2
        await client.close()


async def test_a_raised_limit_wakes_runs_at_once(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    async with World(home, database=str(path)) as world:
        client = Client(path)
        runs = await client.batch_trigger("slow", [{"n": 1}, {"n": 2}])
        await _until_executing(world, 1)
        state = await client.queues.set("narrow", concurrency=2)
        assert (state.concurrency, state.max_length, state.overridden) == (2, 2, True)
        await _until_executing(world, 2)
        assert (await client.queues.get(narrow)).executing == 2
        state = await client.queues.reset(narrow)
        assert (state.concurrency, state.overridden) == (1, False)
        assert await runs.cancel() == 2
        await client.close()


async def _until_executing(world: World, count: int) -> None:
    async with asyncio.timeout(20):
        while sum(queue.executing for queue in await world.engine.queues()) != count:
            await asyncio.sleep(0)


async def test_queues_are_found_by_name_and_environment() -> None:
    async with TestEngine([slow]) as engine:
        queues = engine.client.queues
        assert [queue.name for queue in await queues.list(environment="dev")] == ["narrow"]
        assert await queues.list(environment="prod") == []
        with pytest.raises(NotFound):
            await queues.get("nothing")
        with pytest.raises(NotFound):
            await queues.pause(narrow, environment="prod")
        state = await queues.set(narrow, rate="5/s")
        assert (state.rate_count, state.rate_period_ms) == (5, 1_000)
        state = await queues.set(narrow, rate=None)
        assert (state.rate_count, state.rate_period_ms, state.concurrency) == (None, None, 1)


@pytest.mark.parametrize("limits", [{"max_length": 0}, {"max_length": 10**9}, {"max_length": "5"}])
def test_a_length_that_is_none_is_refused(limits: Any) -> None:
    with pytest.raises(InvalidInput, match="max_length"):
        Queue("web", **limits)
