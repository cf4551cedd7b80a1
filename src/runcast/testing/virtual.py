"""A clock that stands still until a test moves it, and that stops at everything which falls due on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from runcast.domain.errors import InvalidInput
from runcast.sdk.durations import Duration, duration_ms

START_MS = 1_700_000_000_000
"""14 November 2023: a time like any other."""


class Timed(Protocol):
    """An engine that goes by a clock."""

    async def settle(self) -> None: ...
    async def next_due(self) -> int | None: ...


class VirtualClock:
    """The clock of a `TestEngine`; made by `virtual_time()`. One clock may outlive its engines, or serve several."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._engines: list[Timed] = []

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self._now_ms

    @property
    def now(self) -> datetime:
        """The time it shows, in UTC."""
        return datetime.fromtimestamp(self._now_ms / 1000, UTC)

    async def advance(self, duration: Duration) -> None:
        """Move by `"7d"`, a `timedelta` or seconds. Waits, retries, delays, schedules fire in order, each at its own time;
        returns when all bodies wait again or have ended."""
        await self._advance_to(self._now_ms + duration_ms(duration))

    async def advance_to(self, moment: datetime) -> None:
        """Move to a time (with a time zone). Raises `InvalidInput` for one that is past."""
        if moment.tzinfo is None:
            raise InvalidInput("a time needs a time zone: datetime(…, tzinfo=UTC)")
        at = round(moment.timestamp() * 1000)
        if at < self._now_ms:
            raise InvalidInput(f"{moment} is past: the clock shows {self.now}, and never goes back")
        await self._advance_to(at)

    def jump_to(self, at: int) -> None:
        """Show `at` (ms) from now on; nothing fires until an engine settles."""
        self._now_ms = max(self._now_ms, at)

    def attach(self, engine: Timed) -> None:
        """From now on `advance` stops where something of this engine falls due."""
        self._engines.append(engine)

    def detach(self, engine: Timed) -> None:
        """The engine has ended."""
        if engine in self._engines:
            self._engines.remove(engine)

    async def _advance_to(self, target: int) -> None:
        await self._settle()
        while (due_at := await self._next_due()) is not None and due_at <= target:
            self.jump_to(due_at)
            await self._settle()
        self.jump_to(target)
        await self._settle()

    async def _settle(self) -> None:
        for engine in self._engines:
            await engine.settle()

    async def _next_due(self) -> int | None:
        found = [await engine.next_due() for engine in self._engines]
        return min((at for at in found if at is not None), default=None)


def virtual_time(start: datetime | None = None) -> VirtualClock:
    """A clock for `TestEngine(clock=…)` that begins at `start` (with a time zone), and stands still until it is moved.

    >>> from datetime import UTC, datetime
    >>> from runcast.testing import TestEngine, virtual_time
    >>> clock = virtual_time(datetime(2026, 1, 31, tzinfo=UTC))
    >>> async with TestEngine(clock=clock) as engine:  # doctest: +SKIP
    ...     run = await subscribe.trigger("ada")
    ...     await clock.advance("30d")
    """
    if start is None:
        return VirtualClock()
    if start.tzinfo is None:
        raise InvalidInput("virtual_time needs a time zone: datetime(…, tzinfo=UTC)")
    return VirtualClock(round(start.timestamp() * 1000))
