"""A queue as REST shows it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.queue import QueueState, queue_id


class QueueType(StrEnum):
    """How a queue is named in an address."""

    ID = "id"
    TASK = "task"
    """By the name of a task that uses it."""
    CUSTOM = "custom"
    """By its own name."""


class ConcurrencyView(msgspec.Struct, frozen=True, rename="camel"):
    """How many of its runs may hold a slot: now, as the code says, and as a person says. Null: any number."""

    current: int | None
    base: int | None
    override: int | None
    overridden_at: datetime | None = None
    overridden_by: str | None = None


class RateView(msgspec.Struct, frozen=True, rename="camel"):
    """How many runs may start in how long."""

    count: int
    period_ms: int


class QueueView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A queue."""

    id: str
    name: str
    type: QueueType
    """`task` for a queue that has a task's name."""
    running: int
    queued: int
    paused: bool
    concurrency_limit: int | None
    """Null: any number."""
    concurrency: ConcurrencyView
    override_ends_at: datetime | UnsetType = UNSET
    """When limits that a person set give way to those that the code declares. Absent: not before a reset."""
    per_key: int | UnsetType = UNSET
    """The bound of each concurrency key."""
    rate: RateView | UnsetType = UNSET
    max_length: int | UnsetType = UNSET
    oldest_at: datetime | UnsetType = UNSET
    """Since when the oldest of the runs that are next could start."""


class KeyLoadView(msgspec.Struct, frozen=True):
    """A concurrency key of a queue."""

    key: str
    queued: int
    running: int


def show_queue(queue: QueueState, *, of_task: bool, oldest_at: int | None) -> QueueView:
    """`of_task`: a task has its name."""
    declared = None if queue.declared is None else queue.declared.concurrency
    rate: RateView | UnsetType = UNSET
    if queue.rate_count is not None and queue.rate_period_ms is not None:
        rate = RateView(queue.rate_count, queue.rate_period_ms)
    overridden = queue.overridden and queue.concurrency != declared
    return QueueView(
        id=queue_id(queue.environment, queue.name),
        name=queue.name,
        type=QueueType.TASK if of_task else QueueType.CUSTOM,
        running=queue.executing,
        queued=queue.queued,
        paused=queue.paused,
        concurrency_limit=queue.concurrency,
        concurrency=ConcurrencyView(queue.concurrency, declared, queue.concurrency if overridden else None),
        override_ends_at=UNSET if queue.override_ends_at is None else moment(queue.override_ends_at),
        per_key=UNSET if queue.per_key is None else queue.per_key,
        rate=rate,
        max_length=UNSET if queue.max_length is None else queue.max_length,
        oldest_at=UNSET if oldest_at is None else moment(oldest_at),
    )
