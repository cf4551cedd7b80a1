"""`current_run().background(…)`: what a run does not end before, and what it does not change."""

from __future__ import annotations

import asyncio

import pytest

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.domain.retry import Retry
from runcast.domain.run import RunStatus
from runcast.sdk import metadata, wait
from runcast.sdk.hooks import Success
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from tests.worker.world import World


async def test_a_run_ends_when_its_background_work_has() -> None:
    registry = Registry()
    done: list[str] = []

    async def report() -> None:
        await asyncio.sleep(0.01)
        done.append("report")

    async def leftover() -> None:
        await asyncio.sleep(3600)

    @task(registry=registry)
    async def body() -> str:
        current_run().background(report())
        current_run().background(report())
        asyncio.create_task(leftover())  # noqa: RUF006 - what a body leaves behind is canceled as ever
        return "said"

    async with World(registry) as world:
        assert await world.output(body) == "said"
        assert done == ["report", "report"]


@pytest.mark.parametrize("evict_after_ms", [0, 60_000], ids=["evicted", "resident"])
async def test_background_work_waits_and_records_once(evict_after_ms: int) -> None:
    registry = Registry()
    bodies: list[str] = []
    noted: list[str] = []

    @step
    async def note(what: str) -> None:
        noted.append(what)

    async def report() -> None:
        await note("before")
        await wait.for_(0.02)
        await note("after")
        metadata.increment("reports")

    @task(registry=registry)
    async def body() -> int:
        bodies.append("body")
        current_run().background(report())
        await note("body")
        return 7

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        run = await world.run(body)
        keys = set(await world.journal(run.id))
    assert (run.status, run.output, run.metadata) == (RunStatus.COMPLETED, "7", '{"reports":1}')
    assert sorted(noted) == ["after", "before", "body"]
    assert len(bodies) == (2 if evict_after_ms == 0 else 1)
    assert any("report#1/" in key for key in keys), keys


async def test_an_error_of_background_work_is_logged_and_changes_nothing() -> None:
    registry = Registry()

    async def broken() -> None:
        raise ValueError("no ink")

    @task(registry=registry)
    async def body() -> str:
        current_run().background(broken())
        return "fine"

    async with World(registry) as world:
        run = await world.run(body)
        lines = await world.logs(run.id)
    assert (run.status, run.attempt) == (RunStatus.COMPLETED, 1)
    assert [(line.level, line.message) for line in lines] == [
        ("error", "background work failed: ValueError: no ink"),
    ]


async def test_a_body_that_fails_lets_its_background_work_end() -> None:
    registry = Registry()
    ends: list[int] = []

    async def report(attempt: int) -> None:
        await wait.for_(0.01)
        ends.append(attempt)

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.01))
    async def body() -> None:
        run = current_run()
        run.background(report(run.attempt))
        raise ValueError("no")

    async with World(registry) as world:
        run = await world.run(body)
    assert (run.status, run.attempt, ends) == (RunStatus.FAILED, 2, [1, 2])


async def test_a_cancel_reaches_background_work_of_a_body_that_has_ended() -> None:
    registry = Registry()
    began, canceled = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        began.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            canceled.set()
            raise

    @task(registry=registry)
    async def body() -> None:
        current_run().background(endless())

    async with World(registry) as world:
        run_id = await world.trigger(body)
        await asyncio.wait_for(began.wait(), 10)
        await world.engine.cancel([run_id])
        await asyncio.wait_for(canceled.wait(), 10)
        assert (await world.result(run_id)).status is RunStatus.CANCELED


async def test_max_duration_holds_for_background_work() -> None:
    registry = Registry()

    async def endless() -> None:
        await asyncio.sleep(3600)

    @task(registry=registry, max_duration=0.1)
    async def body() -> None:
        current_run().background(endless())

    async with World(registry) as world:
        assert (await world.run(body)).status is RunStatus.TIMED_OUT


async def test_hooks_may_leave_background_work_too() -> None:
    registry = Registry()
    done: list[str] = []

    async def report(what: str) -> None:
        await asyncio.sleep(0.01)
        done.append(what)

    @task(registry=registry)
    async def body() -> str:
        current_run().background(report("body"))
        return "x"

    @body.on_success
    async def said(success: Success[str]) -> None:
        current_run().background(report("hook"))

    async with World(registry) as world:
        assert await world.output(body) == "x"
        assert sorted(done) == ["body", "hook"]


async def test_background_work_has_no_place_in_steps_and_threads() -> None:
    registry = Registry()

    async def work() -> None: ...

    @step
    async def inside() -> str:
        try:
            current_run().background(work())
        except NotDurableHere as error:
            return str(error)
        return ""

    @task(registry=registry)
    async def body() -> str:
        with pytest.raises(InvalidInput, match="takes a coroutine"):
            current_run().background(work)  # type: ignore[arg-type]
        return await inside()

    @task(registry=registry)
    def threaded() -> str:
        try:
            current_run().background(work())
        except NotDurableHere as error:
            return str(error)
        return ""

    async with World(registry) as world:
        assert "not for its steps" in await world.output(body)
        assert "nor for threads" in await world.output(threaded)
