"""A run as REST shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.api.views.error import ErrorView, show_error
from runcast.api.views.schedule import GeneratorView
from runcast.domain.access import split_environment
from runcast.domain.origin import read_origin
from runcast.domain.run import FINAL, Counts, Run, RunStatus
from runcast.domain.schedule import ScheduleState
from runcast.store.overview_rows import Children

_QUEUED = frozenset({RunStatus.PENDING_VERSION, RunStatus.QUEUED, RunStatus.DELAYED})
_EXECUTING = frozenset({RunStatus.DEQUEUED, RunStatus.EXECUTING})
_FAILED = FINAL - {RunStatus.COMPLETED, RunStatus.CANCELED}
_NANOS_PER_CENT = 10**7


class RunView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What lists show of a run, too."""

    id: str
    status: RunStatus
    task_identifier: str
    idempotency_key: str | UnsetType = UNSET
    is_queued: bool
    is_executing: bool
    is_waiting: bool
    is_completed: bool
    is_success: bool
    is_failed: bool
    is_canceled: bool = msgspec.field(name="isCancelled")
    is_test: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | UnsetType = UNSET
    finished_at: datetime | UnsetType = UNSET
    delayed_until: datetime | UnsetType = UNSET
    expired_at: datetime | UnsetType = UNSET
    ttl: str | UnsetType = UNSET
    tags: tuple[str, ...]
    cost_in_cents: float = 0.0
    base_cost_in_cents: float = 0.0
    duration_ms: int
    metadata: dict[str, Any] | UnsetType = UNSET
    region: str | UnsetType = UNSET


class EnvironmentView(msgspec.Struct, frozen=True):
    """Where a run is."""

    id: str
    name: str


class BriefErrorView(msgspec.Struct, frozen=True):
    """An error in a line."""

    message: str
    name: str


class ChildrenView(msgspec.Struct, frozen=True):
    """What became of the runs that a run triggered, so far."""

    count: int
    completed: int
    failed: int
    complete: bool
    """False: there are more, and nobody looked at them."""


class ItemCountsView(msgspec.Struct, frozen=True):
    """How the items ended that a run counted."""

    ok: int
    failed: int
    skipped: int
    outcome: str
    """`completed`, `partial` or `failed`."""


class ListedRunView(RunView, frozen=True, rename="camel", kw_only=True):
    """A run of a list: without payload and output."""

    environment: EnvironmentView = msgspec.field(name="env")
    queue: str
    attempt_count: int
    max_attempts: int
    retry_at: datetime | UnsetType = UNSET
    """When the next attempt begins, of a run between two."""
    depth: int
    parent_id: str | UnsetType = UNSET
    root_id: str | UnsetType = UNSET
    batch_id: str | UnsetType = UNSET
    concurrency_key: str | UnsetType = UNSET
    error: BriefErrorView | UnsetType = UNSET
    children: ChildrenView | UnsetType = UNSET
    """Absent: it has none."""
    counts: ItemCountsView | UnsetType = UNSET


class RelatedRunView(RunView, frozen=True, rename="camel", kw_only=True):
    """A run beside another."""

    depth: int
    trigger_function: str
    batch_id: str | UnsetType = UNSET


class RelatedRuns(msgspec.Struct, frozen=True, rename="camel"):
    """Where a run stands in its tree."""

    root: RelatedRunView | UnsetType = UNSET
    parent: RelatedRunView | UnsetType = UNSET
    children: tuple[RelatedRunView, ...] | UnsetType = UNSET


class RunScheduleView(msgspec.Struct, frozen=True, rename="camel"):
    """The schedule that started a run."""

    id: str
    generator: GeneratorView
    external_id: str | UnsetType = UNSET
    deduplication_key: str | UnsetType = UNSET


class WholeRunView(RelatedRunView, frozen=True, rename="camel", kw_only=True):
    """A run that was asked for by its id."""

    attempt_count: int
    payload: Any = UNSET
    payload_presigned_url: str | UnsetType = UNSET
    """Where a large payload is."""
    output: Any = UNSET
    output_presigned_url: str | UnsetType = UNSET
    error: ErrorView | UnsetType = UNSET
    schedule: RunScheduleView | UnsetType = UNSET
    queue: str
    concurrency_key: str | UnsetType = UNSET
    max_attempts: int
    priority: float
    """Seconds of head start."""
    replayed_run_id: str | UnsetType = UNSET
    """The run that this one repeats."""
    related_runs: RelatedRuns


def run_fields(run: Run) -> dict[str, Any]:
    """The fields of `RunView`."""
    status, origin = run.shown, read_origin(run.origin)
    key = origin.idempotency_key or run.idempotency_key
    return {
        "id": run.id,
        "status": status,
        "task_identifier": run.task,
        "idempotency_key": key or UNSET,
        "is_queued": status in _QUEUED,
        "is_executing": status in _EXECUTING,
        "is_waiting": status is RunStatus.WAITING,
        "is_completed": status in FINAL,
        "is_success": status is RunStatus.COMPLETED,
        "is_failed": status in _FAILED,
        "is_canceled": status is RunStatus.CANCELED,
        "is_test": origin.is_test,
        "created_at": moment(run.created_at),
        "updated_at": moment(run.finished_at or run.started_at or run.created_at),
        "started_at": _moment(run.started_at),
        "finished_at": _moment(run.finished_at),
        "delayed_until": moment(run.available_at) if status is RunStatus.DELAYED else UNSET,
        "expired_at": _moment(run.finished_at) if status is RunStatus.EXPIRED else UNSET,
        "ttl": origin.ttl or UNSET,
        "tags": tuple(sorted(run.tags)),
        "duration_ms": run.executing_ms,
        "metadata": msgspec.json.decode(run.metadata),
        "region": origin.region or UNSET,
    }


def retry_at(run: Run) -> datetime | UnsetType:
    """When the next attempt begins, of a run between two."""
    return moment(run.available_at) if run.attempt > 0 and run.status is RunStatus.DELAYED else UNSET


def show_listed(run: Run, cost_nanos: int = 0, children: Children | None = None) -> ListedRunView:
    """`cost_nanos`: billionths of a dollar."""
    error = run.error
    fields: dict[str, Any] = run_fields(run) | {"cost_in_cents": cost_nanos / _NANOS_PER_CENT}
    return ListedRunView(
        **fields,
        environment=EnvironmentView(run.environment, split_environment(run.environment)[1]),
        queue=run.queue,
        attempt_count=run.attempt,
        max_attempts=run.max_attempts,
        retry_at=retry_at(run),
        depth=run.depth,
        parent_id=run.parent_id or UNSET,
        root_id=run.root_id if run.root_id != run.id else UNSET,
        batch_id=run.batch_id or UNSET,
        concurrency_key=run.concurrency_key or UNSET,
        error=UNSET if error is None else BriefErrorView(error.user_message or error.message, error.name),
        children=UNSET if children is None else ChildrenView(*msgspec.structs.astuple(children)),
        counts=UNSET if run.counts is None else _show_counts(run.counts),
    )


def _show_counts(counts: Counts) -> ItemCountsView:
    return ItemCountsView(counts.ok, counts.failed, counts.skipped, counts.outcome)


def related_fields(run: Run) -> dict[str, Any]:
    """The fields of `RelatedRunView`."""
    return run_fields(run) | {
        "depth": run.depth,
        "trigger_function": trigger_function(run),
        "batch_id": run.batch_id or UNSET,
    }


def show_whole(
    run: Run,
    *,
    root: Run | None,
    parent: Run | None,
    children: Sequence[Run],
    schedule: ScheduleState | None = None,
    cost_nanos: int = 0,
) -> WholeRunView:
    """A run with those beside it. `cost_nanos`: billionths of a dollar."""
    related = RelatedRuns(
        root=_related(root),
        parent=_related(parent),
        children=tuple(RelatedRunView(**related_fields(child)) for child in children),
    )
    fields: dict[str, Any] = related_fields(run) | {"cost_in_cents": cost_nanos / _NANOS_PER_CENT}
    return WholeRunView(
        **fields,
        attempt_count=run.attempt,
        payload=msgspec.Raw(run.payload.encode()),
        output=UNSET if run.output is None else msgspec.Raw(run.output.encode()),
        error=UNSET if run.error is None else show_error(run.error),
        schedule=UNSET if schedule is None else _show_schedule(schedule),
        queue=run.queue,
        concurrency_key=run.concurrency_key or UNSET,
        max_attempts=run.max_attempts,
        priority=run.priority_ms / 1000,
        replayed_run_id=read_origin(run.origin).replayed or UNSET,
        related_runs=related,
    )


def trigger_function(run: Run) -> str:
    """How it was triggered, as clients name it."""
    said = read_origin(run.origin).function
    if said:
        return said
    return ("batchTrigger" if run.batch_id else "trigger") + ("AndWait" if run.parent_key else "")


def _show_schedule(schedule: ScheduleState) -> RunScheduleView:
    return RunScheduleView(
        schedule.id,
        GeneratorView(schedule.cron, schedule.description),
        schedule.external_id or UNSET,
        schedule.deduplication_key or UNSET,
    )


def _related(run: Run | None) -> RelatedRunView | UnsetType:
    return UNSET if run is None else RelatedRunView(**related_fields(run))


def _moment(ms: int | None) -> datetime | UnsetType:
    return UNSET if ms is None else moment(ms)
