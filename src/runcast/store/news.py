"""Reads for those who follow the feed from memory: pages of changes with the runs that somebody wants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from runcast.domain.change import Change, ChangeKind
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import Run
from runcast.store import reads
from runcast.store.rows import StreamName
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
