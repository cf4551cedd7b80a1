"""Counts of runs over time, by when they were created and their status now.

tallies     of runs that ended, where the pieces of time are whole minutes: nothing is read of the runs themselves
live        of those that did not, through the indexes of what is not over, each up to a bound
scanned     of the newest runs, up to a bound, where the pieces are shorter than a minute
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from runcast.domain.ids import make_id
from runcast.store import tallies
from runcast.store.overview_rows import LiveCount, TaskCount, TaskDuration
from runcast.store.script import Script, call

SCANNED_MAX = 50_000
LIVE_MAX = 5_000
"""Of each status."""
DURATIONS_MAX = 20_000


class Pieces(msgspec.Struct, frozen=True):
    """A time, `since` to `until` without the end, in pieces of `width` ms."""

    since: int
    until: int
    width: int


class Histogram(msgspec.Struct, frozen=True):
    """Runs by the piece of time of their creation and their status; `complete`: none was left out."""

    counts: tuple[TaskCount, ...]
    """Of all tasks, or of each."""
    complete: bool


class TaskTally(msgspec.Struct, frozen=True):
    """Counts of runs by task, and how long those took that completed."""

    histogram: Histogram
    durations: dict[str, list[int]]
    """Milliseconds of executing, shortest first, by task; of the newest runs."""


def histogram(environment: str, pieces: Pieces, *, task: str | None, by_task: bool = False) -> Script[Histogram]:
    """Counts of runs in the pieces of a time."""
    span_ms = tallies.span_of(pieces.width)
    asked = {"environment": environment, "task": task, "by_task": int(by_task), **msgspec.structs.asdict(pieces)}
    if span_ms is None or pieces.since % span_ms:
        first = make_id("run", at_ms=max(0, pieces.since), chance=0)
        rows: list[TaskCount] = yield call("scanned_counts", first=first, limit=SCANNED_MAX, **asked)
        return Histogram(tuple(rows), sum(row.count for row in rows) < SCANNED_MAX)
    ended: list[TaskCount] = yield call("tallied_counts", span=span_ms, **asked)
    live: list[LiveCount] = yield call("live_counts", limit=LIVE_MAX, **asked)
    return Histogram((*ended, *_summed(live)), _is_whole(live))


def _summed(live: Iterable[LiveCount]) -> list[TaskCount]:
    """Whoever runs may have been found by its slot, or as one who is between two attempts."""
    counts: Counter[tuple[str, int, str]] = Counter()
    for row in live:
        if row.is_asked:
            counts[row.task, row.bucket, row.status] += row.count
    return [TaskCount(*key, count) for key, count in counts.items()]


def _is_whole(live: Iterable[LiveCount]) -> bool:
    found: Counter[int] = Counter()
    for row in live:
        found[row.source] += row.count
    return all(count < LIVE_MAX for count in found.values())


def task_tally(environment: str, pieces: Pieces, *, task: str | None) -> Script[TaskTally]:
    """The same for each task, or for one, and how long its runs took."""
    counts = yield from histogram(environment, pieces, task=task, by_task=True)
    took: list[TaskDuration] = yield call(
        "task_durations",
        environment=environment, task=task, since=pieces.since, until=pieces.until, limit=DURATIONS_MAX,
        first=make_id("run", at_ms=max(0, pieces.since), chance=0),
    )  # fmt: skip
    durations: dict[str, list[int]] = {}
    for one in took:
        durations.setdefault(one.task, []).append(one.executing_ms)
    for times in durations.values():
        times.sort()
    return TaskTally(counts, durations)
