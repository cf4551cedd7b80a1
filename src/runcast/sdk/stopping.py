"""Why an execution stops before its body ended, and what its durable calls raise then."""

from __future__ import annotations

import asyncio
from enum import Enum


class Evicted(BaseException):
    """The run leaves this process and will be executed again over its journal. Not an `Exception`: nothing catches
    it by accident, and whatever a body returns after it is discarded."""


class Stopping(Enum):
    """Why the body is being stopped."""

    EVICT = "evict"
    """It waits, and its memory or thread is wanted."""
    PARK = "park"
    """It cannot go on without a person."""
    HAND_BACK = "hand_back"
    """The worker stops."""
    FENCE = "fence"
    """The worker no longer owns the run; nothing may be reported."""
    CANCEL = "cancel"
    """The run was canceled or taken over."""
    TIME_OUT = "time_out"
    """Past `max_duration`."""

    @property
    def is_eviction(self) -> bool:
        """True: the body ends by `Evicted`; else by `CancelledError`, as asyncio code expects of a cancel."""
        return self not in (Stopping.CANCEL, Stopping.TIME_OUT)

    def error(self) -> BaseException:
        """What durable calls raise from now on."""
        return Evicted(self.value) if self.is_eviction else asyncio.CancelledError(self.value)
