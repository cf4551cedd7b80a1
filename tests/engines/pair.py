"""Two engines on one PostgreSQL, on one clock. Each learns what the other did when it is told to look."""

from __future__ import annotations

from typing import Any

from runcast.clock import ManualClock
from runcast.domain.ids import RunId
from runcast.domain.outcome import Outcome
from runcast.domain.run import Run
from runcast.engine.session import LocalSession
from runcast.gateway import Assignment, Reply, Report
from runcast.store.script import Script
from runcast.store.writer import Faults
from tests.engine.house import House, Received

_APART = 1_000_000


class Neighbor(House):
    """One of several engines. Nobody rings: what others did it learns at `look`, or at a write of its own."""

    def __init__(self, url: str, number: int, clock: ManualClock, *, faults: Faults | None = None) -> None:
        super().__init__(url, clock=clock, id=f"engine{number}", faults=faults)
        self._chance = number * _APART

    async def trigger(self, count: int = 1, **options: Any) -> list[RunId]:
        ids = await super().trigger(count, **options)
        await self.quiet()
        return ids

    async def look(self) -> None:
        """What the bell of another engine does."""
        await self.store.write(_nothing, lazy=True)
        await self.quiet()

    async def report(
        self, session: LocalSession, run: Assignment, *entries: object, outcome: Outcome | None = None
    ) -> Reply:
        [reply] = await session.report([Report(run.run_id, run.epoch, entries, outcome=outcome)])  # type: ignore[arg-type]
        await self.quiet()
        return reply

    async def run_of(self, run: Assignment) -> Run:
        found = await self.engine.find_run(run.run_id)
        assert found is not None
        return found


async def one(house: Neighbor, inbox: Received) -> Assignment:
    """The only run that was assigned, after a look."""
    await house.look()
    [run] = inbox.take()
    return run


def _nothing() -> Script[None]:
    yield from ()
