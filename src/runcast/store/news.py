"""Reads for those who follow the feed from memory: pages of changes with the runs that somebody wants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence

import msgspec

from runcast.domain.change import Change, ChangeKind
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import Run
from runcast.domain.timeline import PartsNews
from runcast.store import reads, timeline
from runcast.store.rows import KeyCount, StreamName
from runcast.store.script import Script, call

_RUNS_AT_ONCE = 500
_GONE = PartsNews(None)
TAGGED_SCANNED_MAX = 20_000
"""Runs of a tag, the newest, among which those with other tags, or of a time, are looked for."""


class News(msgspec.Struct, frozen=True):
    """A page of the feed."""

    cursor: int
    changes: tuple[Change, ...] = ()
    runs: tuple[Run, ...] = ()
    """Those of the wanted changes, as they are now, large values not fetched."""
    streams: Mapping[str, tuple[str, ...]] = {}
    """Names of the streams of those that got a part, or whose streams were not known."""
    parts: Mapping[str, PartsNews] = {}
    """What changed within those whose journals somebody wants."""
    is_full: bool = False
    is_pruned: bool = False
    """What came after the cursor is gone."""


def span() -> Script[tuple[int, int]]:
    """The feed's oldest and newest position; 0 for an empty one."""
    oldest: int = yield call("oldest_change")
    newest: int = yield call("newest_change")
    return oldest, newest


def news(
    cursor: int,
    is_wanted: Callable[[Change], bool],
    known: Container[str],
    is_traced: Callable[[Change], bool] = lambda _: False,
) -> Script[News]:
    """What came after `cursor`, up to a page. `known`: runs whose streams are known up to there. `is_traced`: whether
    somebody wants what changed within the run."""
    oldest: int = yield call("oldest_change")
    if cursor + 1 < oldest:
        newest: int = yield call("newest_change")
        return News(newest, is_pruned=True)
    page = yield from reads.changes_after(cursor)
    changes = tuple(change for change in page if change.kind is not ChangeKind.SLOT)
    found = News(page[-1].seq if page else cursor, changes, is_full=len(page) == PAGE_ROWS_MAX)
    wanted = [change for change in changes if is_wanted(change)]
    return (yield from completed(found, wanted, known, [change for change in changes if is_traced(change)]))


def completed(
    page: News, wanted: Sequence[Change], known: Container[str], traced: Sequence[Change] = ()
) -> Script[News]:
    """A page with the runs of more of its changes, and with what changed within some."""
    if traced:
        parts = {change.run_id: _GONE for change in traced} | (yield from timeline.parts_news(traced))
        page = msgspec.structs.replace(page, parts={**page.parts, **parts})
    if not wanted:
        return page
    runs = yield from _runs(sorted({change.run_id for change in wanted}))
    asked = {change.run_id for change in wanted if change.kind is ChangeKind.STREAM or change.run_id not in known}
    found = yield from streams_of(asked)
    streams = {run_id: found.get(run_id, ()) for run_id in asked}
    return msgspec.structs.replace(page, runs=(*page.runs, *runs), streams={**page.streams, **streams})


def _runs(ids: Sequence[str]) -> Script[list[Run]]:
    if not ids:
        return []
    runs: list[Run] = yield call("runs_by_id", ids=[[id] for id in ids])
    return runs


def streams_of(run_ids: Collection[str]) -> Script[dict[str, tuple[str, ...]]]:
    """The names of the streams of each of these runs that has any."""
    if not run_ids:
        return {}
    rows: list[StreamName] = yield call("streams_of", ids=[[id] for id in run_ids])
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.run_id] = (*found.get(row.run_id, ()), row.stream)
    return found


class Missed(msgspec.Struct, frozen=True):
    """A run that changed while its follower was away."""

    run: Run
    change: Change
    """The newest."""
    kinds: frozenset[ChangeKind]
    streams: tuple[str, ...] | None
    """Names of its streams, if it got a part."""
    parts: PartsNews | None = None
    """What changed within it, if that was asked for."""


class Gap(msgspec.Struct, frozen=True):
    """What came after a position."""

    cursor: int
    """The feed's newest."""
    runs: tuple[Missed, ...]
    """In the order of their changes."""
    others: tuple[Change, ...]
    """Of extensions' topics."""


def gap(
    cursor: int,
    is_wanted: Callable[[Change], bool],
    has: Callable[[Run], bool],
    pages: int,
    is_traced: Callable[[Change], bool] = lambda _: False,
) -> Script[Gap | None]:
    """The wanted changes after `cursor`, of runs that are had. None: that is too long ago to say, or of another database."""
    newest: int = yield call("newest_change")
    if cursor > newest:
        return None
    wanted: list[Change] = []
    for _ in range(pages):
        page = yield from _changes(cursor)
        if page is None:
            return None
        wanted.extend(change for change in page if change.kind is not ChangeKind.SLOT and is_wanted(change))
        cursor = page[-1].seq if page else cursor
        if len(page) < PAGE_ROWS_MAX:
            others = tuple(change for change in wanted if change.kind is ChangeKind.TOPIC)
            traced = [change for change in wanted if is_traced(change)]
            return Gap(cursor, (yield from _missed(wanted, has, traced)), others)
    return None


def _missed(
    changes: Sequence[Change], has: Callable[[Run], bool], traced: Sequence[Change]
) -> Script[tuple[Missed, ...]]:
    newest: dict[str, Change] = {}
    kinds: dict[str, set[ChangeKind]] = {}
    for change in changes:
        if change.kind is not ChangeKind.TOPIC:
            newest[change.run_id] = change
            kinds.setdefault(change.run_id, set()).add(change.kind)
    ids = sorted(newest)
    runs: list[Run] = []
    for start in range(0, len(ids), _RUNS_AT_ONCE):
        # What nobody had of a long time is not in memory together.
        runs.extend(filter(has, (yield from _runs(ids[start : start + _RUNS_AT_ONCE]))))
    streams = yield from streams_of([run.id for run in runs if ChangeKind.STREAM in kinds[run.id]])
    parts = yield from timeline.parts_news(traced)
    rows = [
        Missed(run, newest[run.id], frozenset(kinds[run.id]), streams.get(run.id), parts.get(run.id)) for run in runs
    ]
    return tuple(sorted(rows, key=lambda row: row.change.seq))


def _changes(cursor: int) -> Script[tuple[Change, ...] | None]:
    """A page; None: what came after the cursor is gone."""
    oldest: int = yield call("oldest_change")
    return None if cursor + 1 < oldest else (yield from reads.changes_after(cursor))


class State(msgspec.Struct, frozen=True):
    """Runs as they are, at a position of the feed."""

    cursor: int
    runs: tuple[Run, ...]
    """Large values not fetched."""
    streams: Mapping[str, tuple[str, ...]] = {}


def state(cursor: int, runs: Sequence[Run]) -> Script[State]:
    """These runs with the names of their streams."""
    streams = yield from streams_of([run.id for run in runs])
    return State(cursor, tuple(runs), streams)


def run_state(run_id: str) -> Script[State]:
    """One run, or none."""
    newest: int = yield call("newest_change")
    run: Run | None = yield call("find_run", id=run_id)
    return (yield from state(newest, [] if run is None else [run]))


def batch_state(batch_id: str) -> Script[State]:
    """The runs of a batch, by position."""
    newest: int = yield call("newest_change")
    runs: list[Run] = yield call("batch_members", batch_id=batch_id)
    return (yield from state(newest, runs))


def tagged_state(environment: str, tags: Sequence[str], created_from: int, limit: int) -> Script[State]:
    """The newest runs that have all the tags, of which there is one at least."""
    newest: int = yield call("newest_change")
    runs: list[Run] = yield call(
        "runs_of_tags",
        environment=environment,
        rarest=(yield from _rarest(environment, tags)),
        scanned=TAGGED_SCANNED_MAX,
        tags=[[tag] for tag in tags],
        count=len(tags),
        created_from=created_from,
        limit=limit,
    )
    return (yield from state(newest, runs))


def _rarest(environment: str, tags: Sequence[str]) -> Script[str]:
    """The tag that the fewest runs have: the others are looked up in these."""
    if len(tags) == 1:
        return tags[0]
    counts: dict[str, int] = {}
    for tag in tags:
        counts[tag] = yield call("count_tag", environment=environment, tag=tag, limit=TAGGED_SCANNED_MAX)
    return min(counts, key=lambda tag: counts[tag])


def tree_state(root_id: str, limit: int) -> Script[State]:
    """A root and the runs below it."""
    newest: int = yield call("newest_change")
    runs: list[Run] = yield call("list_tree", root_id=root_id, limit=limit)
    return (yield from state(newest, runs))


def newest_state(environment: str, limit: int) -> Script[State]:
    """The newest runs of an environment."""
    newest: int = yield call("newest_change")
    runs: list[Run] = yield call("newest_runs", environment=environment, limit=limit)
    return (yield from state(newest, runs))


def outside_members(batch_id: str) -> Script[list[str]]:
    """Runs of a batch that are of another one, or of none: they existed before."""
    positions: list[KeyCount] = yield call("member_positions", batch_id=batch_id)
    return [row.key for row in positions]
