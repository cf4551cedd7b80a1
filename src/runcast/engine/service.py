"""A service does one bounded unit of work per tick; only this class owns its loop, its doorbell and its back-off."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from runcast.clock import Clock
from runcast.domain.errors import Unavailable

log = logging.getLogger("runcast.engine")
_IDLE_MS = 5_000
_RETRY_MS = 500
"""From a tick that failed to the next."""
_RETRY_MS_MAX = 30_000
"""The same, when a defect makes every tick fail: the pause doubles up to this."""


class Ticker(Protocol):
    """What a service runs."""

    name: str

    async def tick(self, now: int) -> int | None:
        """One unit of work; when to tick again (engine ms, maybe past), or None: when the doorbell rings."""
        ...


class Service:
    """Ticks when due, when rung, and now and then anyway, because a doorbell may be lost."""

    def __init__(self, ticker: Ticker, clock: Clock, *, vigilant: bool = False) -> None:
        self._ticker = ticker
        self._vigilant = vigilant
        """Others ring for what falls due before the next tick: look again although nothing was heard."""
        self._clock = clock
        self._bell = asyncio.Event()
        self._next_at: int | None = 0
        self._complaint = ""
        """What is wrong now, and said already."""
        self._pause_ms = _RETRY_MS
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def wake_at(self, at: int) -> None:
        """Tick at `at` at the latest. On the service's loop."""
        if self._next_at is None or at < self._next_at:
            self._next_at = at
            self._bell.set()

    async def run(self) -> None:
        """Tick for ever. Cancellation ends it."""
        while True:
            self._bell.clear()
            now = self._clock.now_ms()
            if self._next_at is not None and self._next_at <= now:
                self._next_at = None
                await self._tick(now)
                continue
            wait_ms = _IDLE_MS if self._next_at is None else min(_IDLE_MS, self._next_at - now)
            if await self._rung_within(wait_ms):
                continue
            rested_ms = self._clock.now_ms() - now
            if self._next_at is None or (self._vigilant and rested_ms >= _IDLE_MS):
                self._next_at = self._clock.now_ms()

    async def _tick(self, now: int) -> None:
        try:
            at = await self._ticker.tick(now)
            self._complaint, self._pause_ms = "", _RETRY_MS
        except Unavailable as error:
            if self._is_news(error):
                log.warning("%s: %s", self._ticker.name, error)
            at = now + _RETRY_MS
        except Exception as error:
            if self._is_news(error):
                log.exception("%s failed; it tries again", self._ticker.name)
            at = now + self._pause_ms
            self._pause_ms = min(self._pause_ms * 2, _RETRY_MS_MAX)
        if at is not None:
            self.wake_at(at)

    def _is_news(self, error: Exception) -> bool:
        """A disk that is full for an hour is said once, not twice a second."""
        said, self._complaint = self._complaint, f"{type(error).__name__}: {error}"
        return self._complaint != said

    async def _rung_within(self, wait_ms: int) -> bool:
        self._timer = self._loop.call_later(wait_ms / 1000, self._bell.set)
        try:
            await self._bell.wait()
        finally:
            self._timer.cancel()
        return self._next_at is not None and self._next_at <= self._clock.now_ms()
