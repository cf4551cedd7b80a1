"""A batch as REST shows it."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.limits import BATCH_OPEN_MS
from runcast.domain.run import FINAL
from runcast.store.batch_rows import BatchRow
from runcast.store.batches import BatchState

_FINAL = frozenset(status.value for status in FINAL)


class BatchOpenedView(msgspec.Struct, frozen=True, rename="camel"):
    """A batch that takes items, or an older one of the same idempotency key."""

    id: str
    run_count: int
    is_cached: bool
    """All its items are there already."""
    idempotency_key: str | UnsetType = UNSET


class BatchFilledView(msgspec.Struct, frozen=True, rename="camel"):
    """What became of items."""

    id: str
    items_accepted: int
    items_deduplicated: int
    """Those that had come before."""
    sealed: bool
    """All items are there. False: send all of them again."""
    run_count: int
    enqueued_count: int
    expected_count: int


class BatchErrorView(msgspec.Struct, frozen=True, rename="camel"):
    """An item that became no run."""

    index: int
    task_identifier: str
    error: str
    error_code: str | UnsetType = UNSET


class ProcessingView(msgspec.Struct, frozen=True, rename="camel"):
    """How the items came in."""

    completed_at: datetime | UnsetType
    errors: tuple[BatchErrorView, ...]


class BatchView(msgspec.Struct, frozen=True, rename="camel"):
    """A batch with the ids of its runs, by position."""

    id: str
    status: str
    """`PENDING` until all items are there, `PROCESSING` until all runs have ended, then `COMPLETED`, `PARTIAL_FAILED` if
    some items became no run, or `ABORTED` if none did, or if they never came."""
    created_at: datetime
    updated_at: datetime
    run_count: int
    runs: tuple[str, ...]
    processing: ProcessingView
    idempotency_key: str | UnsetType = UNSET


def show_opened(batch: BatchRow, *, cached: bool) -> BatchOpenedView:
    return BatchOpenedView(batch.id, batch.size, cached, batch.idempotency_key or UNSET)


def show_batch(state: BatchState, *, now_ms: int) -> BatchView:
    batch = state.batch
    sealed_at = sealed_since(batch)
    times = [batch.created_at, sealed_at or 0, *(run.finished_at or run.created_at for run in state.runs)]
    errors = tuple(BatchErrorView(e.position, e.task, e.message, e.code or UNSET) for e in state.errors)
    return BatchView(
        batch.id,
        batch_status(state, now_ms=now_ms),
        moment(batch.created_at),
        moment(max(times)),
        batch.size,
        tuple(run.id for run in state.runs),
        ProcessingView(UNSET if sealed_at is None else moment(sealed_at), errors),
        batch.idempotency_key or UNSET,
    )


def batch_status(state: BatchState, *, now_ms: int) -> str:
    """Derived from its items, never stored."""
    if sealed_since(state.batch) is None:
        return "ABORTED" if state.batch.created_at <= now_ms - BATCH_OPEN_MS else "PENDING"
    if any(run.status not in _FINAL for run in state.runs):
        return "PROCESSING"
    if state.errors:
        return "PARTIAL_FAILED" if state.runs else "ABORTED"
    return "COMPLETED"


def sealed_since(batch: BatchRow) -> int | None:
    """Batches of a run's body come whole."""
    return batch.created_at if batch.run_id is not None else batch.sealed_at
