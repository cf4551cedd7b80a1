"""How an execution ended, or why it stopped without ending: values, not exceptions."""

from __future__ import annotations

import msgspec

from runcast.domain.errors import ErrorInfo
from runcast.domain.run import Counts


class Waiting(msgspec.Struct, frozen=True, tag="waiting", gc=False):
    """Every branch waits on the engine for one of `keys`; the slot is free."""

    keys: tuple[str, ...]
    resident: bool = True
    """False: the coroutine is gone; a wake-up executes the body again over its journal."""


class Succeeded(msgspec.Struct, frozen=True, tag="succeeded", omit_defaults=True, gc=False):
    output: str
    """JSON text."""
    counts: Counts | None = None


class Failed(msgspec.Struct, frozen=True, tag="failed", omit_defaults=True, gc=False):
    """The body raised. `error.keys` are the journal keys to forget (none: every failed entry)."""

    error: ErrorInfo
    retry_in_ms: int | None = None
    """None: no further attempt, the run is `FAILED`."""
    fresh: bool = False
    """The next attempt starts with an empty journal."""
    machine: str | None = None
    """The next attempt needs this machine, and there is one whatever the run's number of attempts."""


class TimedOut(msgspec.Struct, frozen=True, tag="timed_out", gc=False):
    """Past `max_duration`, counted while executing."""

    error: ErrorInfo


class Continued(msgspec.Struct, frozen=True, tag="continued", gc=False):
    """`raise Continue(payload)`: same run id, empty journal, new payload."""

    payload: str


class ParkedRun(msgspec.Struct, frozen=True, tag="parked", gc=False):
    """The run needs a person; `reason` says what to do."""

    reason: str


class HandedBack(msgspec.Struct, frozen=True, tag="handed_back", gc=False):
    """The worker stops before the body ended: no attempt is spent, no death counted."""


class Died(msgspec.Struct, frozen=True, tag="died", gc=False):
    """The process that executed this run alone (isolation, quarantine) is gone: a death, not a failed attempt."""

    reason: str


class Released(msgspec.Struct, frozen=True, tag="released", gc=False):
    """The body of a run that already ended (canceled, timed out) is gone: its slot is free.

    Accepted for any epoch that still holds the slot.
    """


class Evicted(msgspec.Struct, frozen=True, tag="evicted", gc=False):
    """A waiting run's coroutine was dropped: any worker may wake it."""


Outcome = Waiting | Succeeded | Failed | TimedOut | Continued | ParkedRun | HandedBack | Died | Released | Evicted
