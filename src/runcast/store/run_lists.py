"""Pages of runs in both directions, newest first, by whichever index knows the filter best. Without payloads and outputs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from runcast.domain.ids import RunId
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import FINAL, Run, RunStatus
from runcast.gateway import RunFilter
from runcast.store.overview_rows import ChildCount, Children, RunCost
from runcast.store.rows import Name
from runcast.store.script import Script, call

_UNUSUAL = frozenset(FINAL - {RunStatus.COMPLETED} | {RunStatus.WAITING, RunStatus.PENDING_VERSION, RunStatus.DELAYED})

_ACTIVE = frozenset({RunStatus.QUEUED, RunStatus.DEQUEUED, RunStatus.EXECUTING})
ACTIVE_RUNS_MAX = 2_000
"""Up to as many are looked up one by one; where there are more, the newest of all runs have a page full of them."""
_NOBODY = RunId("")
"""Among ids that are wanted: without any, all would be."""
CHILDREN_MAX = 500
"""Children of a run that are looked at for how many there are."""
_MILLION = 1_000_000
_AFTER_ALL = "\U0010ffff"
"""Sorts after every id: a page from the newest on is a search, too."""


class RunsPage(msgspec.Struct, frozen=True):
    """A page, and whether there are runs on either side of it."""

    runs: tuple[Run, ...]
    newer: bool
    older: bool
    reached: str | None = None
    """Where the look for runs ended before the page was full: the next page goes on from there."""


def page(
    filter: RunFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE_ROWS_MAX,
    below: str = _AFTER_ALL,
    looked_max: int | None = None,
) -> Script[RunsPage]:
    """The page that follows a run, or the one in front of a run. `below`: no run from this id on fits; `looked_max`: at how
    many runs it looks for those that fit, where no index knows them."""
    narrow = yield from _narrowed(filter)
    bound = yield from _bound(narrow, after or below, before, looked_max)
    rows = yield from _rows(narrow, after, before, limit + 1, below, bound)
    found = tuple(sorted(rows, key=lambda run: run.id, reverse=before is None))[:limit]
    more = len(rows) > limit
    if before is not None:
        return RunsPage(tuple(reversed(found)), newer=more, older=True)
    if bound is not None and not more:
        return RunsPage(found, newer=after is not None, older=True, reached=bound)
    return RunsPage(found, newer=after is not None, older=more)


def _bound(filter: RunFilter, after: str, before: str | None, looked_max: int | None) -> Script[str | None]:
    """The last run that is looked at; None: as many as there are."""
    if looked_max is None or not _is_sought(filter):
        return None
    bound: str | None
    if before is not None:
        bound = yield call("nth_run_before", before=before, count=looked_max)
    else:
        bound = yield call("nth_run_after", after=after, count=looked_max)
    return bound


class Counted(msgspec.Struct, frozen=True):
    """How many runs there are; `complete`: no fewer."""

    count: int
    complete: bool


def count_some(filter: RunFilter, *, maximum: int, looked_max: int) -> Script[Counted]:
    """How many there are up to the maximum, among as many as are looked at where no index knows those that fit."""
    narrow = yield from _narrowed(filter)
    bound = yield from _bound(narrow, _AFTER_ALL, None, looked_max)
    found = yield from count(filter, maximum=maximum + 1, floor=bound or "")
    return Counted(min(found, maximum), bound is None and found <= maximum)


def count(filter: RunFilter, *, maximum: int, floor: str = "") -> Script[int]:
    """How many there are, or the maximum. `floor`: the oldest that is looked at, where no index knows those that fit."""
    filter = yield from _narrowed(filter)
    if _is_related(filter):
        name = "count_related"
    elif _is_tagged(filter):
        name = "count_tagged"
    else:
        name = "count_unusual" if _is_unusual(filter) else "count_wanted"
    further = {"floor": floor} if name == "count_wanted" else {}
    found: int = yield call(name, limit=maximum, **further, **params(filter))
    return found


class Beside(msgspec.Struct, frozen=True):
    """What a list shows of runs that is not in their rows, by run."""

    costs: dict[str, int]
    children: dict[str, Children]


def beside(run_ids: Sequence[str]) -> Script[Beside]:
    """Costs and children of the runs of a page."""
    return Beside((yield from costs(run_ids)), (yield from children(run_ids)))


def costs(run_ids: Sequence[str]) -> Script[dict[str, int]]:
    """What runs cost by themselves, in billionths of a dollar; those without a cost are left out."""
    rows: list[RunCost] = yield call("costs_of", ids=[[id] for id in run_ids])
    return {row.run_id: row.cost_nanos for row in rows}


def children(run_ids: Sequence[str]) -> Script[dict[str, Children]]:
    """What became of the children of runs; those without any are left out."""
    rows: list[ChildCount] = yield call("child_counts", ids=[[id] for id in run_ids], limit=CHILDREN_MAX + 1)
    return {row.run_id: _children(row.counts) for row in rows if row.counts}


def _children(counts: int) -> Children:
    """
    >>> _children(1_000_002_000_005)
    Children(count=5, completed=2, failed=1, complete=True)
    """
    count = counts % _MILLION
    return Children(
        count=min(count, CHILDREN_MAX),
        completed=counts // _MILLION % _MILLION,
        failed=counts // _MILLION**2,
        complete=count <= CHILDREN_MAX,
    )


def _narrowed(filter: RunFilter) -> Script[RunFilter]:
    """The same runs. Those that are queued or executed are few among all that are over, and have indexes of their own."""
    if not filter.shown or not _ACTIVE.issuperset(filter.shown) or filter.environment is None or _is_related(filter):
        return filter
    found: list[Name] = yield call(
        "active_runs",
        environment=filter.environment,
        queued=int(RunStatus.QUEUED in filter.shown),
        limit=ACTIVE_RUNS_MAX + 1,
    )
    if len(found) > ACTIVE_RUNS_MAX:
        return filter
    return msgspec.structs.replace(filter, ids=(*(RunId(row.name) for row in found), _NOBODY))


def _rows(
    filter: RunFilter, after: str | None, before: str | None, limit: int, below: str, bound: str | None
) -> Script[list[Run]]:
    wanted = params(filter)
    place = {"after": after or below} if before is None else {"before": before}
    rows: list[Run]
    if _is_related(filter):
        rows = yield call("related_after", after=after, before=before, limit=limit, **wanted)
        return rows
    each: list[dict[str, str]] = [{}]
    name = "runs_after" if before is None else "runs_before"
    if _is_tagged(filter):
        name = "tagged_after" if before is None else "tagged_before"
        each = [{"tag": tag} for tag in filter.tag]
    elif _is_unusual(filter):
        name = "unusual_after" if before is None else "unusual_before"
        each = [{"status": status} for status in filter.shown]
    elif before is None:
        each = [{"floor": bound or ""}]
    else:
        each = [{"ceiling": bound or _AFTER_ALL}]
    found: dict[str, Run] = {}
    for one in each:
        rows = yield call(name, limit=limit, **one, **place, **wanted)
        found.update({run.id: run for run in rows})
    return sorted(found.values(), key=lambda run: run.id, reverse=before is None)[:limit]


def _is_sought(filter: RunFilter) -> bool:
    """Whether runs that fit may be rare, and no index knows where they are."""
    if _is_related(filter) or _is_tagged(filter) or _is_unusual(filter):
        return False
    lists = (
        filter.task, filter.queue, filter.machine, filter.region, filter.status, filter.shown, filter.worker, filter.version,
        filter.outcome,
    )  # fmt: skip
    one = (filter.is_test, filter.created_from, filter.text, filter.took_min_ms, filter.took_max_ms)
    return any(lists) or any(value is not None for value in one) or filter.roots_only


def _is_tagged(filter: RunFilter) -> bool:
    return bool(filter.tag) and filter.environment is not None


def _is_unusual(filter: RunFilter) -> bool:
    return bool(filter.shown) and _UNUSUAL.issuperset(filter.shown)


def _is_related(filter: RunFilter) -> bool:
    ids = (filter.parent_id, filter.root_id, filter.batch_id, filter.schedule_id, filter.bulk_id)
    return bool(filter.ids) or any(id is not None for id in ids)


def params(filter: RunFilter) -> dict[str, object]:
    """What the clause `wanted_run` takes."""
    lists = {
        "id": ("ids", filter.ids),
        "task": ("tasks", filter.task),
        "queue": ("queues", filter.queue),
        "machine": ("machines", filter.machine),
        "status": ("statuses", filter.status),
        "shown": ("shown", filter.shown),
        "tag": ("tags", filter.tag),
        "worker": ("workers", filter.worker),
        "outcome": ("outcomes", filter.outcome),
        "version": ("versions", filter.version),
        "region": ("regions", [msgspec.json.encode(region).decode() for region in filter.region]),
    }
    return {
        "environment": filter.environment,
        "created_from": filter.created_from,
        "created_to": filter.created_to,
        "roots_only": int(filter.roots_only),
        "parent_id": filter.parent_id,
        "root_id": filter.root_id,
        "batch_id": filter.batch_id,
        "schedule_id": filter.schedule_id,
        "bulk_id": filter.bulk_id,
        "pattern": None if filter.text is None else _pattern(filter.text),
        "took_min": filter.took_min_ms,
        "took_max": filter.took_max_ms,
        "as_of": filter.as_of,
        "is_test": None if filter.is_test is None else int(filter.is_test),
        **{f"no_{one}": int(not names) for one, (_, names) in lists.items()},
        **{many: [[name] for name in names] for many, names in lists.values()},
    }


def _pattern(text: str) -> str:
    """
    >>> _pattern("50%_Off!")
    '%50!%!_off!!%'
    """
    escaped = re.sub(r"([!%_])", r"!\1", text.lower())
    return f"%{escaped}%"
