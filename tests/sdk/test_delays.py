"""Debounce, reschedule and ttl as a developer writes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runcast import Conflict, Debounce, InvalidInput, Queue, RunStatus, TaskFailed, current_run, task
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine

home = Registry()


@task(registry=home, ttl="1h")
async def index(document: str) -> str:
    return document


@task(registry=home)
async def edit(document: str) -> str:
    run = await index.options(debounce=Debounce(document, "10s", mode="trailing")).trigger_and_wait(document)
    return run.unwrap()


@task(registry=home, queue=Queue("metal"), machine="large-1x")
async def render() -> str | None:
    return current_run().machine


async def test_many_triggers_make_one_run_with_the_newest_data() -> None:
    async with TestEngine([index]) as engine:
        soon = index.options(debounce=Debounce("d", "5s", mode="trailing", max_delay="1m"))
        first = await soon.trigger("one")
        await engine.advance("4s")
        second = await soon.trigger("two")
        assert (second.id, first.cached, second.cached) == (first.id, False, True)
        await engine.advance("4s")
        assert (await first.fetch()).status == "DELAYED"
        await engine.advance("1s")
        assert (await first.fetch()).output == "two"


async def test_bodies_that_wait_for_one_debounced_child_all_get_its_result() -> None:
    async with TestEngine([edit, index]) as engine:
        batch = await edit.batch_trigger(["a", "a", "b"])
        await engine.advance("10s")
        assert [result.unwrap() for result in await batch.results()] == ["a", "a", "b"]
        assert len((await engine.client.list(task="index")).runs) == 2


@pytest.mark.parametrize(
    ("arguments", "options", "what"),
    [
        (("k", "500ms"), {}, "at least 1 s"),
        (("k", "1m"), {"max_delay": "1m"}, "shorter than its max_delay"),
        (("", "5s"), {}, "1 to 512 characters"),
        (("k" * 513, "5s"), {}, "1 to 512 characters"),
        (("k", "5s"), {"mode": "middle"}, "leading"),
        ((7, "5s"), {}, "a string"),
    ],
)
def test_a_debounce_that_is_none_is_refused(arguments: Any, options: Any, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        Debounce(*arguments, **options)


def test_a_debounce_and_a_delay_do_not_go_together() -> None:
    with pytest.raises(InvalidInput, match="one of delay and debounce"):
        index.options(delay="5s", debounce=Debounce("k", "5s"))
    with pytest.raises(InvalidInput, match="must be a Debounce"):
        index.options(debounce="k")  # type: ignore[arg-type]


async def test_a_delayed_run_is_moved_by_its_handle_and_by_a_client() -> None:
    async with TestEngine([index]) as engine:
        run = await index.options(delay="1h").trigger("x")
        moved = await run.reschedule(delay="2h")
        assert moved.run.available_at == engine.clock.now_ms() + 7_200_000
        await engine.advance("1h")
        assert (await run.fetch()).status == "DELAYED"
        at = datetime.fromtimestamp(engine.clock.now_ms() / 1000, UTC) + timedelta(minutes=1)
        await engine.client.reschedule(run.id, delay=at)
        await engine.advance("1m")
        assert (await run.fetch()).output == "x"
        with pytest.raises(Conflict, match="only a run that is delayed"):
            await run.reschedule(delay="1h")


async def test_no_ttl_beats_the_ttl_of_the_task() -> None:
    async with TestEngine([index]) as engine:
        await engine.client.queues.pause("default")
        expires = await index.trigger("x")
        stays = await index.options(ttl=0).trigger("y")
        sooner = await index.options(ttl="1m").trigger("z")
        await engine.advance("1m")
        assert (await sooner.fetch()).status == RunStatus.EXPIRED
        await engine.advance("1h")
        assert (await expires.fetch()).status == RunStatus.EXPIRED
        await engine.client.queues.resume("default")
        await engine.settle()
        assert (await stays.fetch()).output == "y"


async def test_a_duration_limit_of_none_ends_nothing_and_one_that_is_set_does() -> None:
    own = Registry()

    @task(registry=own, max_duration="20ms")
    async def limited(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    @task(registry=own, max_duration=0)
    async def unlimited() -> str:
        return "done"

    async with TestEngine(list(own)) as engine:
        assert await engine.run(unlimited) == "done"
        ended = await limited.trigger(60)
        free = await limited.options(max_duration=0).trigger(0.05)
        assert await free.result() == "done"
        with pytest.raises(TaskFailed, match="past its max_duration"):
            await ended.result()
        assert (await ended.fetch()).status == RunStatus.TIMED_OUT


async def test_a_body_knows_the_machine_that_it_asked_for() -> None:
    async with TestEngine([render]) as engine:
        assert await engine.run(render) == "large-1x"
        run = await render.options(machine="my own label").trigger()
        assert (await engine.finish(run)).output == "my own label"


@pytest.mark.parametrize("label", ["", "a\nb", "x" * 129, 7])
def test_a_machine_that_is_no_label_is_refused(label: Any) -> None:
    with pytest.raises(InvalidInput, match="a machine is a label"):
        render.options(machine=label)
