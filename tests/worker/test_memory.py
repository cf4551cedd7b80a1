"""Out of memory: one more attempt on a bigger machine, and a clear word where there is none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runcast.domain.errors import InvalidInput
from runcast.domain.retry import Retry
from runcast.domain.run import RunStatus
from runcast.sdk.control import AbortRun
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import TaskDefinition, task
from tests.worker import isolated
from tests.worker.world import World


@pytest.mark.parametrize("task", [isolated.greedy, isolated.killed], ids=["memory error", "killed"])
async def test_a_run_out_of_memory_is_tried_once_more_on_the_bigger_machine(task: TaskDefinition[..., Any]) -> None:
    async with World(isolated.registry) as world:
        run = await world.run(task)
    assert (run.status, run.output, run.machine) == (RunStatus.COMPLETED, '"large-1x"', "large-1x")
    # Its one attempt was spent; this one is beyond them, and no death is counted.
    assert (run.attempt, run.deaths) == (2, 0)


async def test_out_of_memory_on_the_bigger_machine_too_is_the_end() -> None:
    async with World(isolated.registry) as world:
        run = await world.run(isolated.greedy, True)
    assert (run.status, run.attempt) == (RunStatus.FAILED, 2)
    assert run.error is not None
    assert (run.error.type, run.error.code) == ("builtins.MemoryError", "out_of_memory")
    assert run.error.message.startswith("ran out of memory on machine 'large-1x'")


async def test_a_run_that_is_killed_on_the_bigger_machine_too_crashes_and_says_why() -> None:
    async with World(isolated.registry) as world:
        run = await world.run(isolated.killed, True)
    assert (run.status, run.attempt, run.machine) == (RunStatus.CRASHED, 2, "large-1x")
    assert run.error is not None
    assert "SIGKILL" in run.error.message
    assert "memory runs out" in run.error.message


async def test_without_a_bigger_machine_the_usual_attempts_are_made_and_the_error_is_clear() -> None:
    async with World(isolated.registry) as world:
        run = await world.run(isolated.greedy_here)
    assert (run.status, run.attempt, run.machine) == (RunStatus.FAILED, 2, None)
    assert run.error is not None
    assert (run.error.message, run.error.code) == ("ran out of memory", "out_of_memory")


async def test_a_killed_process_without_a_bigger_machine_counts_deaths() -> None:
    async with World(isolated.registry) as world:
        run = await world.run(isolated.killed_here)
    assert (run.status, run.attempt, run.machine) == (RunStatus.CRASHED, 1, None)
    assert run.error is not None
    assert "died 3 times" in run.error.message


async def test_a_branch_out_of_memory_counts_and_what_is_done_is_not_repeated() -> None:
    registry = Registry()
    done: list[str] = []

    @step
    async def note(what: str) -> str:
        done.append(what)
        return what

    async def branch() -> None:
        if current_run().machine is None:
            raise MemoryError("no room for 8 GiB")

    @task(registry=registry, retry=Retry(min_s=0.01, out_of_memory="large-1x"))
    async def branching() -> str:
        await note("once")
        async with asyncio.TaskGroup() as group:
            group.create_task(branch())
        return "done"

    async with World(registry) as world:
        assert await world.output(branching) == "done"
    assert done == ["once"]


async def test_other_errors_stay_on_their_machine() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.01, out_of_memory="large-1x"))
    async def failing(give_up: bool) -> None:
        raise AbortRun("no") if give_up else ValueError("no")

    async with World(registry) as world:
        failed = await world.run(failing, False)
        assert (failed.status, failed.attempt, failed.machine) == (RunStatus.FAILED, 2, None)
        assert (await world.run(failing, True)).attempt == 1


def test_a_bigger_machine_is_a_label() -> None:
    with pytest.raises(InvalidInput, match="a machine is a label"):

        @task(registry=Registry(), retry=Retry(out_of_memory=""))
        def nothing() -> None: ...
