"""Reads what a page draws of a run: at first the tree with what is within its first runs, then only what changed."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.limits import TIMELINE_ENTRIES_PAGE, TIMELINE_RUNS_MAX, TIMELINE_RUNS_OPEN
from runcast.domain.run import Run
from runcast.domain.timeline import Parts, Timeline, TimelineEntry, TimelineRun, TimelineTry
from runcast.domain.trace import Attempt
from runcast.store.script import Script, call

OVERLAP_MS = 100
"""What changed is read from a little earlier: clocks of workers differ, and what they report takes its time."""


def timeline(run: Run) -> Script[Timeline]:
    """A run and those below it, with the parts of the first ones, up to a page of entries."""
    cursor: int = yield call("newest_change")
    tree: list[TimelineRun] = yield call("timeline_runs", root_id=run.root_id, limit=TIMELINE_RUNS_MAX + 1)
    runs = _below(run.id, tree[:TIMELINE_RUNS_MAX])
    found: list[Parts] = []
    room = TIMELINE_ENTRIES_PAGE
    for each in runs[:TIMELINE_RUNS_OPEN]:
        if room <= 0:
            break
        if each.has_parts or each.attempt > 1 or each.finished_at is None:
            found.append((yield from parts(each.id)))
            room -= len(found[-1].entries)
        else:
            found.append(Parts(each.id, each.claimed_at, 0, (), (), (), None))
    return Timeline(cursor, runs, found, len(tree) > TIMELINE_RUNS_MAX)


def parts_of(run: Run, ids: Sequence[str], *, since: int, after: tuple[int, str] | None) -> Script[list[Parts]]:
    """What is within those of these runs that are of the same tree."""
    rows: list[Run] = yield call("runs_by_id", ids=[[id] for id in ids])
    ours = {row.id for row in rows if row.root_id == run.root_id}
    found: list[Parts] = []
    for id in ids:
        if id in ours:
            found.append((yield from parts(id, since=since, after=after)))
    return found


def parts(run_id: str, *, since: int = 0, after: tuple[int, str] | None = None) -> Script[Parts]:
    """What is within a run: a page of it, or what changed since a moment."""
    since = max(0, since - OVERLAP_MS)
    at, key = after or (-1, "")
    limit = TIMELINE_ENTRIES_PAGE
    claimed_at: int | None = yield call("claimed_at", run_id=run_id)
    attempts: list[Attempt] = yield call("attempts_of", run_id=run_id)
    entries: list[TimelineEntry] = yield call(
        "timeline_entries", run_id=run_id, since=since, after_at=at, after_key=key, limit=limit
    )
    tries: list[TimelineTry] = yield call("timeline_tries", run_id=run_id, since=since, limit=limit)
    count: int = yield call("count_entries", run_id=run_id)
    following = (entries[-1].started_at, entries[-1].key) if len(entries) == limit else None
    return Parts(run_id, claimed_at, count, attempts, entries, tries, following)


def _below(run_id: str, tree: Sequence[TimelineRun]) -> list[TimelineRun]:
    """The run and what is below it: the tree tells parents before their children."""
    ids, found = {run_id}, []
    for each in tree:
        if each.id == run_id or each.parent_id in ids:
            ids.add(each.id)
            found.append(each)
    return found
