"""Where time comes from: the system's clock, or one that a test moves by hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Milliseconds since the epoch, never going back while a process lives."""

    def now_ms(self) -> int: ...


class SystemClock:
    """The wall clock at start, carried on by the monotonic one: an adjusted wall clock moves nothing."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ms(self) -> int:
        return (time.monotonic_ns() + self._offset_ns) // 1_000_000


class OnwardClock:
    """A clock that was turned back, carried on from `since`: at half its pace, until it has caught up.

    At half the pace nothing stands still, and an hour's difference is gone in two.
    """

    def __init__(self, clock: Clock, since: int) -> None:
        self._clock = clock
        self._since = since
        self._began = clock.now_ms()

    def now_ms(self) -> int:
        now = self._clock.now_ms()
        return max(now, self._since + (now - self._began) // 2)


class ManualClock:
    """A clock that stands still until `advance` is called."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Move time forward by `ms` milliseconds."""
        assert ms >= 0
        self._now_ms += ms
