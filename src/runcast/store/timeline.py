"""Reads what a page draws of a run: at first the tree with what is within its first runs, then only what the feed names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from runcast.domain.change import Change
from runcast.domain.limits import TIMELINE_ENTRIES_PAGE, TIMELINE_NEWS_MAX, TIMELINE_RUNS_MAX, TIMELINE_RUNS_OPEN
from runcast.domain.run import Run
from runcast.domain.timeline import Parts, PartsNews, Timeline, TimelineEntry, TimelineRun, TimelineTry
from runcast.domain.trace import Attempt
from runcast.store.script import Script, call
from runcast.store.timeline_rows import Claimed, EntryOf, TryOf

_KEYS_MAX = TIMELINE_NEWS_MAX
"""Entries that are read at once."""


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
            found.append(Parts(each.id, each.claimed_at, (), (), (), None))
    return Timeline(cursor, runs, found, len(tree) > TIMELINE_RUNS_MAX)


def parts_of(run: Run, ids: Sequence[str], *, after: tuple[int, str] | None) -> Script[list[Parts]]:
    """What is within those of these runs that are of the same tree."""
    rows: list[Run] = yield call("runs_by_id", ids=[[id] for id in ids])
    ours = {row.id for row in rows if row.root_id == run.root_id}
    found: list[Parts] = []
    for id in ids:
        if id in ours:
            found.append((yield from parts(id, after=after)))
    return found


def parts(run_id: str, *, after: tuple[int, str] | None = None) -> Script[Parts]:
    """What is within a run: a page of it."""
    at, key = after or (-1, "")
    limit = TIMELINE_ENTRIES_PAGE
    claimed_at: int | None = yield call("claimed_at", run_id=run_id)
    attempts: list[Attempt] = yield call("attempts_of", run_id=run_id)
    entries: list[TimelineEntry] = yield call(
        "timeline_entries", run_id=run_id, after_at=at, after_key=key, limit=limit
    )
    tries: list[TimelineTry] = yield call("timeline_tries", run_id=run_id, limit=limit)
    following = (entries[-1].started_at, entries[-1].key) if len(entries) == limit else None
    return Parts(run_id, claimed_at, attempts, entries, tries, following)


def parts_news(changes: Sequence[Change]) -> Script[dict[str, PartsNews]]:
    """What is now within the runs of these changes, of that which they name. Runs that are gone are left out."""
    keys, whole = _keys_of(changes)
    if not keys:
        return {}
    claims: list[Claimed] = yield call("claims_of", ids=[[run_id] for run_id in keys])
    named = [[run_id, key] for run_id in keys if run_id in whole for key in keys[run_id]]
    entries: defaultdict[str, list[TimelineEntry]] = defaultdict(list)
    tries: defaultdict[str, list[TimelineTry]] = defaultdict(list)
    if named:
        recorded: list[EntryOf] = yield call("timeline_entries_of", keys=named)
        for entry in recorded:
            entries[entry.run_id].append(entry)
        tried: list[TryOf] = yield call("timeline_tries_of", keys=named)
        for one in tried:
            tries[one.run_id].append(one)
    return {
        row.run_id: PartsNews(row.claimed_at, tuple(entries[row.run_id]), tuple(tries[row.run_id]), row.run_id in whole)
        for row in claims
    }


def _keys_of(changes: Sequence[Change]) -> tuple[dict[str, dict[str, None]], set[str]]:
    """The keys that changed, by run; and the runs of which these are all that changed."""
    found: dict[str, dict[str, None]] = {}
    old: set[str] = set()
    for change in changes:
        keys = found.setdefault(change.run_id, {})
        if change.keys is None:
            old.add(change.run_id)
        else:
            keys.update(dict.fromkeys(change.keys))
    whole: set[str] = set()
    room = _KEYS_MAX
    for run_id, keys in found.items():
        if run_id not in old and len(keys) <= room:
            whole.add(run_id)
            room -= len(keys)
    return found, whole


def _below(run_id: str, tree: Sequence[TimelineRun]) -> list[TimelineRun]:
    """The run and what is below it: the tree tells parents before their children."""
    ids, found = {run_id}, []
    for each in tree:
        if each.id == run_id or each.parent_id in ids:
            ids.add(each.id)
            found.append(each)
    return found
