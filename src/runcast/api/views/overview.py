"""What is and happens in an environment, as REST shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.pages import Cursors
from runcast.api.times import moment
from runcast.api.views.error import ErrorView, show_error
from runcast.api.views.run import ListedRunView, show_listed
from runcast.domain.alert import AlertEvent, AlertOn
from runcast.domain.run import Run, RunStatus
from runcast.engine.dispatch import Room
from runcast.store.overview import ErrorGroup, Histogram
from runcast.store.overview_rows import ExecutingRun, ListedBatch, SeenWorker
from runcast.store.registered import DeclaredTask

SAMPLES_MAX = 5
BULK_IDS_MAX = 1_000
ERROR_BUCKETS = 48


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


class WorkerRunView(msgspec.Struct, frozen=True, rename="camel"):
    """A run that a worker executes."""

    id: str
    task_identifier: str
    claimed_at: datetime | UnsetType
    """Since when it executes in this worker."""


class WorkerView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A worker that is connected."""

    id: str
    host: str
    pid: int
    embedded: bool
    """In the engine's own process."""
    code_version: str
    machines: tuple[str, ...] | UnsetType = UNSET
    """Absent: it serves every one."""
    started_at: datetime
    executing: int
    """Runs that it executes."""
    waiting: int
    """Runs that wait in it."""
    seen_at: datetime | UnsetType = UNSET
    """Its last heartbeat; absent: it is in the engine's own process, and needs none."""
    free: dict[str, int] | UnsetType = UNSET
    """How many more runs it takes, by lane; absent: it is connected to another server."""
    leaves: bool | UnsetType = UNSET
    """It takes no more, and ends once its runs do."""
    runs: tuple[WorkerRunView, ...]
    """What it executes, the longest first."""


class WorkerList(msgspec.Struct, frozen=True):
    """Workers, the longest-lived first."""

    data: tuple[WorkerView, ...]


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


class ErrorGroupView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Failed runs of a task whose errors look the same."""

    fingerprint: str
    task_identifier: str
    error: ErrorView
    """Of the newest."""
    count: int
    first_seen: datetime
    last_seen: datetime
    run_ids: tuple[str, ...]
    """The newest few."""
    buckets: tuple[int, ...]
    """How many failed when: equal pieces of the time that was asked for."""


class ErrorGroupDetail(ErrorGroupView, frozen=True, rename="camel", kw_only=True):
    """One kind of error, with runs to look at."""

    runs: tuple[ListedRunView, ...]
    """The newest."""
    since: datetime
    """From when on failed runs were looked at."""
    complete: bool
    """False: there were more failed runs than are looked at; the newest are."""


class ErrorGroupList(msgspec.Struct, frozen=True):
    """Kinds of errors, the one that happened last first."""

    data: tuple[ErrorGroupView, ...]
    complete: bool
    """False: there were more failed runs than are looked at; the newest are."""


class BucketView(msgspec.Struct, frozen=True):
    """Runs that were created in a piece of time."""

    at: datetime
    counts: dict[RunStatus, int]


class StatsView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Counts of runs over time."""

    since: datetime
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


def show_worker(
    worker: SeenWorker, executed: Sequence[ExecutingRun] = (), room: Room | None = None, *, lease_ms: int = 0
) -> WorkerView:
    """`lease_ms`: how long a heartbeat holds."""
    return WorkerView(
        id=worker.id,
        host=worker.host,
        pid=worker.pid,
        embedded=worker.embedded,
        code_version=worker.code_version,
        machines=UNSET if worker.labels is None else msgspec.json.decode(worker.labels, type=tuple[str, ...]),
        started_at=moment(worker.started_at),
        executing=worker.executing,
        waiting=worker.waiting,
        seen_at=UNSET if worker.embedded else moment(max(worker.started_at, worker.lease_until - lease_ms)),
        free=UNSET if room is None else room.lanes,
        leaves=UNSET if room is None else room.leaves,
        runs=tuple(
            WorkerRunView(run.id, run.task, UNSET if run.claimed_at is None else moment(run.claimed_at))
            for run in executed
        ),
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


def show_group(group: ErrorGroup, since: int, until: int) -> ErrorGroupView:
    """`since` and `until`: the time that its pieces divide."""
    return ErrorGroupView(**_group_fields(group, since, until), run_ids=tuple(group.run_ids[:SAMPLES_MAX]))


def show_whole_group(
    group: ErrorGroup, runs: Sequence[Run], since: int, until: int, *, complete: bool
) -> ErrorGroupDetail:
    """With as many of its runs as one bulk action takes."""
    return ErrorGroupDetail(
        **_group_fields(group, since, until),
        run_ids=tuple(group.run_ids[:BULK_IDS_MAX]),
        runs=tuple(map(show_listed, runs)),
        since=moment(since),
        complete=complete,
    )


def _group_fields(group: ErrorGroup, since: int, until: int) -> dict[str, Any]:
    width = max(1, -(-(until - since) // ERROR_BUCKETS))
    counts = Counter(min(ERROR_BUCKETS - 1, (at - since) // width) for at in group.times)
    return {
        "fingerprint": group.fingerprint,
        "task_identifier": group.task,
        "error": show_error(group.error),
        "count": group.count,
        "first_seen": moment(group.first_at),
        "last_seen": moment(group.last_at),
        "buckets": tuple(counts[number] for number in range(ERROR_BUCKETS)),
    }


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


def show_stats(found: Histogram, since: int, until: int, width: int) -> StatsView:
    """The counts of a time, with a bucket for every `width` ms of it."""
    counts: dict[int, dict[RunStatus, int]] = {}
    totals: Counter[RunStatus] = Counter()
    for row in found.counts:
        counts.setdefault(row.bucket, {})[RunStatus(row.status)] = row.count
        totals[RunStatus(row.status)] += row.count
    times = range(since, until, width)
    return StatsView(
        since=moment(since),
        until=moment(until),
        bucket_ms=width,
        buckets=tuple(BucketView(moment(at), counts.get(number, {})) for number, at in enumerate(times)),
        totals=dict(totals),
        complete=found.complete,
    )
