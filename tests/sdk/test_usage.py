"""`usage`: counted once, summed over children, exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from runcast import AbortRun, InvalidInput, NotFound, Retry, step, streams, task, usage, wait
from runcast.domain.limits import USAGE_ITEMS_MAX
from runcast.domain.usage import RunUsage, Usage
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine

home = Registry()
tries: list[str] = []


@task(registry=home)
async def leaf(n: int) -> int:
    usage.llm("gpt", input_tokens=10, output_tokens=n, cost="0.0000015")
    return n


@task(registry=home)
async def tree(sizes: list[int]) -> None:
    usage.add("geocoder", 2, "look-ups", cost="0.1")
    await wait.for_("1h")
    usage.add("geocoder", 1, "look-ups", cost="0.2")
    for result in await leaf.batch_trigger_and_wait(sizes):
        result.unwrap()


@step(retry=Retry(max_attempts=3, min_s=0.0))
async def ask() -> int:
    tries.append("ask")
    usage.add("gpt", 100, "tokens", cost="0.01")
    if len(tries) < 3:
        raise ConnectionError("the answer was lost")
    return 1


@step
def ask_on_a_thread() -> None:
    usage.add("gpt", 5, "tokens")


@task(retry=Retry(max_attempts=2), registry=home)
async def paid() -> None:
    usage.add("start", 1)
    await ask()
    await wait.for_("1h")
    await ask_on_a_thread()
    if len(tries) == 3:
        tries.append("failed once")
        raise ValueError("after the step")


@task(registry=home)
async def measured() -> str:
    usage.add("before")
    with usage.measure() as spent:
        await ask_on_a_thread()
        usage.add("inside", cost="0.5")
    usage.add("after")
    assert [item.name for item in usage.current().items if item.name != "gpt"] == ["before", "inside", "after"]
    assert spent.duration_ms > 0
    return f"{sorted(item.name for item in spent.items)} {spent.cost}"


@task(registry=home)
async def crowded() -> None:
    for number in range(USAGE_ITEMS_MAX + 1):
        usage.add(f"customer {number}")


tasks = list(home)


def amounts(found: Usage) -> dict[str, Decimal]:
    return {f"{item.name} {item.unit}": item.quantity for item in found.items}


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_a_parent_shows_its_own_usage_and_that_of_its_tree(evict_after: int | None) -> None:
    async with TestEngine(tasks, evict_after=evict_after) as engine:
        run = await tree.trigger([1, 2, 3])
        assert (await engine.finish(run)).ok
        found: RunUsage = await run.usage()
    assert amounts(found.own) == {"geocoder look-ups": 3}
    assert amounts(found.total) == {
        "geocoder look-ups": 3,
        "gpt calls": 3,
        "gpt input tokens": 30,
        "gpt output tokens": 6,
    }
    assert (found.own.cost, found.total.cost) == (Decimal("0.3"), Decimal("0.3000045"))
    assert (found.own.runs, found.total.runs) == (1, 4)


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_a_step_counts_each_of_its_tries_and_none_that_is_only_replayed(evict_after: int | None) -> None:
    tries.clear()
    async with TestEngine(tasks, evict_after=evict_after) as engine:
        run = await paid.trigger()
        assert (await engine.finish(run)).ok
        found = await run.usage()
    assert amounts(found.own) == {"gpt tokens": 305, "start calls": 1}
    assert found.own.cost == Decimal("0.03")


async def test_a_meter_sees_what_is_added_inside_it_also_in_steps() -> None:
    async with TestEngine(tasks) as engine:
        assert await engine.run(measured) == "['gpt', 'inside'] 0.5"


async def test_a_run_without_usage_shows_none_and_an_unknown_run_is_an_error() -> None:
    async with TestEngine(tasks) as engine:
        run = await tree.trigger([])
        found = await engine.client.usage(run.id)
        assert found.total.cost == 0
        with pytest.raises(NotFound):
            await engine.client.usage("run_unknown")


async def test_names_that_stand_for_single_items_fail_the_run() -> None:
    async with TestEngine(tasks) as engine:
        ended = await engine.finish(await crowded.trigger())
    assert ended.error is not None
    assert "different things" in ended.error.message


@pytest.mark.parametrize("bad", [-1, "many", float("nan"), float("inf"), 1e300])
def test_an_amount_is_a_number_from_zero(bad: object) -> None:
    with pytest.raises(InvalidInput, match="quantity"):
        usage.add("gpt", bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="cost"):
        usage.add("gpt", cost=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["", "a\nb", "x" * 200])
def test_a_name_is_a_short_line(bad: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        usage.add(bad)


def test_outside_of_a_run_usage_is_measured_and_recorded_nowhere() -> None:
    with usage.measure() as spent:
        usage.add("gpt", 0.1, "calls", cost=0.1)
    assert spent.cost == Decimal("0.1")
    assert usage.current().items == ()


@step(key="answer")
async def answer_once_asked_again() -> str:
    tries.append("answer")
    usage.add("gpt", 7, "tokens", cost="0.5")
    streams.append("text", f"try {len(tries)}")
    if len(tries) == 1:
        raise AbortRun("not today")
    return "done"


@task(registry=home, retry=Retry(max_attempts=1))
async def answered() -> str:
    return await answer_once_asked_again()


@task(registry=home, retry=Retry(max_attempts=1))
async def asks() -> str:
    return await answered.options(key="child").trigger_and_wait().unwrap()


@pytest.mark.parametrize("name", ["answered", "asks"])
async def test_a_step_that_a_resumed_run_does_again_spends_and_streams_again(name: str) -> None:
    tries.clear()
    async with TestEngine(list(home)) as engine:
        first = await engine.client.trigger(name)
        assert not (await engine.finish(first)).ok
        resumed = await engine.client.resume(first.id)
        assert (await engine.finish(resumed)).ok
        for run, words in ((first, "try 1"), (resumed, "try 2")):
            assert (await engine.client.usage(run.id)).total.cost == Decimal("0.5")
            asked = [one.id for one in (await engine.client.list(task="answered", root=run.id)).runs]
            assert [part.value for part in await engine.client.parts(asked[0], "text")] == [f'"{words}"']
