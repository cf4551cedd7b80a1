"""Rows that only the store sees: narrow, positional, built straight from the database's JSON."""

from __future__ import annotations

import msgspec

from runcast.domain.retention import Retention


class ReadyRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A queued run, with what its assignment needs."""

    id: str
    task: str
    concurrency_key: str
    payload: str
    metadata: str
    tags: tuple[str, ...]
    turn: int
    rank: int
    fresh: bool
    attempt: int
    max_attempts: int
    epoch: int
    version: int
    journaled: int
    deaths: int
    executing_ms: int
    max_duration_ms: int | None
    created_at: int
    waiting_at: int | None
    worker_id: str | None
    parent_id: str | None
    root_id: str
    depth: int
    batch_id: str | None
    idempotency_key: str | None
    machine: str | None
    traceparent: str | None


class Holding(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a report's fence and follow-up need to know of a run."""

    id: str
    environment: str
    queue: str
    status: str
    epoch: int
    version: int
    slot: bool
    alone: bool
    awaited: bool
    attempt: int
    worker_id: str | None
    claimed_at: int | None
    parent_id: str | None
    root_id: str
    batch_id: str | None
    task: str
    deaths: int
    deaths_alone: int
    parked: bool
    journaled: int
    created_at: int


class PendingRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run of a task that no worker knew."""

    id: str
    root_id: str
    version: int
    task: str
    queue: str
    concurrency_key: str
    max_attempts: int
    max_duration_ms: int | None
    available_at: int
    expires_at: int | None
    machine: str | None


class QueueRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    environment: str
    name: str
    concurrency: int | None
    per_key: int | None
    rate_count: int | None
    rate_period_ms: int | None
    max_length: int | None
    paused: bool
    tat_us: int
    turn: int
    unkeyed_turn: int


class Limits(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A queue's limits as they are, and as the code declares them (JSON of `QueueSettings`)."""

    concurrency: int | None
    per_key: int | None
    rate_count: int | None
    rate_period_ms: int | None
    max_length: int | None
    paused: bool
    overridden: bool
    override_ends_at: int | None
    declared: str | None


class KeyCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    key: str
    count: int


class KeyTurn(msgspec.Struct, frozen=True, array_like=True, gc=False):
    queue: str
    key: str
    turn: int


class Name(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str


class TaskRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str
    info: str


class DebouncedRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The run that a debounce key stands for, while it has not started."""

    task: str
    key: str
    id: str
    root_id: str
    status: str
    version: int
    created_at: int
    available_at: int


class RootRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A finished root, as retention looks at it."""

    id: str
    environment: str
    task: str
    status: str
    finished_at: int


class Policy(msgspec.Struct, frozen=True, gc=False):
    """How long the runs of a task are kept, as its code declares it."""

    environment: str
    task: str
    retention: Retention


class Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An idempotency key that points to a run."""

    task: str
    key: str
    run_id: str


class KnownWait(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An idempotency key that points to a wait."""

    environment: str
    key: str
    id: str
    key_expires_at: int | None = None


class Ended(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run that just became final."""

    id: str
    status: str
    awaited: bool
    batch_id: str | None


class Awaiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pending journal entry and the thing it waits for."""

    run_id: str
    key: str
    kind: str
    awaits: str | None


class Pending(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a run waits for, and until when at most."""

    key: str
    kind: str
    awaits: str | None
    due_at: int | None


class RunEnd(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How an awaited run ended."""

    id: str
    status: str
    output: str | None
    error: str | None


class WaitEnd(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    status: str
    value: str | None


class JournalRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry with the run it belongs to; columns as in the table."""

    run_id: str
    key: str
    kind: str
    name: str
    status: str
    digest: str
    code_version: str
    value: str | None
    error: str | None
    awaits: str | None
    due_at: int | None
    generation: int
    tries: int
    started_at: int
    finished_at: int | None


class AppliedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    run_id: str
    scope: str
    count: int


class MetadataRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    metadata: str
    tags: tuple[str, ...]
    status: str
    root_id: str
    version: int


class StreamName(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stream that a run has."""

    run_id: str
    stream: str


class StreamEnd(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a stream's next part goes."""

    run_id: str
    stream: str
    next_seq: int


class AlertRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An alert that code declared."""

    environment: str
    rule: str


class SlowRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run that holds a slot for long."""

    id: str
    environment: str
    task: str
    queue: str
    started_at: int


class AppliedMigration(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A migration of an extension that this database has."""

    number: int
    name: str
    digest: str


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where in its execution a journal entry was asked for."""

    key: str
    position: int


class Unread(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message that nobody received yet."""

    seq: int
    value: str


class SeqRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    seq: int


class ObjectRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An object in the blob store."""

    run_id: str
    digest: str
    key: str
    due_at: int | None
    doomed: bool


class WorkerRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    environment: str
    lease_until: int
    stopped_at: int | None


class Process(msgspec.Struct, frozen=True, array_like=True, gc=False):
    pid: int
    host: str


class ChangeRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    seq: int
    run_id: str
    root_id: str
    version: int
    kind: str
    status: str
    at: int
    keys: str | None = None
    """Entries of the journal that it is about, as JSON; `*`: any of them."""


class KnownTick(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A tick that was decided, and its run if it has one."""

    schedule_id: str
    at: int
    run_id: str | None


class FileRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file in any state."""

    id: str
    environment: str
    kind: str
    path: str
    content_type: str
    state: str
    size: int
    digest: str
    created_at: int
    due_at: int | None
    parts: int


class BulkRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that is done to many runs, piece by piece."""

    id: str
    environment: str
    kind: str
    """`cancel`, `replay` or `resume`."""
    name: str | None
    wanted: str
    """The `RunFilter`, as JSON text."""
    region: str | None
    """Where replays go."""
    status: str
    """`PENDING`, `COMPLETED` or `ABORTED`."""
    total: int
    succeeded: int
    failed: int
    """Runs that had ended before they could be canceled, or with which there was nothing to resume."""
    reached: str | None
    """The run up to which it is done, newest first."""
    created_at: int
    finished_at: int | None
