"""Kinds of errors as REST shows them: failed runs whose errors look the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from runcast.api.times import moment
from runcast.api.views.error import ErrorView, show_error
from runcast.api.views.run import ListedRunView, show_listed
from runcast.domain.run import Run
from runcast.store.overview import ErrorGroup

SAMPLES_MAX = 5
BULK_IDS_MAX = 1_000
ERROR_BUCKETS = 48


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
