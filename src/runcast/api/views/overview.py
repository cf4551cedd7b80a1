"""What is and happens in an environment, as REST shows it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.pages import Cursors
from runcast.api.times import moment
from runcast.domain.alert import AlertEvent, AlertOn
from runcast.domain.run import RunStatus
from runcast.store.history import Histogram, Pieces
from runcast.store.overview_rows import ListedBatch
from runcast.store.registered import DeclaredTask


class TaskView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A task that a worker declared."""

    name: str
    queue: str
    lane: str
    """`async`, `thread` or `process`."""
    description: str
    source: str
    """`file:line`."""
    payload_schema: Any
    """JSON Schema."""
    max_attempts: int
    max_duration_ms: int | UnsetType = UNSET
    ttl_ms: int | UnsetType = UNSET
    machine: str | UnsetType = UNSET
    schedule: str | UnsetType = UNSET
    """Its cron rule, if the code declares one."""
    seen_at: datetime
    """When a worker last declared it."""


class TaskList(msgspec.Struct, frozen=True):
    """Tasks by name."""

    data: tuple[TaskView, ...]


class BatchRowView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A batch."""

    id: str
    run_count: int
    live_runs: int
    """Runs of it that have not ended."""
    failed_runs: int
    """Runs of it that failed, timed out or crashed."""
    refused_items: int
    """Items that became no run."""
    sealed: bool
    """All its items are there."""
    idempotency_key: str | UnsetType = UNSET
    run_id: str | UnsetType = UNSET
    """The run that triggered it."""
    created_at: datetime


class BatchList(msgspec.Struct, frozen=True):
    """A page of batches, newest first."""

    data: tuple[BatchRowView, ...]
    pagination: Cursors


class AlertEventView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Something that an alert was raised for."""

    id: str
    alert: str
    kind: AlertOn
    subject: str
    """The task or queue that it is about."""
    message: str
    fingerprint: str
    count: int
    run_id: str | UnsetType = UNSET
    """The run that raised it first."""
    handled_by: str | UnsetType = UNSET
    """The run of the alert's task."""
    first_at: datetime
    last_at: datetime


class AlertEventList(msgspec.Struct, frozen=True):
    """A page of events, newest first."""

    data: tuple[AlertEventView, ...]
    pagination: Cursors


class BucketView(msgspec.Struct, frozen=True):
    """Runs that were created in a piece of time."""

    at: datetime
    counts: dict[RunStatus, int]


class StatsView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Counts of runs over time, in pieces that begin at whole minutes, hours or days."""

    since: datetime
    """When the first piece begins: what was asked for, or a little before."""
    until: datetime
    bucket_ms: int
    buckets: tuple[BucketView, ...]
    """Every one from `since` to `until`; statuses without runs are left out."""
    totals: dict[RunStatus, int]
    complete: bool
    """False: there were more runs than are counted; the newest are."""


def show_task(task: DeclaredTask) -> TaskView:
    info = task.info
    return TaskView(
        name=info.name,
        queue=info.queue,
        lane=info.lane,
        description=info.description,
        source=info.source,
        payload_schema=msgspec.json.decode(info.schema),
        max_attempts=info.max_attempts,
        max_duration_ms=UNSET if info.max_duration_ms is None else info.max_duration_ms,
        ttl_ms=UNSET if info.ttl_ms is None else info.ttl_ms,
        machine=info.machine or UNSET,
        schedule=UNSET if info.schedule is None else info.schedule.cron,
        seen_at=moment(task.seen_at),
    )


def show_batch(batch: ListedBatch) -> BatchRowView:
    return BatchRowView(
        id=batch.id,
        run_count=batch.size,
        live_runs=batch.live,
        failed_runs=batch.failed,
        refused_items=batch.refused,
        sealed=batch.sealed_at is not None or batch.run_id is not None,
        idempotency_key=batch.idempotency_key or UNSET,
        run_id=batch.run_id or UNSET,
        created_at=moment(batch.created_at),
    )


def show_event(event: AlertEvent) -> AlertEventView:
    return AlertEventView(
        id=str(event.seq),
        alert=event.alert,
        kind=event.kind,
        subject=event.subject,
        message=event.message,
        fingerprint=event.fingerprint,
        count=event.count,
        run_id=event.run_id or UNSET,
        handled_by=event.handled_by or UNSET,
        first_at=moment(event.first_at),
        last_at=moment(event.last_at),
    )


def show_stats(found: Histogram, pieces: Pieces) -> StatsView:
    """The counts of a time, with a bucket for every piece of it."""
    counts: dict[int, dict[RunStatus, int]] = {}
    totals: Counter[RunStatus] = Counter()
    for row in found.counts:
        counts.setdefault(row.bucket, {})[RunStatus(row.status)] = row.count
        totals[RunStatus(row.status)] += row.count
    times = range(pieces.since, pieces.until, pieces.width)
    return StatsView(
        since=moment(pieces.since),
        until=moment(pieces.until),
        bucket_ms=pieces.width,
        buckets=tuple(BucketView(moment(at), counts.get(number, {})) for number, at in enumerate(times)),
        totals=dict(totals),
        complete=found.complete,
    )
