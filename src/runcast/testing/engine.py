"""A real engine with a worker, whose clock moves only when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from pathlib import Path
from random import Random
from typing import Any, ParamSpec, TypeVar

from runcast.domain.errors import Conflict
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import Run, RunStatus
from runcast.engine.engine import Engine, EngineSettings
from runcast.engine.relay import Relay
from runcast.engine.schedule import Schedules
from runcast.engine.timers import Timers
from runcast.gateway import RunFilter, Watch, WorkerSession
from runcast.sdk.ambient import use_door
from runcast.sdk.call import Call
from runcast.sdk.client import Client
from runcast.sdk.doors import Door, GatewayDoor
from runcast.sdk.durations import DURATION_MS_MAX, Duration, duration_ms
from runcast.sdk.extension import Extension
from runcast.sdk.handle import RunHandle, get_run
from runcast.sdk.outside import has_running_loop
from runcast.sdk.pauses import step_pause
from runcast.sdk.registry import Registry, registry
from runcast.sdk.sealed_client import sealed_by_settings
from runcast.sdk.snapshot import RunSnapshot
from runcast.sdk.task import TaskDefinition
from runcast.store.opening import open_store
from runcast.store.outboxes import open_outbox
from runcast.store.script import Script
from runcast.store.store import Store
from runcast.store.writer import Faults
from runcast.testing.virtual import VirtualClock
from runcast.worker.settings import WorkerSettings
from runcast.worker.worker import Worker

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE_S = 30.0
"""How long (real time) a body may execute before a test that waits for it fails."""
_DISPATCHES = 3
_BUSY = (RunStatus.QUEUED, RunStatus.DEQUEUED, RunStatus.EXECUTING)


def run_inline(task: TaskDefinition[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a task to its end in an engine of its own and return its output; raises `TaskFailed`.

    Waits, delays and retries take no time: the clock jumps to whatever falls due next. No schedule ticks.

    >>> from runcast import task, wait
    >>> @task
    ... async def patient(n: int) -> int:
    ...     await wait.for_("7d")
    ...     return n + 1
    >>> run_inline(patient, 1)
    2
    """
    if has_running_loop():
        raise Conflict(
            "run_inline blocks: in a coroutine write `async with TestEngine() as engine: await engine.run(…)`"
        )

    async def main() -> R:
        async with TestEngine(schedules=False) as engine:
            return await engine.run(task, *args, **kwargs)

    return asyncio.run(main())


class TestEngine:
    """An engine with a worker, on the loop of the test. `trigger()` of any task goes to it.

    >>> async with TestEngine() as engine:  # doctest: +SKIP
    ...     run = await remind.trigger("ada")
    ...     await engine.advance("3d")
    ...     assert (await run.fetch()).ok

    Durable waits, delays, retries, schedules, ttls and rate limits follow `clock`; a step's pause between two tries takes
    no time; what a body awaits itself (`asyncio.sleep`, HTTP) takes real time. `evict_after=0` drops every waiting body,
    so that each wake-up executes it again.
    """

    __test__ = False

    def __init__(
        self,
        tasks: Sequence[TaskDefinition[..., Any]] | None = None,
        *,
        clock: VirtualClock | None = None,
        database: str | Path = ":memory:",
        evict_after: Duration | None = None,
        seed: int = 0,
        extensions: Sequence[Extension] = (),
        outbox: Sequence[str] = (),
        schedules: bool = True,
    ) -> None:
        """`tasks`: those of the process, if not given. `seed`: of retry jitter. `database`: a file outlives this engine,
        so that another one, with the same clock, can go on where this one ended. `outbox`: addresses of databases whose
        committed rows are carried out whenever the engine settles. `schedules`: whether
        they tick."""
        self.clock = clock or VirtualClock()
        self._database = str(database)
        self._registry = registry if tasks is None else _registry_of(tasks)
        self._settings = WorkerSettings(grace_ms=0, flush_ms=0)
        if evict_after is not None:
            self._settings = WorkerSettings(grace_ms=0, flush_ms=0, evict_after_ms=duration_ms(evict_after))
        self._random = Random(seed)
        self._extensions = tuple(extensions)
        self._outboxes = [open_outbox(address) for address in outbox]
        self._has_schedules = schedules
        self._faults: Faults | None = None
        self._door_before: Door | None = None

    async def __aenter__(self) -> TestEngine:
        # Nothing is taken from the worker or pruned, however far the test moves the clock.
        forever = EngineSettings(lease_ms=DURATION_MS_MAX, retention_ms=DURATION_MS_MAX, secret=_SECRET)
        self._store = open_store(self._database, self.clock, threaded=False, faults=self._faults)
        self._opened(self._store)
        self.engine = _ClockedEngine(self._store, self.clock, forever)
        for extension in self._extensions:
            await self.engine.extensions.install(extension.app())
        await self.engine.start()
        self._relays = [Relay(self._store, one) for one in self._outboxes]
        self._timers = Timers(self._store)
        self._schedules = Schedules(self._store)
        self._gateway = sealed_by_settings(self.engine)
        loop = asyncio.get_running_loop()
        self._factory_before = loop.get_task_factory()
        opened: asyncio.Future[WorkerSession] = loop.create_future()
        self._worker = Worker(
            self.engine,
            self._registry,
            self._settings,
            embedded=True,
            clock=self.clock,
            random=self._random,
            on_open=opened.set_result,
        )
        context = copy_context()
        context.run(step_pause.set, _no_time)
        self._working = loop.create_task(self._worker.run(), context=context)
        either: list[asyncio.Future[Any]] = [self._working, opened]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._working.done():
            self._working.result()
        self._door_before = use_door(GatewayDoor(self.engine))
        self.client = Client(gateway=self.engine)
        self.clock.attach(self)
        return self

    def _opened(self, store: Store) -> None:
        """The database is open; nothing was written yet."""

    async def __aexit__(self, *_: object) -> None:
        self.clock.detach(self)
        use_door(self._door_before)
        self._worker.stop(grace_ms=0)
        try:
            await self._working
        finally:
            asyncio.get_running_loop().set_task_factory(self._factory_before)
            for relay in self._relays:
                relay.close()
            self._store.close()

    # --- running

    def trigger(self, task: TaskDefinition[P, R], *args: P.args, **kwargs: P.kwargs) -> Call[RunHandle[R]]:
        """The same as `task.trigger(…)`, for tests that like to say where."""
        return task.trigger(*args, **kwargs)

    async def run(self, task: TaskDefinition[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a task to its end, moving the clock to whatever falls due; its output, or `TaskFailed`.

        Raises `Conflict` when it waits for something that no clock brings: a person, a paused queue.
        """
        handle = await task.trigger(*args, **kwargs)
        return (await self.finish(handle)).unwrap()

    async def finish(self, handle: RunHandle[R]) -> RunSnapshot[R]:
        """Move the clock until the run has ended."""
        while not (run := await self._settled(handle)).is_final:
            due_at = await self.next_due()
            # A schedule ticks for ever, and moves no run that exists.
            if due_at is None or not self._moves_runs:
                why = await self.engine.why(run.id)
                raise Conflict(f"run {run.id} of {run.task!r} will not end by itself: {why.reason}")
            self.clock.jump_to(due_at)
        return RunSnapshot(run, handle.decode)

    async def _settled(self, handle: RunHandle[Any]) -> Run:
        await self.settle()
        return await get_run(self._gateway, handle.id)

    # --- time

    async def advance(self, duration: Duration) -> None:
        """Move the clock, stopping at everything that falls due on the way; returns when all bodies wait or ended."""
        await self.clock.advance(duration)

    async def settle(self) -> None:
        """Wait until no body can go on without the clock or somebody else. Raises `TimeoutError` after 30 s."""
        await self._fire_due()
        async with asyncio.timeout(PATIENCE_S):
            while busy := await self._busy():
                await self._changed(busy)
                await self._fire_due()

    async def next_due(self) -> int | None:
        """When (ms) the next thing falls due, after all that is due now."""
        now = self.clock.now_ms()
        tick_at = await _all_due(self._schedules, now) if self._has_schedules else None
        timer_at = await _all_due(self._timers, now)
        self.engine.due_at = {due for due in self.engine.due_at if due > now}
        moving = self.engine.due_at | (set() if timer_at is None else {timer_at})
        self._moves_runs = bool(moving)
        return min(moving | (set() if tick_at is None else {tick_at}), default=None)

    async def _fire_due(self) -> None:
        for relay in self._relays:
            while await relay.tick(0) == 0:
                pass
        await self.next_due()

    async def _busy(self) -> list[Run]:
        """Runs that execute, or will without anybody's help."""
        for _ in range(_DISPATCHES):
            page = await self.engine.list_runs(RunFilter(status=_BUSY), limit=PAGE_ROWS_MAX)
            if not page.runs or any(run.status is not RunStatus.QUEUED for run in page.runs):
                return list(page.runs)
            # Queued runs and none that executes: each commit dispatches; what no commit moves is held by a limit.
            await self._store.write(_nothing)
        return []

    async def _changed(self, runs: Sequence[Run]) -> None:
        """Return after the next change of any of `runs`."""
        versions = {run.id: run.version for run in runs}
        updates = self.engine.watch(Watch(run_ids=tuple(versions)))
        async for update in updates:
            if any(run.version != versions[run.id] for run in update.runs):
                return


_SECRET = "what signs the public tokens of a test"


class _ClockedEngine(Engine):
    """Remembers what only its dispatch knows: when a rate admits the next run."""

    def __init__(self, store: Store, clock: VirtualClock, settings: EngineSettings) -> None:
        super().__init__(store, clock, settings)
        self.due_at: set[int] = set()

    def _on_due(self, at: int) -> None:
        self.due_at.add(at)


def _registry_of(tasks: Sequence[TaskDefinition[..., Any]]) -> Registry:
    found = Registry(registry.hooks)
    for task in tasks:
        found.add(task)
    return found


async def _all_due(ticker: Schedules | Timers, now: int) -> int | None:
    """Fire what is due; when the next thing is."""
    while (at := await ticker.tick(now)) is not None and at <= now:
        pass
    return at


async def _no_time(_seconds: float) -> None:
    await asyncio.sleep(0)


def _nothing() -> Script[None]:
    return
    yield  # a script is a generator
