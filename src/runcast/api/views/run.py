"""A run as REST shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.errors import ErrorInfo
from runcast.domain.origin import read_origin
from runcast.domain.run import FINAL, Run, RunStatus

_QUEUED = frozenset({RunStatus.PENDING_VERSION, RunStatus.QUEUED, RunStatus.DELAYED})
_EXECUTING = frozenset({RunStatus.DEQUEUED, RunStatus.EXECUTING})
_FAILED = FINAL - {RunStatus.COMPLETED, RunStatus.CANCELED}


class ErrorView(msgspec.Struct, frozen=True, rename="camel"):
    """An error as clients read it."""

    message: str
    name: str | UnsetType = UNSET
    stack_trace: str | UnsetType = UNSET


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


class WholeRunView(RelatedRunView, frozen=True, rename="camel", kw_only=True):
    """A run that was asked for by its id."""

    attempt_count: int
    payload: Any = UNSET
    payload_presigned_url: str | UnsetType = UNSET
    """Where a large one is downloaded, instead."""
    output: Any = UNSET
    output_presigned_url: str | UnsetType = UNSET
    error: ErrorView | UnsetType = UNSET
    related_runs: RelatedRuns


def run_fields(run: Run) -> dict[str, Any]:
    """The fields of `RunView`."""
    status, origin = run.shown, read_origin(run.origin)
    key = origin.idempotency_key or run.idempotency_key
    delayed = run.status is RunStatus.DELAYED and status is RunStatus.DELAYED
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
        "delayed_until": moment(run.available_at) if delayed else UNSET,
        "expired_at": _moment(run.finished_at) if status is RunStatus.EXPIRED else UNSET,
        "ttl": origin.ttl or UNSET,
        "tags": tuple(sorted(run.tags)),
        "duration_ms": run.executing_ms,
        "metadata": msgspec.json.decode(run.metadata),
        "region": origin.region or UNSET,
    }


def related_fields(run: Run) -> dict[str, Any]:
    """The fields of `RelatedRunView`."""
    return run_fields(run) | {
        "depth": run.depth,
        "trigger_function": trigger_function(run),
        "batch_id": run.batch_id or UNSET,
    }


def show_whole(run: Run, *, root: Run | None, parent: Run | None, children: Sequence[Run]) -> WholeRunView:
    """A run with those beside it."""
    related = RelatedRuns(
        root=_related(root),
        parent=_related(parent),
        children=tuple(RelatedRunView(**related_fields(child)) for child in children),
    )
    return WholeRunView(
        **related_fields(run),
        attempt_count=run.attempt,
        payload=msgspec.Raw(run.payload.encode()),
        output=UNSET if run.output is None else msgspec.Raw(run.output.encode()),
        error=UNSET if run.error is None else show_error(run.error),
        related_runs=related,
    )


def show_error(error: ErrorInfo) -> ErrorView:
    return ErrorView(error.user_message or error.message, error.name, error.stack or UNSET)


def trigger_function(run: Run) -> str:
    """How it was triggered, as clients name it."""
    said = read_origin(run.origin).function
    if said:
        return said
    return ("batchTrigger" if run.batch_id else "trigger") + ("AndWait" if run.parent_key else "")


def _related(run: Run | None) -> RelatedRunView | UnsetType:
    return UNSET if run is None else RelatedRunView(**related_fields(run))


def _moment(ms: int | None) -> datetime | UnsetType:
    return UNSET if ms is None else moment(ms)
