"""How bodies run and end: outputs, errors, retries, threads, what they leave behind."""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import dataclass

import pytest

from runcast.domain.retry import Retry
from runcast.domain.run import RunStatus
from runcast.sdk.control import AbortRun, Continue
from runcast.sdk.info import current_run
from runcast.sdk.queues import Queue
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from tests.worker.world import World

QUICK = Retry(max_attempts=3, min_s=0.001, max_s=0.002)


@dataclass
class Company:
    domain: str
    size: int


async def test_an_async_body_gets_its_payload_typed_and_its_output_is_stored() -> None:
    registry = Registry()

    @task(registry=registry)
    async def grow(company: Company) -> Company:
        return Company(company.domain, company.size + 1)

    async with World(registry) as world:
        assert await world.output(grow, Company("python.org", 1)) == Company("python.org", 2)


async def test_a_def_body_runs_on_a_thread() -> None:
    registry = Registry()

    @task(registry=registry)
    def where() -> str:
        return threading.current_thread().name

    async with World(registry) as world:
        assert (await world.output(where)).startswith("runcast-body")


async def test_a_failed_attempt_is_tried_again_until_it_succeeds() -> None:
    registry = Registry()

    @task(registry=registry, retry=QUICK)
    async def third_time() -> int:
        if current_run().attempt < 3:
            raise ValueError("not yet")
        return current_run().attempt

    async with World(registry) as world:
        assert await world.output(third_time) == 3


async def test_the_last_failed_attempt_ends_the_run_with_its_error() -> None:
    registry = Registry()

    @task(registry=registry, retry=QUICK)
    async def never() -> None:
        raise ValueError("no")

    async with World(registry) as world:
        run = await world.run(never)
        assert (run.status, run.attempt) == (RunStatus.FAILED, 3)
        assert run.error is not None
        assert (run.error.type, run.error.message) == ("builtins.ValueError", "no")


async def test_abort_run_ends_the_run_at_once() -> None:
    registry = Registry()

    @task(registry=registry, retry=QUICK)
    async def closed() -> None:
        raise AbortRun("the account is closed")

    async with World(registry) as world:
        run = await world.run(closed)
        assert (run.status, run.attempt) == (RunStatus.FAILED, 1)


async def test_an_output_of_the_wrong_type_fails_without_another_attempt() -> None:
    registry = Registry()

    @task(registry=registry, retry=QUICK)
    async def liar() -> int:
        return "text"  # type: ignore[return-value]

    async with World(registry) as world:
        run = await world.run(liar)
        assert (run.status, run.attempt) == (RunStatus.FAILED, 1)


async def test_sys_exit_in_a_body_fails_the_run_and_not_the_worker() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def leaves() -> None:
        sys.exit(3)

    @task(registry=registry)
    async def stays() -> int:
        return 1

    async with World(registry) as world:
        assert (await world.run(leaves)).status is RunStatus.FAILED
        assert await world.output(stays) == 1


async def test_continue_starts_the_body_again_with_new_arguments_and_an_empty_journal() -> None:
    registry = Registry()

    @step
    async def mark(page: int) -> int:
        return page

    @task(registry=registry)
    async def pages(page: int) -> int:
        await mark(page)
        if page < 3:
            raise Continue(page=page + 1)
        return page

    async with World(registry) as world:
        run_id = await world.trigger(pages, 1)
        assert (await world.result(run_id)).output == "3"
        assert [entry.value for entry in (await world.journal(run_id)).values()] == ["3"]


async def test_tasks_that_a_body_leaves_behind_are_canceled_and_record_nothing() -> None:
    registry = Registry()
    ended: list[str] = []

    @step
    async def late() -> int:
        return 1

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("canceled")
            await late()

    @task(registry=registry)
    async def body() -> int:
        left = asyncio.create_task(linger())
        await asyncio.sleep(0)
        assert not left.done()
        return 1

    async with World(registry) as world:
        run_id = await world.trigger(body)
        assert (await world.result(run_id)).output == "1"
        assert ended == ["canceled"]
        assert await world.journal(run_id) == {}


async def test_max_duration_ends_a_body_as_timed_out() -> None:
    registry = Registry()
    seen: list[str] = []

    @task(registry=registry, max_duration=0.02)
    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("canceled")
            raise

    async with World(registry) as world:
        run = await world.run(forever)
        assert run.status is RunStatus.TIMED_OUT
        assert seen == ["canceled"]


@pytest.mark.parametrize("ends", ["max_duration", "cancel"])
async def test_a_left_task_that_does_not_end_keeps_the_slot_of_the_run(ends: str) -> None:
    registry = Registry()
    one = Queue("one", concurrency=1)
    left, let_go = asyncio.Event(), asyncio.Event()
    lingering: list[asyncio.Task[None]] = []

    async def stubborn() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                left.set()

    @task(registry=registry, queue=one, max_duration=0.05 if ends == "max_duration" else None)
    async def body() -> None:
        lingering.append(asyncio.create_task(stubborn()))
        await asyncio.sleep(0)

    @task(registry=registry, queue=one)
    async def next_of_its_queue() -> int:
        return 1

    @task(registry=registry)
    async def elsewhere() -> int:
        return 2

    async with World(registry) as world:
        run_id = await world.trigger(body)
        await left.wait()
        if ends == "cancel":
            await world.engine.cancel([run_id])
        assert (await world.result(run_id)).status is (RunStatus.CANCELED if ends == "cancel" else RunStatus.TIMED_OUT)
        waiting = await world.trigger(next_of_its_queue)
        assert await world.output(elsewhere) == 2
        assert await world.output(elsewhere) == 2
        assert (await world.engine.find_run(waiting)).status is RunStatus.QUEUED
        let_go.set()
        assert (await world.result(waiting)).output == "1"


async def test_cancel_reaches_the_body_and_frees_its_slot() -> None:
    registry = Registry()
    started = asyncio.Event()
    seen: list[str] = []

    @task(registry=registry)
    async def forever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("canceled")

    async with World(registry) as world:
        run_id = await world.trigger(forever)
        await started.wait()
        assert await world.engine.cancel([run_id]) == [run_id]
        assert (await world.result(run_id)).status is RunStatus.CANCELED
        await world.stop_worker()
        await world.start_worker()
        assert seen == ["canceled"]
        (queue,) = [queue for queue in await world.engine.queues() if queue.name == "default"]
        assert queue.executing == 0
