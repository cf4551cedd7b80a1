"""Counts and times of runs by task, as REST shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.run import RunStatus
from runcast.store.history import Pieces, TaskTally


class TaskStatsView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The runs of a task in a time."""

    task_identifier: str
    totals: dict[RunStatus, int]
    buckets: tuple[dict[RunStatus, int], ...]
    """By the piece of time in which they were created."""
    p50_ms: int | UnsetType = UNSET
    """Half of the completed runs executed for at most this long; absent: none completed."""
    p95_ms: int | UnsetType = UNSET
    measured: int
    """How many completed runs these times are of: the newest."""


class AllTaskStats(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The runs of a time by task; tasks without runs are left out."""

    since: datetime
    until: datetime
    bucket_ms: int
    data: tuple[TaskStatsView, ...]
    complete: bool
    """False: there were more runs than are counted; the newest are."""


def show_tally(found: TaskTally, pieces: Pieces) -> AllTaskStats:
    """With a bucket for every piece of the time."""
    counts: dict[str, dict[int, dict[RunStatus, int]]] = {}
    totals: dict[str, Counter[RunStatus]] = {}
    for row in found.histogram.counts:
        counts.setdefault(row.task, {}).setdefault(row.bucket, {})[RunStatus(row.status)] = row.count
        totals.setdefault(row.task, Counter())[RunStatus(row.status)] += row.count
    number_of_pieces = len(range(pieces.since, pieces.until, pieces.width))
    shown = tuple(
        TaskStatsView(
            task_identifier=task,
            totals=dict(totals[task]),
            buckets=tuple(of_task.get(number, {}) for number in range(number_of_pieces)),
            p50_ms=_percentile(found.durations.get(task, ()), 50),
            p95_ms=_percentile(found.durations.get(task, ()), 95),
            measured=len(found.durations.get(task, ())),
        )
        for task, of_task in counts.items()
    )
    return AllTaskStats(
        since=moment(pieces.since),
        until=moment(pieces.until),
        bucket_ms=pieces.width,
        data=shown,
        complete=found.histogram.complete,
    )


def _percentile(times: Sequence[int], percent: int) -> int | UnsetType:
    """The nearest rank of what is sorted."""
    return times[max(0, -(-len(times) * percent // 100) - 1)] if times else UNSET
