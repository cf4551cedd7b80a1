"""An engine in memory with a worker on the test's own loop, and what tests ask of both."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import Any

from runcast.domain.effect import Log
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.run import Run, RunStatus
from runcast.engine.engine import EngineSettings
from runcast.sdk.options import TriggerOptions
from runcast.sdk.registry import Registry
from runcast.sdk.requests import new_run
from runcast.sdk.task import TaskDefinition
from runcast.server import Server, ServerConfig
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

PATIENCE_S = 20.0
"""A test that waits longer than this has failed."""


class World:
    """One server and one worker. Leaving the block stops both."""

    def __init__(
        self,
        registry: Registry,
        *,
        evict_after_ms: int = 60_000,
        database: str = ":memory:",
        engine: EngineSettings | None = None,
        **settings: Any,
    ) -> None:
        self.server = Server(ServerConfig(database=database, engine=engine or EngineSettings()))
        self._registry = registry
        self._settings = WorkerSettings(evict_after_ms=evict_after_ms, **{"grace_ms": 0, **settings})
        self.worker: Worker | None = None
        self.serving: asyncio.Task[None] | None = None

    @property
    def engine(self) -> Any:
        return self.server.engine

    @cached_property
    def gateway(self) -> Any:
        """Where the worker opens its session."""
        return self.engine

    async def __aenter__(self) -> World:
        await self.server.start()
        await self.start_worker()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_worker()
        await self.server.stop()

    async def start_worker(self) -> None:
        """Open a worker and wait until it takes work."""
        opened = asyncio.Event()
        self.worker = Worker(
            self.gateway, self._registry, self._settings, embedded=True, on_open=lambda _: opened.set()
        )
        self.serving = asyncio.get_running_loop().create_task(self.worker.run())
        await asyncio.wait_for(opened.wait(), PATIENCE_S)

    async def stop_worker(self, *, grace_ms: int | None = None) -> None:
        assert self.worker is not None
        assert self.serving is not None
        self.worker.stop(grace_ms=grace_ms)
        await asyncio.wait_for(self.serving, PATIENCE_S)

    async def trigger(self, task: TaskDefinition[..., Any], *args: Any, **options: Any) -> RunId:
        request = task._request(task.payload.encode(args, {}))
        if options:
            from msgspec.structs import replace

            request = replace(request, options=TriggerOptions(**options))
        (triggered,) = await self.engine.trigger([new_run(request)])
        run_id: RunId = triggered.id
        return run_id

    async def result(self, run_id: RunId) -> Run:
        """The run, once it is final."""
        run: Run = await asyncio.wait_for(self.engine.result(run_id), PATIENCE_S)
        return run

    async def run(self, task: TaskDefinition[..., Any], *args: Any, **options: Any) -> Run:
        return await self.result(await self.trigger(task, *args, **options))

    async def output(self, task: TaskDefinition[..., Any], *args: Any, **options: Any) -> Any:
        """What a run that must succeed returned."""
        run = await self.run(task, *args, **options)
        assert run.status is RunStatus.COMPLETED, run.error
        return task.decode_output(run.output or "null")

    async def journal(self, run_id: RunId) -> dict[str, Entry]:
        return {entry.key: entry for entry in await self.engine.journal(run_id)}

    async def until_journal(self, run_id: RunId, kind: str, count: int) -> None:
        """Wait until the journal has this many entries of a kind."""
        found = -1
        while found != count:
            found = sum(entry.kind == kind for entry in (await self.journal(run_id)).values())

    async def logs(self, run_id: RunId) -> Sequence[Log]:
        found: Sequence[Log] = await self.engine.logs(run_id)
        return found

    async def until(self, run_id: RunId, status: RunStatus) -> Run:
        """The run as soon as it has this status, seen through the feed."""
        from runcast.gateway import Watch

        async def look() -> Run:
            async for update in self.engine.watch(Watch(run_ids=(run_id,))):
                for run in update.runs:
                    if run.status is status:
                        found: Run = run
                        return found
            raise AssertionError("the feed ended")

        return await asyncio.wait_for(look(), PATIENCE_S)
