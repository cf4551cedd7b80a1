"""Rows of overviews: what workers said of themselves, and what happened lately."""

from __future__ import annotations

import msgspec


class SeenTask(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A task of an environment as its last worker declared it."""

    name: str
    info: str
    seen_at: int


class SeenWorker(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A worker that is connected, and how much it has to do."""

    id: str
    embedded: bool
    pid: int
    host: str
    code_version: str
    labels: str | None
    """JSON list; None: it serves every machine."""
    started_at: int
    lease_until: int
    executing: int
    waiting: int


class FailedRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run that failed, with its error as JSON text."""

    id: str
    task: str
    error: str
    finished_at: int


class RunCost(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a run cost."""

    run_id: str
    cost_nanos: int


class ChildCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many children a run has: 10^12 for each that failed, 10^6 for each that completed, 1 for each."""

    run_id: str
    counts: int


class Children(msgspec.Struct, frozen=True, gc=False):
    """What became of a run's children so far."""

    count: int
    completed: int
    failed: int
    complete: bool
    """False: there are more than were looked at."""


class RunsNow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many runs are in which state, each counted up to a bound."""

    running: int
    """Between two attempts, too."""
    queued: int
    waiting: int
    delayed: int
    failed: int
    """Of those that were created lately."""


class ListedBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch, and how it goes."""

    id: str
    run_id: str | None
    size: int
    created_at: int
    sealed_at: int | None
    idempotency_key: str | None
    refused: int
    """Items that became no run."""
    live: int
    failed: int
    """Runs that failed, timed out or crashed."""


class TaskCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many runs of a task and a status were created in a piece of time."""

    task: str
    bucket: int
    status: str
    count: int


class LiveCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The same of runs that are not over."""

    source: int
    """Which index they were found in."""
    task: str
    bucket: int
    status: str
    is_asked: bool
    """They are of the time and the task that is asked for."""
    count: int


class TaskDuration(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How long a completed run of a task executed."""

    task: str
    executing_ms: int


class ExecutingRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run that a worker executes."""

    id: str
    task: str
    worker_id: str
    claimed_at: int | None


class PastRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How long a completed run took."""

    took_ms: int


class RunWorker(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who executes a run, connected or not."""

    id: str
    host: str
    pid: int
    code_version: str
    stopped_at: int | None
