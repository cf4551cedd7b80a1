"""Step bodies on processes of this machine: what comes back, what ends with what, and what is refused."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runcast import InvalidInput, ValueTooLarge, offload
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.domain.run import RunStatus
from runcast.sdk.offload import places
from runcast.sdk.offload.body import make_body
from runcast.sdk.task import TaskDefinition
from tests.offload import bodies
from tests.offload.listening import is_alive, listening, until_gone
from tests.worker.world import World


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(places, "_executors", {})
    offload.use("process", offload.Processes(size=2))
    async with World(bodies.registry) as world:
        yield world


async def output(world: World, name: str, *arguments: Any, task: TaskDefinition[..., Any] = bodies.call) -> Any:
    return await world.output(task, name, list(arguments))


async def test_a_body_runs_in_another_process_and_its_result_is_recorded(world: World) -> None:
    run_id = await world.trigger(bodies.call, "where", [])
    pid = bodies.call.decode_output((await world.result(run_id)).output or "")
    assert pid != os.getpid()
    (entry,) = (await world.journal(run_id)).values()
    assert (entry.kind, entry.name, entry.value, entry.tries) == ("step", "where", str(pid), 1)


async def test_a_process_is_kept_for_the_next_body(world: World) -> None:
    assert await output(world, "where") == await output(world, "where_async")


async def test_arguments_keep_their_types_and_the_result_is_read_by_annotation(world: World) -> None:
    assert await world.output(bodies.moved, 1) == bodies.Point(3)


async def test_a_decorated_function_is_executed_with_its_decorator(world: World) -> None:
    assert await world.output(bodies.doubled, 4) == 9


async def test_a_resource_stays_open_from_one_body_to_the_next(world: World) -> None:
    assert [await output(world, "uses_resource") for _ in range(2)] == [2, 3]


async def test_a_pool_has_no_more_processes_than_its_size(world: World) -> None:
    assert len(set(await world.output(bodies.many, 12))) <= 2


async def test_a_process_is_replaced_after_its_last_call(world: World) -> None:
    offload.use("process", offload.Processes(size=1, calls_max=2))
    pids = [await output(world, "where") for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    await until_gone(pids[0])


async def test_the_processes_end_with_the_worker(world: World) -> None:
    pid = await output(world, "where")
    assert is_alive(pid)
    await world.stop_worker()
    assert not is_alive(pid)
    await world.start_worker()
    assert is_alive(await output(world, "where"))


async def test_a_run_in_a_process_of_its_own_may_offload_too(world: World) -> None:
    assert await world.output(bodies.isolated)


# --- errors


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("too_far", [7], "TooFar: (7, 'km')"),
        ("odd", [], "StepFailed: tests.offload.bodies.Odd"),
        ("no_json", [], "InvalidPayload: result of step 'no_json'"),
        ("large", [9_000_000], "ValueTooLarge: result of step 'large'"),
        ("die", [3], "BodyLost: step 'die': its process ended with exit code 3"),
        ("die", [-9], "BodyLost: step 'die': its process was killed (SIGKILL)"),
        ("fork_and_die", [], "BodyLost: step 'fork_and_die': its process ended with exit code 4"),
    ],
)
async def test_an_error_arrives_as_what_it_was(world: World, name: str, arguments: list[Any], told: str) -> None:
    assert (await output(world, name, *arguments, task=bodies.caught)).startswith(told)


async def test_the_record_of_an_error_has_the_stack_of_where_it_was_raised(world: World) -> None:
    run_id = await world.trigger(bodies.call, "too_far", [1])
    await world.result(run_id)
    (entry,) = (await world.journal(run_id)).values()
    assert entry.error is not None
    assert "raise TooFar(distance" in entry.error.stack
    assert entry.error.keys == (entry.key,)


@pytest.mark.parametrize("what", bodies.AWAY)
async def test_what_belongs_to_the_run_is_refused_away_from_it(world: World, what: str) -> None:
    told = await output(world, "durable", what, task=bodies.caught)
    assert told.startswith("NotDurableHere: step 'durable' runs elsewhere")


async def test_a_log_line_away_from_the_run_goes_to_logging_there(world: World) -> None:
    assert await output(world, "log") == "logged"


# --- tries


async def test_a_body_is_tried_again_by_the_steps_retry(world: World, tmp_path: Path) -> None:
    run_id = await world.trigger(bodies.call, "fails_until", [str(tmp_path / "tries"), 3], "process", 3)
    assert (await world.result(run_id)).output == "3"
    (entry,) = (await world.journal(run_id)).values()
    assert entry.tries == 3


async def test_a_final_error_is_not_tried_again(world: World, tmp_path: Path) -> None:
    run = await world.run(bodies.call, "gives_up", [str(tmp_path / "tries")], "process", 3)
    assert run.status is RunStatus.FAILED
    assert len((tmp_path / "tries").read_text().splitlines()) == 1


# --- stopping


@pytest.mark.parametrize("name", ["hang", "hang_with_child"])
async def test_a_cancel_kills_the_process_and_what_it_started(world: World, name: str) -> None:
    async with listening() as port:
        run_id = await world.trigger(bodies.call, name, [port.port])
        pids = await port.heard()
        await world.engine.cancel([run_id])
        await world.result(run_id)
        for pid in pids:
            await until_gone(pid)
        assert await output(world, "where") not in pids


async def test_a_timeout_kills_the_process(world: World) -> None:
    async with listening() as port:
        run_id = await world.trigger(bodies.timed, port.port)
        (pid,) = await port.heard()
        bodies.limits.pop().reschedule(0)
        assert (await world.result(run_id)).output == '"timed out"'
        await until_gone(pid)


async def test_what_waits_for_a_process_can_be_canceled(world: World) -> None:
    offload.use("process", offload.Processes(size=1))
    async with listening() as port:
        first = await world.trigger(bodies.call, "hang", [port.port])
        await port.heard()
        second = await world.trigger(bodies.call, "hang", [port.port])
        await world.until(second, RunStatus.EXECUTING)
        await world.engine.cancel([second])
        assert (await world.result(second)).status is RunStatus.CANCELED
        port.let_go()
        assert (await world.result(first)).status is RunStatus.COMPLETED
        assert port.said.empty()


# --- what cannot be sent


def local() -> Any:
    def inner() -> None: ...

    return inner


@pytest.mark.parametrize(
    "fn",
    [lambda: None, local(), partial(bodies.where), bodies.Point(1).__eq__, bodies.FUNCTIONS.get],
    ids=["lambda", "closure", "partial", "method", "builtin method"],
)
def test_a_function_that_no_other_process_finds_is_refused(fn: Any) -> None:
    with pytest.raises(InvalidInput, match="use a function at the top of a module"):
        make_body(fn, partial(fn), step="s", id="1")


def test_an_argument_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(InvalidInput, match="an argument of step 's' cannot be sent"):
        make_body(bodies.take, partial(bodies.take, lambda: None), step="s", id="1")  # type: ignore[arg-type]


def test_arguments_over_the_bound_are_refused() -> None:
    with pytest.raises(ValueTooLarge, match="the arguments of step 's' have 8,388"):
        make_body(bodies.take, partial(bodies.take, "x" * PAYLOAD_BYTES_MAX), step="s", id="1")


def test_a_function_of_the_program_itself_is_refused_on_a_cluster() -> None:
    body = offload.Body("1", "s", "__main__", "main", 0, b"")
    with pytest.raises(InvalidInput, match="move it into a module"):
        body.check_importable("dask")


@pytest.mark.parametrize(
    ("on", "told"),
    [("proces", "no such place. Did you mean 'process'?"), ("dask", "RUNCAST_DASK"), ("ray", "RUNCAST_RAY")],
)
async def test_a_place_that_is_not_there_is_told(world: World, on: str, told: str) -> None:
    run = await world.run(bodies.call, "where", [], on)
    assert run.error is not None
    assert told in run.error.message or f"pip install 'runcast[{on}]'" in run.error.message


def test_what_is_no_executor_is_refused() -> None:
    with pytest.raises(InvalidInput, match="needs an executor"):
        offload.use("mine", object())


async def test_an_executor_of_ones_own_has_a_name_of_its_own(world: World) -> None:
    offload.use("here", Here())
    assert await world.output(bodies.call, "where", [], "here") == os.getpid()


class Here:
    """An executor that executes here."""

    reattaches = False

    async def submit(self, body: offload.Body) -> bytes:
        return await asyncio.to_thread(offload.execute, body.encode())

    async def wait(self, handle: bytes) -> bytes:
        return handle

    def cancel(self, handle: bytes) -> None: ...


async def test_outside_of_a_run_the_body_runs_here() -> None:
    assert await bodies.twice(2) == 5
