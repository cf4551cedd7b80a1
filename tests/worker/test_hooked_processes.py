"""Hooks where there is a real worker, its threads and its processes; usage through the socket."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import msgspec

from runcast import Client, RunStatus
from tests.worker import hooked
from tests.worker.world import World


async def test_an_isolated_run_has_its_hooks_in_its_own_process() -> None:
    async with World(hooked.registry) as world:
        run = await world.run(hooked.apart, 3)
    assert run.status is RunStatus.COMPLETED, run.error
    found = msgspec.json.decode(run.metadata)
    assert found["thanked"] == 3
    assert found["process"] != os.getpid()


async def test_a_body_on_a_thread_has_its_hook_when_it_noticed_the_cancel(tmp_path: Path) -> None:
    said = tmp_path / "said"
    async with World(hooked.registry) as world:
        run_id = await world.trigger(hooked.looping, str(said))
        while not (said.exists() and said.read_text("utf-8")):
            await world.logs(run_id)
        assert await world.engine.cancel([run_id]) == [run_id]
        while not said.read_text("utf-8").endswith("canceled"):
            await world.logs(run_id)
    assert said.read_text("utf-8") == "started canceled"


async def test_hooks_of_a_thread_wait_without_it() -> None:
    async with World(hooked.registry, evict_after_ms=0, thread_capacity=1) as world:
        run_ids = [await world.trigger(hooked.waits_on_a_thread) for _ in range(4)]
        ended = [await world.result(run_id) for run_id in run_ids]
        lines = [[log.message for log in await world.logs(run_id)] for run_id in run_ids]
    assert [run.status for run in ended] == [RunStatus.COMPLETED] * 4
    assert lines == [["completed"]] * 4


async def test_usage_is_read_through_the_socket(tmp_path: Path) -> None:
    database = tmp_path / "runcast.db"
    async with World(hooked.registry, database=str(database)) as world:
        run = await world.run(hooked.apart, 3)
        async with Client(url=f"unix://{database}.sock") as client:
            found = await client.usage(run.id)
    assert [(item.name, item.quantity, item.cost) for item in found.total.items] == [
        ("apart", Decimal(3), Decimal("0.25"))
    ]
    assert found.own.executing_ms == found.total.executing_ms == run.executing_ms
