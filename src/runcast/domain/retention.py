"""Retention: how long what has ended is kept."""

from __future__ import annotations

import msgspec

from runcast.domain.limits import RETENTION_MS
from runcast.domain.run import RunStatus

_FAILED = frozenset({RunStatus.FAILED, RunStatus.CRASHED, RunStatus.TIMED_OUT, RunStatus.SYSTEM_FAILURE})
_CANCELED = frozenset({RunStatus.CANCELED, RunStatus.EXPIRED})


class Retention(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How long a finished root run stays, with everything below it. Milliseconds."""

    keep_ms: int = RETENTION_MS
    failed_ms: int | None = None
    """For a run that failed, crashed, timed out or was broken by the system; None: `keep_ms`."""
    canceled_ms: int | None = None
    """For a run that was canceled or expired; None: `keep_ms`."""
    last: int = 0
    """So many of the task's newest finished runs stay, whatever their age."""

    def of(self, status: RunStatus) -> int:
        """How long a run that ended so is kept.

        >>> Retention(keep_ms=10, failed_ms=20).of(RunStatus.CRASHED)
        20
        """
        if status in _FAILED and self.failed_ms is not None:
            return self.failed_ms
        if status in _CANCELED and self.canceled_ms is not None:
            return self.canceled_ms
        return self.keep_ms

    @property
    def shortest_ms(self) -> int:
        """Nothing younger than this can go."""
        return min(ms for ms in (self.keep_ms, self.failed_ms, self.canceled_ms) if ms is not None)
