"""Retention: finished trees, old facts and dead workers go, in bounded pieces; nothing live is ever touched."""

from __future__ import annotations

from runcast.domain.ids import make_id
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.store.rows import Name
from runcast.store.script import Script, call

_ROOTS = 200
_OF_A_RUN = (
    "prune_attempts",
    "prune_journal",
    "prune_applied",
    "prune_parts",
    "prune_logs",
    "prune_artifacts",
    "prune_blobs",
    "prune_idempotency",
    "prune_waits",
    "prune_inbox",
    "prune_members",
    "prune_ticks",
    "prune_runs",
)


def prune(before: int) -> Script[int]:
    """Remove one piece of what ended before `before` (ms); how many runs went. Zero: nothing is left to remove."""
    before_id = make_id("run", at_ms=before, chance=0)
    roots: list[Name] = yield call("prunable_roots", before=before, before_id=before_id, limit=_ROOTS)
    yield call("prune_changes", before=before, limit=PAGE_ROWS_MAX)
    yield call("prune_workers", before=before)
    if not roots:
        yield call("prune_batches", before=before, limit=PAGE_ROWS_MAX)
        yield call("prune_loose_waits", before=before, limit=PAGE_ROWS_MAX)
        yield call("prune_idle_ticks", before=before, limit=PAGE_ROWS_MAX)
        return 0
    tree: list[Name] = yield call("tree_ids", ids=[[row.name] for row in roots])
    ids = [[row.name] for row in tree]
    for query in _OF_A_RUN:
        yield call(query, ids=ids)
    return len(ids)
