"""Reads for those who follow the feed from memory: pages of changes with the runs that somebody wants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from runcast.domain.change import Change, ChangeKind
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import Run
from runcast.gateway import RunFilter
from runcast.store import reads
from runcast.store.rows import KeyCount, StreamName
from runcast.store.script import Script, call


class News(msgspec.Struct, frozen=True):
    """A page of the feed."""

    cursor: int
    changes: tuple[Change, ...] = ()
    runs: tuple[Run, ...] = ()
    """Those of the wanted changes, as they are now, large values not fetched."""
    streams: Mapping[str, tuple[str, ...]] = {}
    """Names of the streams of those that got a part."""
    is_full: bool = False
    is_pruned: bool = False
    """What came after the cursor is gone."""


def span() -> Script[tuple[int, int]]:
    """The feed's oldest and newest position; 0 for an empty one."""
    oldest: int = yield call("oldest_change")
    newest: int = yield call("newest_change")
    return oldest, newest


def news(cursor: int, is_wanted: Callable[[Change], bool]) -> Script[News]:
    """What came after `cursor`, up to a page."""
    oldest: int = yield call("oldest_change")
    if cursor + 1 < oldest:
        newest: int = yield call("newest_change")
        return News(newest, is_pruned=True)
    page = yield from reads.changes_after(cursor)
    changes = tuple(change for change in page if change.kind is not ChangeKind.SLOT)
    found = News(page[-1].seq if page else cursor, changes, is_full=len(page) == PAGE_ROWS_MAX)
    return (yield from with_runs(found, [change for change in changes if is_wanted(change)]))


def with_runs(page: News, wanted: Sequence[Change]) -> Script[News]:
    """A page with the runs of more of its changes."""
    if not wanted:
        return page
    runs = yield from _runs(sorted({change.run_id for change in wanted}))
    streams = yield from streams_of({change.run_id for change in wanted if change.kind is ChangeKind.STREAM})
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


class Gap(msgspec.Struct, frozen=True):
    """What came after a position."""

    cursor: int
    """The feed's newest."""
    runs: tuple[Missed, ...]
    """In the order of their changes."""
    others: tuple[Change, ...]
    """Of extensions' topics."""


def gap(cursor: int, is_wanted: Callable[[Change], bool], pages: int) -> Script[Gap | None]:
    """The wanted changes after `cursor`. None: that is too long ago to say, or of another database."""
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
            return Gap(cursor, (yield from _missed(wanted)), others)
    return None


def _missed(changes: Sequence[Change]) -> Script[tuple[Missed, ...]]:
    newest: dict[str, Change] = {}
    kinds: dict[str, set[ChangeKind]] = {}
    for change in changes:
        if change.kind is not ChangeKind.TOPIC:
            newest[change.run_id] = change
            kinds.setdefault(change.run_id, set()).add(change.kind)
    runs = yield from _runs(sorted(newest))
    rows = [Missed(run, newest[run.id], frozenset(kinds[run.id])) for run in runs]
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
    streams = yield from streams_of([run.id for run in runs if run.started_at is not None])
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
    """The newest runs that have all the tags; without tags: any run."""
    newest: int = yield call("newest_change")
    runs: list[Run] = yield call(
        "runs_of_tags",
        environment=environment,
        tags=[[tag] for tag in tags],
        count=len(tags),
        created_from=created_from,
        limit=limit,
    )
    return (yield from state(newest, runs))


def tree_state(root_id: str, limit: int) -> Script[State]:
    """A root and the runs below it."""
    newest: int = yield call("newest_change")
    runs: list[Run] = yield call("list_tree", root_id=root_id, limit=limit)
    return (yield from state(newest, runs))


def newest_state(environment: str, limit: int) -> Script[State]:
    """The newest runs of an environment."""
    newest: int = yield call("newest_change")
    page = yield from reads.list_runs(RunFilter(environment=environment), None, limit)
    return (yield from state(newest, page.runs))


def outside_members(batch_id: str) -> Script[list[str]]:
    """Runs of a batch that are of another one, or of none: they existed before."""
    positions: list[KeyCount] = yield call("member_positions", batch_id=batch_id)
    return [row.key for row in positions]
