"""Keeps a worker's connection and its lease on a loop of their own, which no body can block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from runcast.clock import Clock
from runcast.domain.errors import Unavailable
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.gateway import (
    Assignment,
    Demand,
    Hello,
    Inbox,
    News,
    Reply,
    Report,
    Stop,
    Welcome,
    WorkerGateway,
    WorkerSession,
)
from runcast.worker.heartbeat import Heartbeat

T = TypeVar("T")


class Link:
    """A `WorkerGateway` whose sessions, and their heartbeats, live on a thread of their own.

    A body that blocks the worker's loop is late with what it records, and so are its neighbours; but the lease is kept,
    so their runs stay here. Renewals that fail are another thing: then the worker hears of it as soon as its loop is
    free, and stops its bodies.

    >>> async with Link(RemoteWorkerGateway(path)) as link:  # doctest: +SKIP
    ...     await Worker(link, registry, heartbeat=link.heartbeat).run()
    """

    def __init__(self, gateway: WorkerGateway) -> None:
        self._gateway = gateway
        self._loop = asyncio.new_event_loop()
        self._left = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="runcast-link", daemon=True)

    async def __aenter__(self) -> Link:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the thread; sessions must be closed before."""
        self._loop.call_soon_threadsafe(self._left.set)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._wait())

    async def _wait(self) -> None:
        await self._left.wait()

    async def open(self, hello: Hello, inbox: Inbox) -> LinkedSession:
        """Open a session for the loop that asks: its inbox is called there."""
        far = _FarInbox(asyncio.get_running_loop(), inbox)
        return LinkedSession(await _on(self._loop, self._gateway.open(hello, far)), self._loop)

    def heartbeat(self, session: WorkerSession, clock: Clock, measured: Callable[[int], None]) -> LinkedHeartbeat:
        """The heartbeat of a session that was opened here."""
        assert isinstance(session, LinkedSession)
        return LinkedHeartbeat(session.near, self._loop, clock, measured)


class LinkedSession:
    """`WorkerSession` for the worker's loop, of a session on the link's."""

    def __init__(self, near: WorkerSession, loop: asyncio.AbstractEventLoop) -> None:
        self.near = near
        """The session itself, for the link's loop."""
        self.welcome = near.welcome
        self._loop = loop

    def demand(self, demand: Demand) -> None:
        self._loop.call_soon_threadsafe(self._demand, demand)

    def _demand(self, demand: Demand) -> None:
        # A broken session: the heartbeat finds out and a new one begins.
        with suppress(Unavailable):
            self.near.demand(demand)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        return await _on(self._loop, self.near.report(reports))

    async def renew(self) -> Welcome:
        return await _on(self._loop, self.near.renew())

    async def journal(self, run_id: RunId, epoch: int) -> Assignment | None:
        return await _on(self._loop, self.near.journal(run_id, epoch))

    async def members(self, batch_id: str) -> Sequence[Run]:
        return await _on(self._loop, self.near.members(batch_id))

    async def close(self) -> None:
        await _on(self._loop, self.near.close())

    async def lost(self) -> None:
        await _on(self._loop, self.near.lost())


class LinkedHeartbeat:
    """`Pulse` for the worker's loop, of a heartbeat on the link's."""

    def __init__(
        self,
        near: WorkerSession,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        measured: Callable[[int], None],
    ) -> None:
        worker = asyncio.get_running_loop()
        self._loop = loop
        self._near = Heartbeat(near, clock, lambda offset_ms: _tell(worker, measured, offset_ms))

    def look(self) -> None:
        self._loop.call_soon_threadsafe(self._near.look)

    async def run(self) -> None:
        await _on(self._loop, self._near.run())


class _FarInbox:
    """The worker's inbox, for the link's loop. Order is kept."""

    def __init__(self, loop: asyncio.AbstractEventLoop, inbox: Inbox) -> None:
        self._loop = loop
        self._inbox = inbox

    def assign(self, assignments: Sequence[Assignment]) -> None:
        _tell(self._loop, self._inbox.assign, assignments)

    def news(self, news: Sequence[News]) -> None:
        _tell(self._loop, self._inbox.news, news)

    def stop(self, stops: Sequence[Stop]) -> None:
        _tell(self._loop, self._inbox.stop, stops)


def _tell(loop: asyncio.AbstractEventLoop, receive: Callable[[Any], None], value: object) -> None:
    """Call on the other loop, after everything that was told before."""
    # A loop that is closed has no worker any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(receive, value)


async def _on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Await on the other loop."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))
