"""Which runs a worker is given, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from runcast.clock import ManualClock
from runcast.domain.ids import RunId, WorkerId
from runcast.domain.outcome import Succeeded
from runcast.domain.queue import QueueChange
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine
from runcast.gateway import Assignment, Demand, Hello, News, Report, Stop, TaskInfo
from runcast.store.opening import open_store
from tests.engine.house import House

pytestmark = pytest.mark.anyio


class Received:
    """An inbox that keeps what it gets."""

    def __init__(self) -> None:
        self.assigned: list[Assignment] = []
        self._grown = asyncio.Event()

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self.assigned.extend(assignments)
        self._grown.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.assigned) < count:
                await self._grown.wait()
                self._grown.clear()

    def news(self, news: Sequence[News]) -> None: ...
    def stop(self, stops: Sequence[Stop]) -> None: ...


async def test_a_full_lane_keeps_its_backlog_although_a_lane_without_tasks_has_room() -> None:
    clock = ManualClock()
    store = open_store(":memory:", clock, threaded=False)
    engine = Engine(store, clock)
    await engine.start()
    inbox = Received()
    session = await engine.open(Hello(WorkerId("worker_1"), (TaskInfo("t", "default"),)), inbox)
    session.demand(Demand({"async": 1, "thread": 16}))

    await engine.trigger([NewRun(RunId("run_1"), "t")])
    await engine.trigger([NewRun(RunId("run_2"), "t")])
    await inbox.until(1)
    (first,) = inbox.assigned
    await session.report([Report(first.run_id, first.epoch, outcome=Succeeded("null"))])
    await engine.cancel([])  # one more commit, so that the engine has looked while the lane was still full
    session.demand(Demand({"async": 1, "thread": 16}, received=1))
    await inbox.until(2)

    assert [one.run_id for one in inbox.assigned] == ["run_1", "run_2"]
    store.close()


async def test_a_slot_that_frees_where_nothing_bounds_slots_costs_no_commit(tmp_path: Path) -> None:
    house, commits = await _watched_house(tmp_path)
    session, inbox = await house.open()
    await house.trigger(2)
    await house.quiet()
    first, second = inbox.take()
    before = commits.count
    await house.end(session, first, Succeeded("1"))
    await house.end(session, second, Succeeded("1"))
    assert commits.count == before + 2
    house.store.close()


async def test_a_slot_that_frees_under_a_bound_set_meanwhile_is_taken_at_once(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [first] = inbox.take()
    await house.engine.change_queue("work", QueueChange(concurrency=1))
    [waiting] = await house.trigger()
    await house.quiet()
    assert inbox.take() == []
    await house.end(session, first, Succeeded("1"))
    assert [run.run_id for run in inbox.take()] == [waiting]
    await house.trigger(1)
    await house.engine.change_queue("work", QueueChange(concurrency=2))
    await house.quiet()
    assert len(inbox.take()) == 1


class Commits:
    """Counts commits."""

    def __init__(self) -> None:
        self.count = 0

    def before_commit(self) -> None:
        self.count += 1

    def after_commit(self) -> None: ...


async def _watched_house(tmp_path: Path) -> tuple[House, Commits]:
    commits = Commits()
    house = House(str(tmp_path / "watched.db"), faults=commits)
    await house.engine.start()
    return house, commits
