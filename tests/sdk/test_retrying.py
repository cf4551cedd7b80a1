"""`retrying`: a block again in place, with pauses that fit where it runs."""

from __future__ import annotations

import pytest

from runcast import AbortRun, Retry, retrying, step, task, wait
from runcast.sdk.pauses import step_pause
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine

home = Registry()
tries: list[str] = []
LONG = Retry(max_attempts=4, min_s=3_600, factor=1, max_s=7_200)
NONE = Retry(max_attempts=3, min_s=0)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    tries.clear()


@step
async def fragile(name: str) -> str:
    tries.append(name)
    if len(tries) < 3:
        raise ConnectionError("not yet")
    return name


@retrying(retry=LONG, on=ConnectionError)
async def block() -> str:
    return await fragile("a") + await fragile("b")


@task(registry=home, retry=Retry(max_attempts=1))
async def patient() -> str:
    found = await block()
    await wait.for_("10m")
    return found


@task(registry=home, retry=Retry(max_attempts=1))
def patient_thread() -> str:
    @retrying(retry=LONG)
    def blocking() -> str:
        tries.append("a")
        if len(tries) < 3:
            raise ConnectionError("not yet")
        return "ab"

    return blocking()


@task(registry=home, retry=Retry(max_attempts=1))
async def unrecorded() -> str:
    @retrying(retry=LONG)
    async def fetch() -> str:
        tries.append("fetch")
        if len(tries) < 3:
            raise ConnectionError("not yet")
        return "fetched"

    found = await fetch()
    await wait.for_("1h")
    return found


@step
@retrying(retry=Retry(max_attempts=3, min_s=3_600))
async def inside_a_step() -> str:
    tries.append("try")
    if len(tries) < 3:
        raise ConnectionError("not yet")
    return "inside"


@task(registry=home)
async def with_step() -> str:
    return await inside_a_step()


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
async def test_what_failed_is_asked_for_again_and_what_is_done_is_not(evict_after: int | None) -> None:
    async with TestEngine(list(home), evict_after=evict_after) as engine:
        began = engine.clock.now_ms()
        assert await engine.run(patient) == "ab"
        hours = (engine.clock.now_ms() - began) / 3_600_000
    assert tries == ["a", "a", "a", "b"]
    assert 2 <= hours <= 4.2


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
async def test_a_block_that_records_nothing_disturbs_no_other_sleep(evict_after: int | None) -> None:
    async with TestEngine(list(home), evict_after=evict_after) as engine:
        began = engine.clock.now_ms()
        assert await engine.run(unrecorded) == "fetched"
        # However often it failed before the last execution: the body's own hour is slept in full.
        assert engine.clock.now_ms() - began >= 2 * 3_600_000


async def test_a_thread_pauses_without_being_held() -> None:
    async with TestEngine(list(home)) as engine:
        run = await patient_thread.trigger()
        await engine.settle()
        assert (await run.fetch()).status == "WAITING"
        assert (await engine.finish(run)).output == "ab"


async def test_inside_a_step_and_outside_of_a_run_pauses_are_ordinary_ones() -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    token = step_pause.set(pause)
    try:
        assert await inside_a_step.__wrapped__() == "inside"  # type: ignore[attr-defined]
        tries.clear()
        async with TestEngine(list(home)) as engine:
            assert await engine.run(with_step) == "inside"
    finally:
        step_pause.reset(token)
    assert len(pauses) >= 2
    assert min(pauses) >= 60


@pytest.mark.parametrize(("error", "count"), [(ConnectionError(), 3), (AbortRun("no"), 1), (KeyError("x"), 1)])
async def test_the_last_error_is_raised_and_a_hopeless_one_at_once(error: Exception, count: int) -> None:
    @retrying(retry=NONE, on=(ConnectionError, AbortRun))
    def fails() -> None:
        tries.append("try")
        raise error

    with pytest.raises(type(error)):
        fails()
    assert len(tries) == count


async def test_what_is_excepted_is_not_tried_again() -> None:
    @retrying(retry=NONE, on=OSError, unless=FileNotFoundError)
    async def fails() -> None:
        tries.append("try")
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError):
        await fails()
    assert tries == ["try"]
