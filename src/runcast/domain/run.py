"""A run: one request to execute a task, its status, and the only table that decides a next status.

Values that every run makes (here, in the rest of the domain, in `gateway` and in the store's rows) are `gc=False`: they hold
only data and can be in no cycle, and the collector, which walks all that it tracks, took a tenth of a run's time.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId


class RunStatus(StrEnum):
    """Where a run is. One enum for store, wire and pages."""

    PENDING_VERSION = "PENDING_VERSION"
    DELAYED = "DELAYED"
    QUEUED = "QUEUED"
    DEQUEUED = "DEQUEUED"
    EXECUTING = "EXECUTING"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    CRASHED = "CRASHED"
    SYSTEM_FAILURE = "SYSTEM_FAILURE"
    EXPIRED = "EXPIRED"
    TIMED_OUT = "TIMED_OUT"


FINAL = frozenset(
    {
        RunStatus.COMPLETED,
        RunStatus.CANCELED,
        RunStatus.FAILED,
        RunStatus.CRASHED,
        RunStatus.SYSTEM_FAILURE,
        RunStatus.EXPIRED,
        RunStatus.TIMED_OUT,
    }
)
"""Statuses that never change."""

LIVE = frozenset(RunStatus) - FINAL

LABELS = {
    RunStatus.PENDING_VERSION: "Pending version",
    RunStatus.DELAYED: "Delayed",
    RunStatus.QUEUED: "Queued",
    RunStatus.DEQUEUED: "Starting",
    RunStatus.EXECUTING: "Running",
    RunStatus.WAITING: "Waiting",
    RunStatus.COMPLETED: "Completed",
    RunStatus.CANCELED: "Canceled",
    RunStatus.FAILED: "Failed",
    RunStatus.CRASHED: "Crashed",
    RunStatus.SYSTEM_FAILURE: "System failure",
    RunStatus.EXPIRED: "Expired",
    RunStatus.TIMED_OUT: "Timed out",
}
"""The one word for each status, on pages, in the terminal and in reports."""


class Event(StrEnum):
    """What can happen to a run."""

    TASK_KNOWN = "task_known"
    DELAY = "delay"
    DUE = "due"
    CLAIM = "claim"
    WAIT = "wait"
    WAKE = "wake"
    PARK = "park"
    RETRY = "retry"
    CONTINUE = "continue"
    HAND_BACK = "hand_back"
    SUCCEED = "succeed"
    FAIL = "fail"
    TIME_OUT = "time_out"
    CRASH = "crash"
    EXPIRE = "expire"
    CANCEL = "cancel"
    BREAK = "break"


_S = RunStatus
TRANSITIONS: dict[tuple[RunStatus, Event], RunStatus] = {
    (_S.PENDING_VERSION, Event.TASK_KNOWN): _S.QUEUED,
    (_S.PENDING_VERSION, Event.DELAY): _S.DELAYED,
    (_S.PENDING_VERSION, Event.EXPIRE): _S.EXPIRED,
    (_S.DELAYED, Event.DUE): _S.QUEUED,
    (_S.DELAYED, Event.EXPIRE): _S.EXPIRED,
    (_S.QUEUED, Event.CLAIM): _S.EXECUTING,
    (_S.QUEUED, Event.EXPIRE): _S.EXPIRED,
    (_S.QUEUED, Event.CRASH): _S.CRASHED,
    (_S.EXECUTING, Event.WAIT): _S.WAITING,
    (_S.EXECUTING, Event.PARK): _S.WAITING,
    (_S.EXECUTING, Event.RETRY): _S.DELAYED,
    (_S.EXECUTING, Event.CONTINUE): _S.QUEUED,
    (_S.EXECUTING, Event.HAND_BACK): _S.QUEUED,
    (_S.EXECUTING, Event.SUCCEED): _S.COMPLETED,
    (_S.EXECUTING, Event.FAIL): _S.FAILED,
    (_S.EXECUTING, Event.TIME_OUT): _S.TIMED_OUT,
    (_S.EXECUTING, Event.CRASH): _S.CRASHED,
    (_S.WAITING, Event.WAKE): _S.QUEUED,
    **{(status, Event.CANCEL): _S.CANCELED for status in LIVE},
    **{(status, Event.BREAK): _S.SYSTEM_FAILURE for status in LIVE},
}
"""(status, event) to next status. A pair that is missing cannot happen."""


def next_status(status: RunStatus, event: Event) -> RunStatus | None:
    """The status after `event`, or None where the event does not apply (a final status, say)."""
    return TRANSITIONS.get((status, event))


def shown_status(status: RunStatus, attempt: int) -> RunStatus:
    """The status that API and pages show: between two attempts a run still shows `EXECUTING`."""
    if attempt > 0 and status in (RunStatus.DELAYED, RunStatus.QUEUED):
        return RunStatus.EXECUTING
    return status


class Counts(msgspec.Struct, frozen=True, gc=False):
    """How the items of a batch, flow or job ended."""

    ok: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def outcome(self) -> str:
        """`completed`, `partial` or `failed`: derived, never set by hand.

        >>> Counts(ok=3, failed=1).outcome
        'partial'
        """
        if self.failed == 0:
            return "completed"
        return "partial" if self.ok else "failed"


class Debounce(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Triggers of one task and key within a while become one run."""

    key: str
    delay_ms: int
    """From the newest trigger to the run's start."""
    trailing: bool = False
    """The run gets the data of the newest trigger; else it keeps that of the first."""
    max_delay_ms: int | None = None
    """From the run's creation; a trigger that would push it further makes a new run."""


class NewRun(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A trigger, as a client or a body asks for it. Times are relative: the engine's clock decides."""

    id: RunId
    task: str
    payload: str = "null"
    """JSON text."""
    queue: str | None = None
    """None: the queue of the task's definition."""
    concurrency_key: str = ""
    delay_ms: int = 0
    start_at: int | None = None
    """Absolute milliseconds; beats `delay_ms`."""
    ttl_ms: int | None = None
    """0: none, whatever the task says."""
    priority_ms: int = 0
    """Head start over others of its key."""
    idempotency_key: str | None = None
    """Already scoped: equal text means the same run, per environment and task."""
    idempotency_ttl_ms: int | None = None
    tags: tuple[str, ...] = ()
    metadata: str = "{}"
    max_attempts: int | None = None
    max_duration_ms: int | None = None
    parent_id: RunId | None = None
    parent_key: str | None = None
    root_id: RunId | None = None
    depth: int = 0
    generation: int = 0
    batch_id: str | None = None
    batch_position: int = 0
    adopts: RunId | None = None
    """Copy what this run's journal holds as done, and forget what its final error names."""
    resumed_from: RunId | None = None
    environment: str = "dev"
    debounce: Debounce | None = None
    """Decides when the run starts: `delay_ms` and `start_at` are ignored."""
    machine: str | None = None
    """Only workers that serve this label take the run."""
    traceparent: str | None = None
    """The span of whoever triggers, as W3C Trace Context writes it."""
    origin: str | None = None
    """What the client said that the engine gives back, as `runcast.domain.origin` writes it."""


class Triggered(msgspec.Struct, frozen=True, gc=False):
    """The engine's answer to a trigger: on disk when you see it."""

    id: RunId
    cached: bool = False
    """True when an idempotency key, or a debounce key, named a run that already existed."""


class End(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How a run ended, without the rest of it."""

    id: RunId
    status: RunStatus
    output: str | None = None
    """JSON text."""
    error: ErrorInfo | None = None


class Run(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A run as anyone may read it. Times are milliseconds since the epoch."""

    id: RunId
    environment: str
    task: str
    queue: str
    concurrency_key: str
    status: RunStatus
    """The stored status; `shown_status` is what people see."""
    payload: str
    output: str | None
    error: ErrorInfo | None
    metadata: str
    tags: tuple[str, ...]
    attempt: int
    max_attempts: int
    epoch: int
    version: int
    """Raised by every committed change of the run."""
    priority_ms: int
    worker_id: str | None
    created_at: int
    available_at: int
    started_at: int | None
    finished_at: int | None
    expires_at: int | None
    executing_ms: int
    max_duration_ms: int | None
    deaths: int
    parked_reason: str | None
    parent_id: RunId | None
    parent_key: str | None
    root_id: RunId
    depth: int
    batch_id: str | None
    batch_position: int
    idempotency_key: str | None
    resumed_from: RunId | None
    continued_by: RunId | None
    counts: Counts | None
    machine: str | None = None
    """Only workers that serve this label take the run."""
    origin: str | None = None
    """What the client said that the engine gives back, as `runcast.domain.origin` reads it."""

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def shown(self) -> RunStatus:
        return shown_status(self.status, self.attempt)

    @property
    def label(self) -> str:
        return LABELS[self.shown]

    @property
    def outcome(self) -> str | None:
        """`completed`, `partial` or `failed` for a run that counted items, else None."""
        return self.counts.outcome if self.counts and self.is_final else None
