"""How often somebody may fail to prove who they are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

KNOWN_MAX = 10_000
"""Names that are remembered; the one that failed longest ago is forgotten."""


class Failures:
    """Counts failures by name (an address, an account): `burst` at once, then `per_minute`. Bounded memory.

    >>> failures = Failures(now_ms=lambda: 0, burst=1, per_minute=1)
    >>> failures.add("10.0.0.1")
    >>> failures.wait_ms("10.0.0.1")
    60000
    """

    def __init__(self, *, now_ms: Callable[[], int], burst: int, per_minute: float, known_max: int = KNOWN_MAX) -> None:
        self._now_ms = now_ms
        self._burst = burst
        self._each_ms = 60_000 / per_minute
        self._known_max = known_max
        self._done_at: OrderedDict[str, float] = OrderedDict()
        """When all failures so far are forgiven: each adds its time."""

    def wait_ms(self, name: str) -> int:
        """How long until another try is allowed; 0: now."""
        ahead = self._done_at.get(name, 0) - self._now_ms()
        return max(0, round(ahead - (self._burst - 1) * self._each_ms))

    def add(self, name: str) -> None:
        """Another failure."""
        now = self._now_ms()
        done_at = max(self._done_at.pop(name, 0), now) + self._each_ms
        # However many there were, the wait is bounded.
        self._done_at[name] = min(done_at, now + (self._burst + 1) * self._each_ms)
        if len(self._done_at) > self._known_max:
            self._done_at.popitem(last=False)

    def take_back(self, name: str) -> None:
        """The last was none."""
        if name in self._done_at:
            self._done_at[name] -= self._each_ms

    def forgive(self, name: str) -> None:
        """None of them counts any more."""
        self._done_at.pop(name, None)
