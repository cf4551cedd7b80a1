"""Engine time where many engines share a database: the database's clock, so that a lease means the same to all."""

from __future__ import annotations

import threading

from runcast.clock import Clock

_TOLERANCE_MS = 5
"""What a round trip may have cost: by less the clocks agree."""


class DatabaseClock:
    """This machine's clock, put right at each turn by what the database's says. It never goes back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ms = 0
        self._last = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        with self._lock:
            self._last = max(self._last, self._clock.now_ms() + self._ahead_ms)
            return self._last

    def hear(self, now_ms: int) -> None:
        """What the database's clock says now."""
        ahead_ms = now_ms - self._clock.now_ms()
        if abs(ahead_ms - self._ahead_ms) > _TOLERANCE_MS:
            with self._lock:
                self._ahead_ms = ahead_ms
