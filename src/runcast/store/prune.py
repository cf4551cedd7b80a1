"""Retention: finished trees, old facts and dead workers go, in bounded pieces; nothing live is ever touched."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.ids import make_id
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.retention import Retention
from runcast.store import deliveries
from runcast.store.rows import Name, Policy, RootRun
from runcast.store.script import Script, call

_ROOTS = 200
_SCANNED = 5_000
"""Runs that one page of the walk passes over."""
_OF_A_RUN = (
    "prune_attempts",
    "prune_journal",
    "prune_tries",
    "prune_applied",
    "prune_parts",
    "prune_logs",
    "prune_artifacts",
    "prune_objects",
    "prune_usage",
    "prune_blobs",
    "prune_idempotency",
    "prune_debounces",
    "prune_waits",
    "prune_inbox",
    "prune_transacted",
    "prune_members",
    "prune_ticks",
    "unindex_tags",
    "subtract_tallies",
    "forget_tallies",
    "prune_bulk_runs",
    "prune_runs",
)


class Page(msgspec.Struct, frozen=True):
    """Finished roots, newest first, and where to go on (None: the oldest run was seen)."""

    roots: tuple[RootRun, ...]
    cursor: str | None


def policies() -> Script[dict[tuple[str, str], Retention]]:
    """The retention of each (environment, task) that declares one."""
    rows: list[Policy] = yield call("retentions")
    return {(row.environment, row.task): row.retention for row in rows}


def walk(cursor: str) -> Script[Page]:
    """The finished roots among the next runs whose id is below `cursor`."""
    end: str | None = yield call("walk_end", cursor=cursor, limit=_SCANNED)
    if end is None:
        return Page((), None)
    roots: list[RootRun] = yield call("finished_roots", cursor=cursor, end=end)
    return Page(tuple(roots), end)


def remove(doomed: Sequence[tuple[str, int]]) -> Script[int]:
    """Remove those of the trees, given as (root, before), that ended as a whole before that time; how many runs went."""
    roots: list[Name] = yield call("removable_roots", rows=doomed)
    return (yield from _remove(roots))


def tidy(before: int) -> Script[bool]:
    """Remove a piece of the feed, dead workers and other leavings of before `before`; True if more is left."""
    yield call("prune_changes", before=before, limit=PAGE_ROWS_MAX)
    yield call("prune_workers", before=before)
    yield call("forget_alert_events", before=before, limit=PAGE_ROWS_MAX)
    yield from deliveries.forget(before, PAGE_ROWS_MAX)
    batches: list[Name] = yield call("prunable_batches", before=before, limit=PAGE_ROWS_MAX)
    if batches:
        ids = [[row.name] for row in batches]
        yield call("prune_batch_errors", ids=ids)
        yield call("prune_batches", ids=ids)
    yield call("forget_bulks", before=before, limit=PAGE_ROWS_MAX)
    yield call("prune_loose_waits", before=before, limit=PAGE_ROWS_MAX)
    yield call("prune_idle_ticks", before=before, limit=PAGE_ROWS_MAX)
    more: int | None = yield call("leavings_left", before=before)
    return more is not None


def prune(before: int) -> Script[int]:
    """Remove one piece of all that ended before `before` (ms), whatever its retention; how many runs went.

    Zero: nothing is left to remove.
    """
    before_id = make_id("run", at_ms=before, chance=0)
    roots: list[Name] = yield call("prunable_roots", before=before, before_id=before_id, limit=_ROOTS)
    yield from tidy(before)
    return (yield from _remove(roots))


def _remove(roots: Sequence[Name]) -> Script[int]:
    if not roots:
        return 0
    tree: list[Name] = yield call("tree_ids", ids=[[row.name] for row in roots])
    ids = [[row.name] for row in tree]
    for query in _OF_A_RUN:
        yield call(query, ids=ids)
    return len(ids)
