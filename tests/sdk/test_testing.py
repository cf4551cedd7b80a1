"""`runcast.testing`: a real engine whose clock the test moves."""

from __future__ import annotations

import pytest

from runcast import AbortRun, Queue, Retry, TaskFailed, metadata, step, task, wait
from runcast.domain.errors import Conflict
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine, run_inline

home = Registry()


@task(registry=home)
async def double(n: int) -> int:
    return 2 * n


@task(registry=home)
async def patient(n: int) -> int:
    await wait.for_("1d")
    metadata.set("slept", 1)
    await wait.for_("1d")
    return n


@task(registry=home)
async def parent(numbers: list[int]) -> int:
    results = await double.batch_trigger_and_wait(numbers)
    return sum(result.unwrap() for result in results) + await patient.trigger_and_wait(1).unwrap()


@task(registry=home)
def blocking(n: int) -> int:
    wait.for_("1h").result()
    return double.trigger_and_wait(n).result().unwrap()


@task(retry=Retry(max_attempts=3), registry=home)
async def fails(kind: str) -> None:
    if kind == "abort":
        raise AbortRun("no use")
    raise ValueError("again")


@task(registry=home)
async def asks() -> bool:
    token = await wait.create_token(bool)
    metadata.set("token", token.id)
    return await wait.for_token(token).unwrap()


tasks = list(home)


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_the_clock_stops_at_everything_that_falls_due(evict_after: int | None) -> None:
    async with TestEngine(tasks, evict_after=evict_after) as engine:
        run = await patient.trigger(5)
        await engine.advance("1d")
        halfway = await run.fetch()
        assert (halfway.status, halfway.metadata) == ("WAITING", {"slept": 1})
        await engine.advance("23h")
        assert not (await run.fetch()).is_final
        await engine.advance("1h")
        assert await run.result() == 5


@pytest.mark.parametrize("evict_after", [None, 0])
async def test_a_run_is_run_to_its_end(evict_after: int | None) -> None:
    async with TestEngine(tasks, evict_after=evict_after) as engine:
        assert await engine.run(parent, [1, 2, 3]) == 13
        assert await engine.run(blocking, 4) == 8


async def test_retries_take_no_time() -> None:
    async with TestEngine(tasks) as engine:
        handle = await fails.trigger("retry")
        end = await engine.finish(handle)
        assert (end.status, end.attempt) == ("FAILED", 3)
        assert end.error is not None
        assert end.error.message == "again"
        with pytest.raises(TaskFailed, match="no use"):
            await engine.run(fails, "abort")


async def test_what_waits_for_a_person_is_completed_by_the_test() -> None:
    async with TestEngine(tasks) as engine:
        run = await asks.trigger()
        await engine.settle()
        token = (await run.fetch()).metadata["token"]
        with pytest.raises(Conflict, match="will not end by itself"):
            await engine.finish(run)
        await engine.client.complete_wait(token, value=True)
        assert (await engine.finish(run)).unwrap() is True


async def test_a_delay_follows_the_clock() -> None:
    async with TestEngine(tasks) as engine:
        run = await double.options(delay="2d").trigger(1)
        await engine.advance("47h")
        assert (await run.fetch()).status == "DELAYED"
        await engine.advance("1h")
        assert (await run.fetch()).output == 2


async def test_a_run_that_no_limit_lets_start_expires() -> None:
    async with TestEngine(tasks) as engine:
        await engine.client.queues.pause("default")
        run = await double.options(ttl="1d").trigger(1)
        await engine.advance("23h")
        assert (await run.fetch()).status == "QUEUED"
        await engine.advance("1h")
        assert (await run.fetch()).status == "EXPIRED"


async def test_a_rate_follows_the_clock() -> None:
    @task(queue=Queue("slow", rate="1/1h"), registry=home)
    async def limited() -> None: ...

    async with TestEngine([limited]) as engine:
        batch = await limited.batch_trigger([None] * 3)
        await engine.advance("61m")
        assert [run.ok for run in await batch.fetch()] == [True, True, False]
        await engine.advance("1h")
        assert [run.ok for run in await batch.fetch()] == [True, True, True]
        started_at = engine.clock.now_ms()
        late = await limited.batch_trigger([None] * 3)
        await engine.finish(late.runs[2])
        assert engine.clock.now_ms() - started_at > 2 * 3_600_000


async def test_tests_use_the_engine_that_is_open() -> None:
    async with TestEngine(tasks) as outer:
        async with TestEngine(tasks) as inner:
            run = await double.trigger(1)
            assert await inner.engine.find_run(run.id) is not None
        assert await outer.engine.find_run((await double.trigger(1)).id) is not None


def test_run_inline_in_blocking_code() -> None:
    calls = []

    @task
    async def inline(n: int) -> int:
        await wait.for_("30d")
        return await step(record)(n)

    def record(n: int) -> int:
        calls.append(n)
        return n + 1

    assert run_inline(inline, 1) == 2
    assert calls == [1]


async def test_run_inline_does_not_block_a_loop() -> None:
    with pytest.raises(Conflict, match="async with TestEngine"):
        run_inline(double, 1)
