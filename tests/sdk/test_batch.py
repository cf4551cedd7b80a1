"""Batches over different tasks, and following a run from inside a body."""

from __future__ import annotations

import json

import pytest

from runcast import InvalidInput, Queue, TaskFailed, batch, metadata, progress, task, tasks, wait
from runcast.sdk.ambient import use_door
from runcast.sdk.doors import GatewayDoor
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine
from tests.worker.world import World

home = Registry()


@task(registry=home)
async def double(n: int) -> int:
    if n < 0:
        raise ValueError("too small")
    return 2 * n


@task(registry=home)
async def shout(word: str) -> str:
    return word.upper()


@task(registry=home)
async def both(n: int, word: str) -> str:
    number, loud = await batch.trigger_and_wait((double.item(n), shout.item(word)))
    return f"{loud.unwrap()} {number.unwrap() + 1}"


@task(registry=home)
async def fan_out() -> list[str]:
    many = await batch.trigger_and_wait([*(double.options(max_attempts=1).item(n) for n in (1, -1)), shout.item("a")])
    return [str(result.output) if result.ok else "failed" for result in many]


@task(registry=home)
async def fire() -> int:
    started = await batch.trigger([double.item(1), shout.item("a")])
    return len(started)


@task(registry=home, queue=Queue("slow"))
async def slow(steps: int) -> int:
    for number in range(steps):
        progress(100 * number // steps, "working")
        await wait.for_("20ms")
    return steps


@task(registry=home)
async def watcher(steps: int) -> int:
    started = slow.trigger_and_subscribe(steps)
    async for update in started:
        metadata.increment("seen", 1)
        metadata.set("last", update.status)
    return (await started.result()).unwrap()


@task(registry=home)
async def watcher_of_failure() -> str:
    started = double.options(max_attempts=1).trigger_and_subscribe(-1)
    async for update in started:
        if update.error is not None:
            break
    return "ok" if (await started.result()).ok else "failed"


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_results_come_in_order_each_of_its_own_type(evict_after: int | None) -> None:
    async with TestEngine([double, shout, both], evict_after=evict_after) as engine:
        assert await engine.run(both, 3, "hey") == "HEY 7"


async def test_one_that_failed_is_a_result_like_the_others() -> None:
    async with TestEngine([double, shout, fan_out]) as engine:
        assert await engine.run(fan_out) == ["2", "failed", "A"]


async def test_outside_of_a_run_and_by_name_too() -> None:
    async with TestEngine([double, shout, fire]) as engine:
        assert await engine.run(fire) == 2
        by_name = [tasks.item("double", {"n": 4}), tasks.item("shout", {"word": "b"}, tags="loud")]
        handle = await batch.trigger(by_name)
        assert [result.unwrap() for result in await handle.results()] == [8, "B"]
        again = await engine.client.batch(by_name)
        assert [result.unwrap() for result in await again.results()] == [8, "B"]
        assert [run.run.tags for run in await again.fetch()] == [(), ("loud",)]


async def test_an_empty_batch_is_refused() -> None:
    async with TestEngine([double]):
        with pytest.raises(InvalidInput, match="at least one run"):
            batch.trigger([])


async def test_a_body_follows_a_run_and_learns_how_it_ended() -> None:
    async with World(home) as world:
        before = use_door(GatewayDoor(world.engine))
        try:
            found = await world.run(watcher, 3)
        finally:
            use_door(before)
        assert found.output == "3"
        seen = json.loads(found.metadata)
        assert seen["seen"] >= 4
        assert seen["last"] == "COMPLETED"


async def test_a_body_that_stops_following_still_learns_how_it_ended() -> None:
    async with TestEngine([double, watcher_of_failure]) as engine:
        assert await engine.run(watcher_of_failure) == "failed"


async def test_outside_of_a_run_a_subscription_says_how_it_ended() -> None:
    async with TestEngine([double]):
        started = double.trigger_and_subscribe(4)
        seen = [update.status async for update in started]
        assert seen[-1] == "COMPLETED"
        assert (await started.result()).unwrap() == 8
        with pytest.raises(TaskFailed):
            (await double.options(max_attempts=1).trigger_and_subscribe(-4).result()).unwrap()
