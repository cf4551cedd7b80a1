"""A worker: opens sessions with the engine and executes what it is assigned, until it is stopped.

    opening     no session; tries again with growing pauses
    serving     one session, its lease kept by the heartbeat
    draining    stopped: takes nothing new, lets attempts finish, evicts the waiting, hands the rest back

A lost session (lease gone, socket closed) stops all bodies and leads back to opening, under a new worker id.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from random import Random, SystemRandom
from typing import Any

from runcast.clock import Clock, SystemClock
from runcast.domain.errors import RuncastError, Unavailable
from runcast.domain.ids import CHANCE_BITS, WorkerId, make_id
from runcast.gateway import Assignment, Hello, News, Stop, WorkerGateway, WorkerSession
from runcast.sdk.factory import task_factory
from runcast.sdk.registry import Registry
from runcast.sdk.resource import close_resources
from runcast.worker.executor import Executor
from runcast.worker.heartbeat import Heartbeat, MakePulse
from runcast.worker.isolate import Isolated
from runcast.worker.running import Running
from runcast.worker.settings import WorkerSettings

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
        self._gateway = gateway
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
        """Serve until stopped, through lost sessions."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(task_factory)
        pause_s = OPEN_AGAIN_S[0]
        try:
            while not self._stop.is_set():
                inbox = _Door()
                try:
                    session = await self._gateway.open(self._hello(), inbox)
                except Unavailable:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stop.wait(), pause_s)
                    pause_s = min(pause_s * 2, OPEN_AGAIN_S[1])
                    continue
                pause_s = OPEN_AGAIN_S[0]
                await _Service(session, inbox, self).serve()
        finally:
            await close_resources()

    def executing(self) -> Iterable[Running]:
        """What it has in memory now."""
        return () if self._executor is None else self._executor._running.values()  # noqa: SLF001 - a part of the worker

    def _hello(self) -> Hello:
        return Hello(
            worker_id=WorkerId(
                make_id("worker", at_ms=self._clock.now_ms(), chance=self._random.getrandbits(CHANCE_BITS))
            ),
            tasks=tuple(task.info() for task in self._registry),
            queues=self._registry.queue_settings(),
            environment=self._settings.environment,
            pid=os.getpid(),
            host=socket.gethostname(),
            embedded=self._embedded,
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


class _Service:
    """One session, from its opening to its end."""

    def __init__(self, session: WorkerSession, door: _Door, worker: Worker) -> None:
        self._session = session
        self._worker = worker
        self._context = copy_context()
        self._group: asyncio.TaskGroup | None = None
        self._executor = worker._executor = door.executor = Executor(  # noqa: SLF001
            session,
            worker._registry,  # noqa: SLF001 - a part of the worker
            worker._settings,  # noqa: SLF001
            clock=worker._clock,  # noqa: SLF001
            random=worker._random,  # noqa: SLF001
            spawn=self._spawn,
            isolate=partial(Isolated, kill_after_s=worker._settings.kill_after_ms / 1000),  # noqa: SLF001
        )
        self._heartbeat = worker._make_heartbeat(session, worker._clock, self._executor.measured)  # noqa: SLF001

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._group is not None
        self._group.create_task(work, context=self._context)

    async def serve(self) -> None:
        worker, executor = self._worker, self._executor
        executor.on_unavailable = self._heartbeat.look
        executor.stuck.on_too_many = worker.ask_for_recycling
        async with asyncio.TaskGroup() as group:
            self._group = group
            heartbeat = group.create_task(self._heartbeat.run())
            stop = group.create_task(worker._stop.wait())  # noqa: SLF001
            executor.flushed()
            if worker._on_open is not None:  # noqa: SLF001
                worker._on_open(self._session)  # noqa: SLF001
            try:
                await asyncio.wait([heartbeat, stop], return_when=asyncio.FIRST_COMPLETED)
                lost = heartbeat.done()
                if lost:
                    await executor.abort(self._session.welcome.renew_ms / 1000)
                else:
                    await executor.drain(worker._grace_ms / 1000)  # noqa: SLF001
            finally:
                # Also when the loop was broken from outside: nothing may be spawned in a group that ends.
                heartbeat.cancel()
                stop.cancel()
                executor.close()
        with suppress(RuncastError):
            await self._session.close()
