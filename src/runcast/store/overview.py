"""What happened in an environment, for its overview pages: errors by kind, counts of now, batches, events of alerts.

Every answer looks at a bounded number of rows, the newest, and says when there were more.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.alert import AlertEvent, fingerprint
from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import make_id
from runcast.store.overview_rows import FailedRun, ListedBatch, RunsNow
from runcast.store.script import Script, call

FAILED_RUNS_SCANNED_MAX = 2_000
COUNTED_NOW_MAX = 1_000
_ERROR = msgspec.json.Decoder(ErrorInfo)


class ErrorGroup(msgspec.Struct):
    """Failed runs of a task whose errors look the same."""

    fingerprint: str
    task: str
    error: ErrorInfo
    """Of the newest."""
    first_at: int
    last_at: int
    count: int
    run_ids: list[str]
    """Newest first."""
    times: list[int]
    """When they failed."""


class ErrorGroups(msgspec.Struct, frozen=True):
    """Groups, the one that happened last first; `complete`: no failed run was left out."""

    groups: tuple[ErrorGroup, ...]
    complete: bool


def error_groups(environment: str, *, task: str | None, since: int) -> Script[ErrorGroups]:
    """The errors of runs that failed since a time."""
    rows: list[FailedRun] = yield call(
        "failed_runs", environment=environment, task=task, since=since, limit=FAILED_RUNS_SCANNED_MAX
    )
    groups: dict[str, ErrorGroup] = {}
    for row in rows:
        error = _ERROR.decode(row.error)
        looks = fingerprint(row.task, error)
        group = groups.setdefault(
            looks, ErrorGroup(looks, row.task, error, row.finished_at, row.finished_at, 0, [], [])
        )
        group.count += 1
        group.first_at = min(group.first_at, row.finished_at)
        group.last_at = max(group.last_at, row.finished_at)
        group.run_ids.append(row.id)
        group.times.append(row.finished_at)
    ordered = sorted(groups.values(), key=lambda group: group.last_at, reverse=True)
    return ErrorGroups(tuple(ordered), len(rows) < FAILED_RUNS_SCANNED_MAX)


def runs_now(environment: str, *, failed_since: int) -> Script[RunsNow]:
    """How many runs are in which state, each up to `COUNTED_NOW_MAX`."""
    first = make_id("run", at_ms=max(0, failed_since), chance=0)
    found: RunsNow = yield call("runs_now", environment=environment, first=first, limit=COUNTED_NOW_MAX)
    return found


def batches(environment: str, *, after: str | None, limit: int) -> Script[Sequence[ListedBatch]]:
    """Batches, newest first, from the one after `after` on."""
    rows: list[ListedBatch] = yield call("list_batches", environment=environment, after=after, limit=limit)
    return rows


def alert_events(
    environment: str, *, alert: str | None, before: int | None, limit: int
) -> Script[Sequence[AlertEvent]]:
    """Events of alerts, newest first, `before` a `seq`."""
    rows: list[AlertEvent] = yield call(
        "alert_events_in", environment=environment, alert=alert, before=before, limit=limit
    )
    return rows
