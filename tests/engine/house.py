"""An engine on a database of its own, on one loop and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from runcast.blobs.bucket import Bucket
from runcast.clock import ManualClock
from runcast.domain.ids import RunId, WorkerId, make_id
from runcast.domain.outcome import Outcome
from runcast.domain.queue import QueueSettings
from runcast.domain.run import NewRun
from runcast.engine.engine import Engine
from runcast.engine.session import LocalSession
from runcast.gateway import Assignment, Demand, Hello, News, Reply, Report, Stop, TaskInfo
from runcast.store import doctor
from runcast.store.opening import open_store
from runcast.store.writer import Faults


class Received:
    """An inbox that keeps what it gets, in order."""

    def __init__(self) -> None:
        self.assigned: list[Assignment] = []
        self.told: list[News | Stop] = []

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self.assigned.extend(assignments)

    def news(self, news: Sequence[News]) -> None:
        self.told.extend(news)

    def stop(self, stops: Sequence[Stop]) -> None:
        self.told.extend(stops)

    def take(self) -> list[Assignment]:
        taken, self.assigned = self.assigned, []
        return taken


class House:
    """`clock`, `store` and `engine`; its services run only when the test ticks them."""

    def __init__(
        self,
        path: str,
        *,
        clock: ManualClock | None = None,
        id: str = "",
        bucket: Bucket | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.store = open_store(path, self.clock, threaded=False, faults=faults)
        self.engine = Engine(self.store, self.clock, id=id, bucket=bucket)
        self._chance = 0

    def new(self, task: str = "work", **options: Any) -> NewRun:
        self._chance += 1
        return NewRun(RunId(make_id("run", at_ms=self.clock.now_ms(), chance=self._chance)), task, **options)

    async def trigger(self, count: int = 1, **options: Any) -> list[RunId]:
        answers = await self.engine.trigger([self.new(**options) for _ in range(count)])
        return [answer.id for answer in answers]

    async def open(
        self,
        worker_id: str = "w1",
        *,
        room: int = 100,
        tasks: Sequence[str] = ("work",),
        queue: QueueSettings | None = None,
        embedded: bool = False,
        pid: int = 0,
    ) -> tuple[LocalSession, Received]:
        """A worker with room, and its inbox."""
        inbox = Received()
        infos = tuple(TaskInfo(task, "work") for task in tasks)
        hello = Hello(WorkerId(worker_id), infos, (queue,) if queue else (), embedded=embedded, pid=pid)
        session = await self.engine.open(hello, inbox)
        session.demand(Demand({"async": room}))
        await self.quiet()
        return session, inbox

    async def end(self, session: LocalSession, run: Assignment, outcome: Outcome) -> Reply:
        [reply] = await session.report([Report(run.run_id, run.epoch, outcome=outcome)])
        await self.quiet()
        return reply

    async def quiet(self) -> None:
        """Give the loop its turns, until what was started has arrived everywhere."""
        for _ in range(12):
            await asyncio.sleep(0)

    async def findings(self) -> list[doctor.Finding]:
        return await self.store.read(doctor.examine)

    async def status(self, run_id: RunId) -> str:
        run = await self.engine.find_run(run_id)
        assert run is not None
        return run.status.value
