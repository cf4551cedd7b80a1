"""Keeps a worker's lease, and says when it is lost: before anybody else may take the runs."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Protocol

from runcast.clock import Clock
from runcast.domain.errors import EngineStopped, LostOwnership, Unavailable
from runcast.gateway import WorkerSession

AGAIN_S = 1.0
"""Between two tries of a renewal that found no engine."""
DEAD_AFTER = 3
"""Renewals in a row that find no engine at all (a closed socket): the session is open no more."""


class Pulse(Protocol):
    """What a worker asks of whoever keeps its lease. On the worker's loop."""

    def look(self) -> None: ...
    async def run(self) -> None: ...


MakePulse = Callable[[WorkerSession, Clock, Callable[[int], None]], Pulse]
"""Of a session, the local clock, and who hears of the engine's clock."""


class Heartbeat:
    """Renews until the lease is lost. On the loop of the session."""

    def __init__(self, session: WorkerSession, clock: Clock, measured: Callable[[int], None]) -> None:
        self._session = session
        self._clock = clock
        self._measured = measured
        self._look = asyncio.Event()
        welcome = session.welcome
        self._renew_s = welcome.renew_ms / 1000
        # Stop one renewal before the lease ends: bodies need time to be gone.
        patience_ms = max(welcome.lease_ms - welcome.renew_ms, welcome.lease_ms / 2)
        self._patience_s = patience_ms / 1000 if welcome.lease_ms else math.inf

    def look(self) -> None:
        """A report found no engine: try the lease now."""
        self._look.set()

    async def run(self) -> None:
        """Returns when the lease is lost, or will be before the next renewal could keep it; without a lease, when the
        session is of no use any more."""
        loop = asyncio.get_running_loop()
        pause_s, kept_at, dead = self._renew_s, loop.time(), 0
        while True:
            await self._pause(min(pause_s, max(0.0, kept_at + self._patience_s - loop.time())))
            began_at = loop.time()
            left_s = kept_at + self._patience_s - began_at
            try:
                async with asyncio.timeout(None if left_s == math.inf else left_s):
                    renewed = await self._session.renew()
            except (LostOwnership, EngineStopped, TimeoutError):
                return
            except Unavailable as error:
                dead = dead + 1 if type(error) is Unavailable else 0
                if dead >= DEAD_AFTER or loop.time() >= kept_at + self._patience_s:
                    return
                pause_s = AGAIN_S
                continue
            pause_s, kept_at, dead = self._renew_s, began_at, 0
            self._measured(renewed.now_ms - self._clock.now_ms())

    async def _pause(self, seconds: float) -> None:
        self._look.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._look.wait()
        except TimeoutError:
            return
