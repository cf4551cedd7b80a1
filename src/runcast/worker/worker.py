"""A worker: opens sessions with the engine and executes what it is assigned, until it is stopped.

    opening     no session; tries again with growing pauses
    serving     one session, its lease kept by the heartbeat
    draining    stopped: takes nothing new, lets attempts finish, evicts the waiting, hands the rest back

A lost session (lease gone, socket closed) stops all bodies and leads back to opening, under a new worker id.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from random import Random, SystemRandom
from typing import Any

from msgspec.structs import replace

from runcast.clock import Clock, SystemClock
from runcast.domain.errors import EngineStopped, RuncastError, Unavailable
from runcast.domain.ids import CHANCE_BITS, WorkerId, make_id
from runcast.gateway import Assignment, Hello, News, Stop, TaskInfo, WorkerGateway, WorkerSession
from runcast.sdk.factory import task_factory
from runcast.sdk.registry import Registry
from runcast.sdk.resource import close_resources
from runcast.sdk.sealed_worker import SealedWorkerGateway, bare_session
from runcast.sdk.sealing import find_codec
from runcast.sdk.task import TaskDefinition
from runcast.worker.executor import Executor
from runcast.worker.heartbeat import Heartbeat, MakePulse
from runcast.worker.isolate import Isolated
from runcast.worker.running import Running
from runcast.worker.settings import WorkerSettings
from runcast.worker.spawn import spawner
from runcast.worker.variables import Variables

log = logging.getLogger("runcast.worker")

OPEN_AGAIN_S = (0.05, 2.0)
"""First and longest pause between two tries to open a session."""


class Worker:
    """Executes the tasks of a registry. `run` it on a loop of its own; `stop` it from that loop.

    >>> worker = Worker(gateway, registry)  # doctest: +SKIP
    >>> await worker.run()  # until `worker.stop()`  # doctest: +SKIP
    """

    def __init__(
        self,
        gateway: WorkerGateway,
        registry: Registry,
        settings: WorkerSettings | None = None,
        *,
        embedded: bool = False,
        clock: Clock | None = None,
        random: Random | None = None,
        on_open: Callable[[WorkerSession], None] | None = None,
        heartbeat: MakePulse = Heartbeat,
    ) -> None:
        codec = find_codec()
        self._gateway = gateway if codec is None else SealedWorkerGateway(gateway, codec)
        self._registry = registry
        self._settings = settings or WorkerSettings()
        self._embedded = embedded
        self._clock = clock or SystemClock()
        self._random = random or SystemRandom()
        self._on_open = on_open
        self._make_heartbeat = heartbeat
        self._executor: Executor | None = None
        self._stop = asyncio.Event()
        self._grace_ms = self._settings.grace_ms
        self._was: WorkerId | None = None
        """Who it was in a session that is lost, if nothing of that session executes any more."""
        self._variables = Variables()
        self.recycle = False
        """After `run`: so many threads are stuck that the process should be replaced."""

    def stop(self, *, grace_ms: int | None = None) -> None:
        """Begin the graceful stop; `run` returns when it is done. `grace_ms` beats the setting."""
        if grace_ms is not None:
            self._grace_ms = grace_ms
        self._stop.set()

    def ask_for_recycling(self) -> None:
        """Stop, and say by `recycle` that another process should take over."""
        self.recycle = True
        self.stop()

    async def run(self) -> None:
        """Serve until stopped, through lost sessions. Raises `EngineStopped` when the engine was in this process and is
        no more."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(task_factory)
        pause_s = OPEN_AGAIN_S[0]
        try:
            while not self._stop.is_set():
                inbox = _Door()
                hello = self._hello()
                try:
                    session = await self._gateway.open(hello, inbox)
                except EngineStopped:
                    raise
                except Unavailable:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause_s):
                            await self._stop.wait()
                    pause_s = min(pause_s * 2, OPEN_AGAIN_S[1])
                    continue
                pause_s = OPEN_AGAIN_S[0]
                self._was = hello.worker_id if await self._serve(session, inbox) else None
        finally:
            await close_resources()

    async def _serve(self, session: WorkerSession, door: _Door) -> bool:
        """One session, from its opening to its end. True when it was lost and nothing of it executes any more."""
        is_over = False
        self._variables.take(session.welcome.variables)
        async with asyncio.TaskGroup() as group:
            executor = self._executor = door.executor = self._make_executor(session, group)
            pulse = self._make_heartbeat(bare_session(session), self._clock, executor.measured)
            executor.on_unavailable = pulse.look
            heartbeat = group.create_task(pulse.run())
            stop = group.create_task(self._stop.wait())
            if self._on_open is not None:
                self._on_open(session)
            executor.flushed()
            try:
                await asyncio.wait([heartbeat, stop], return_when=asyncio.FIRST_COMPLETED)
                if heartbeat.done():
                    log.warning(
                        "the session with the engine is lost: what executes here is given up, and goes on later"
                    )
                    await executor.abort(session.welcome.renew_ms / 1000)
                    is_over = executor.census.is_empty
                else:
                    await executor.drain(self._grace_ms / 1000)
            finally:
                # Also when the loop was broken from outside: nothing may be spawned in a group that ends.
                heartbeat.cancel()
                stop.cancel()
                executor.close()
        with suppress(RuncastError):
            await session.close()
        return is_over

    def _make_executor(self, session: WorkerSession, group: asyncio.TaskGroup) -> Executor:
        executor = Executor(
            session,
            self._registry,
            self._settings,
            clock=self._clock,
            random=self._random,
            spawn=spawner(group),
            isolate=partial(Isolated, kill_after_s=self._settings.kill_after_ms / 1000, random=self._random),
        )
        executor.stuck.on_too_many = self.ask_for_recycling
        return executor

    def executing(self) -> Iterable[Running]:
        """What it has in memory now."""
        return () if self._executor is None else self._executor.running.values()

    def _info(self, task: TaskDefinition[..., Any]) -> TaskInfo:
        """What the engine hears of a task, with what the settings add."""
        info = task.info()
        return info if info.ttl_ms is not None else replace(info, ttl_ms=self._settings.ttl_ms)

    def _hello(self) -> Hello:
        return Hello(
            worker_id=WorkerId(
                make_id("worker", at_ms=self._clock.now_ms(), chance=self._random.getrandbits(CHANCE_BITS))
            ),
            tasks=tuple(self._info(task) for task in self._registry),
            queues=self._registry.queue_settings(),
            alerts=self._registry.alert_rules(),
            environment=self._settings.environment,
            pid=os.getpid(),
            host=socket.gethostname(),
            embedded=self._embedded,
            labels=self._settings.labels,
            was=self._was,
        )


class _Door:
    """The inbox of a session, open before there is an executor to receive."""

    executor: Executor

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self.executor.assign(assignments)

    def news(self, news: Sequence[News]) -> None:
        self.executor.news(news)

    def stop(self, stops: Sequence[Stop]) -> None:
        self.executor.stop(stops)
