"""Step bodies on real clusters: what comes back, what ends with what, and what goes on."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runcast import offload
from runcast.domain.run import RunStatus
from tests.offload import bodies
from tests.offload.listening import PATIENCE_S, listening
from tests.worker.world import World

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def client(dask_scheduler: str) -> Iterator[Any]:
    """A client of one's own, that `offload` uses too."""
    distributed: Any = pytest.importorskip("distributed")
    with distributed.Client(dask_scheduler, set_as_default=False) as client:
        offload.use("dask", client)
        yield client


async def test_a_body_runs_on_the_cluster_and_its_result_is_recorded(place: str) -> None:
    async with World(bodies.registry) as world:
        assert await world.output(bodies.call, "where", [], place) != os.getpid()
        assert await world.output(bodies.call, "where_async", [], place) != os.getpid()
        assert await world.output(bodies.moved, 1, place) == bodies.Point(3)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("too_far", [7], "TooFar: (7, 'km')"),
        ("durable", ["metadata"], "NotDurableHere: step 'durable' runs elsewhere"),
        ("large", [9_000_000], "ValueTooLarge: result of step 'large'"),
        ("die", [3], "BodyLost: "),
    ],
)
async def test_an_error_arrives_as_what_it_was(place: str, name: str, arguments: list[Any], told: str) -> None:
    async with World(bodies.registry) as world:
        assert (await world.output(bodies.caught, name, arguments, place)).startswith(told)


async def test_a_body_is_tried_again_by_the_steps_retry(place: str, tmp_path: Path) -> None:
    async with World(bodies.registry) as world:
        assert await world.output(bodies.call, "fails_until", [str(tmp_path / "tries"), 3], place, 3) == 3


async def test_ray_ends_the_body_that_is_canceled(ray_cluster: None) -> None:
    async with World(bodies.registry) as world, listening() as port:
        run_id = await world.trigger(bodies.call, "hang", [port.port], "ray")
        await port.heard()
        await world.engine.cancel([run_id])
        assert (await world.result(run_id)).status is RunStatus.CANCELED
        await port.went()


async def test_dask_does_not_begin_what_is_canceled_before(client: Any) -> None:
    async with World(bodies.registry) as world, listening() as port:
        holding = [await world.trigger(bodies.call, "hang", [port.port], "dask") for _ in range(2)]
        for _ in holding:
            await port.heard()
        third = await world.trigger(bodies.call, "hang", [port.port], "dask")
        await until(client, known, 3)
        await world.engine.cancel([third])
        assert (await world.result(third)).status is RunStatus.CANCELED
        await until(client, known, 2)
        port.let_go()
        for run_id in holding:
            assert (await world.result(run_id)).status is RunStatus.COMPLETED
        await world.output(bodies.call, "where", [], "dask")
        assert port.said.empty()


async def test_dask_drops_what_a_canceled_body_returns(client: Any) -> None:
    async with World(bodies.registry) as world, listening() as port:
        run_id = await world.trigger(bodies.call, "hang", [port.port], "dask")
        await port.heard()
        await world.engine.cancel([run_id])
        assert (await world.result(run_id)).status is RunStatus.CANCELED
        port.let_go()
        await port.went()
    await until(client, known, 0)


async def test_dask_keeps_nothing_of_what_has_ended(client: Any) -> None:
    async with World(bodies.registry) as world:
        await world.output(bodies.call, "where", [], "dask")
    await until(client, known, 0)


# --- the worker ends, the body does not


async def test_the_next_worker_finds_the_body_that_dask_still_executes(client: Any) -> None:
    async with World(bodies.registry) as world, listening() as port:
        run_id = await world.trigger(bodies.call, "hang", [port.port], "dask")
        await port.heard()
        await until(client, kept, 1)
        await world.stop_worker()
        await world.start_worker()
        await world.until(run_id, RunStatus.EXECUTING)
        await until(client, wanted, 2)
        port.let_go()
        assert (await world.result(run_id)).status is RunStatus.COMPLETED
        assert port.said.empty()
    await until(client, known, 0)


async def test_so_does_the_one_after_a_worker_that_was_killed(client: Any, tmp_path: Path) -> None:
    database = str(tmp_path / "runs.db")
    async with listening() as port:
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("program.py")),
            *(database, client.scheduler.address, port.port),
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        run_id: Any = (await program.stdout.readline()).decode().strip()
        await port.heard()
        await until(client, kept, 1)
        program.kill()
        await program.wait()
        await until(client, wanted, 1)
        async with World(bodies.registry, database=database) as world:
            await until(client, wanted, 2)
            port.let_go()
            assert (await world.result(run_id)).status is RunStatus.COMPLETED
        assert port.said.empty()
    await until(client, known, 0)


async def until(client: Any, look: Callable[..., int], count: int) -> None:
    """Wait until the scheduler says this number."""
    async with asyncio.timeout(PATIENCE_S):
        while await asyncio.to_thread(client.run_on_scheduler, look) != count:
            await asyncio.sleep(0.01)


def known(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def wanted(dask_scheduler: Any) -> int:
    """By how many."""
    return sum(len(task.who_wants or ()) for task in dask_scheduler.tasks.values())


def kept(dask_scheduler: Any) -> int:
    return len(dask_scheduler.clients["fire-and-forget"].wants_what)
