"""A batch that is tried again: its run does not wait for it before the engine has been asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import pytest

from runcast import Retry, metadata, task
from runcast.domain.journal import EntryStatus
from runcast.domain.outcome import Waiting
from runcast.gateway import Hello, Reply, Report
from runcast.sdk.info import current_run
from runcast.sdk.registry import Registry
from tests.worker.world import World


class Watched:
    """The engine, with a look at the journal of every run that says that it waits."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._session: Any = None
        self.waits = 0
        self.unasked: list[str] = []
        """What runs waited for although their journals did not."""

    async def open(self, hello: Hello, inbox: Any) -> Any:
        self._session = await self._engine.open(hello, inbox)
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        replies: Sequence[Reply] = await self._session.report(reports)
        for report in reports:
            if isinstance(report.outcome, Waiting):
                self.waits += 1
                journal = {entry.key: entry.status for entry in await self._engine.journal(report.run_id)}
                forgotten = EntryStatus.FORGOTTEN
                self.unasked += [key for key in report.outcome.keys if journal.get(key, forgotten) is forgotten]
        return replies


class WatchedWorld(World):
    """A world whose worker is watched."""

    @cached_property
    def gateway(self) -> Watched:
        return Watched(self.engine)


@pytest.mark.parametrize("turns", range(5))
async def test_a_batch_that_is_tried_again_is_asked_for_before_its_run_waits(turns: int) -> None:
    registry = Registry()
    done: list[int] = []

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def child(n: int) -> int:
        done.append(n)
        if len(done) == 1:
            raise ValueError("first")
        return n

    async def batch() -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        (result,) = await child.batch_trigger_and_wait([7])
        return result.unwrap()

    async def report() -> None:
        # Each attempt records something new: the report on its way meets the batch at any of its turns.
        for _ in range(current_run().attempt):
            metadata.increment("seen")

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.001))
    async def parent() -> int:
        output, _ = await asyncio.gather(batch(), report())
        return output

    async with WatchedWorld(registry) as world:
        assert await world.output(parent) == 7
        assert done == [7, 7]
        assert world.gateway.waits >= 2
        assert world.gateway.unasked == []
