"""Pages of runs in both directions, newest first, by whichever index knows the filter best. Without payloads and outputs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.ids import RunId
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.run import FINAL, Run, RunStatus
from runcast.gateway import RunFilter
from runcast.store.overview_rows import RunCost
from runcast.store.rows import Name
from runcast.store.script import Script, call

_UNUSUAL = frozenset(FINAL - {RunStatus.COMPLETED} | {RunStatus.WAITING, RunStatus.PENDING_VERSION, RunStatus.DELAYED})

_ACTIVE = frozenset({RunStatus.QUEUED, RunStatus.DEQUEUED, RunStatus.EXECUTING})
ACTIVE_RUNS_MAX = 2_000
"""Up to as many are looked up one by one; where there are more, the newest of all runs have a page full of them."""
_NOBODY = RunId("")
"""Among ids that are wanted: without any, all would be."""
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
    floor: str | None = None
    if looked_max is not None and before is None and _is_sought(narrow):
        floor = yield call("nth_run_after", after=after or below, count=looked_max)
    rows = yield from _rows(narrow, after, before, limit + 1, below, floor or "")
    found = tuple(sorted(rows, key=lambda run: run.id, reverse=before is None))[:limit]
    more = len(rows) > limit
    if before is not None:
        return RunsPage(tuple(reversed(found)), newer=more, older=True)
    if floor is not None and not more:
        return RunsPage(found, newer=after is not None, older=True, reached=floor)
    return RunsPage(found, newer=after is not None, older=more)


def count(filter: RunFilter, *, maximum: int) -> Script[int]:
    """How many there are, or the maximum."""
    filter = yield from _narrowed(filter)
    if _is_related(filter):
        name = "count_related"
    elif _is_tagged(filter):
        name = "count_tagged"
    else:
        name = "count_unusual" if _is_unusual(filter) else "count_wanted"
    found: int = yield call(name, limit=maximum, **params(filter))
    return found


def costs(run_ids: Sequence[str]) -> Script[dict[str, int]]:
    """What runs cost by themselves, in billionths of a dollar; those without a cost are left out."""
    rows: list[RunCost] = yield call("costs_of", ids=[[id] for id in run_ids])
    return {row.run_id: row.cost_nanos for row in rows}


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
    filter: RunFilter, after: str | None, before: str | None, limit: int, below: str, floor: str
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
    elif before is None and _is_unusual(filter):
        name, each = "unusual_after", [{"status": status} for status in filter.shown]
    if name == "runs_after":
        each = [{"floor": floor}]
    found: dict[str, Run] = {}
    for one in each:
        rows = yield call(name, limit=limit, **one, **place, **wanted)
        found.update({run.id: run for run in rows})
    return sorted(found.values(), key=lambda run: run.id, reverse=before is None)[:limit]


def _is_sought(filter: RunFilter) -> bool:
    """Whether runs that fit may be rare, and no index knows where they are."""
    if _is_related(filter) or _is_tagged(filter) or _is_unusual(filter):
        return False
    lists = (filter.task, filter.queue, filter.machine, filter.region, filter.status, filter.shown)
    return any(lists) or filter.is_test is not None or filter.created_from is not None or filter.roots_only


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
        "is_test": None if filter.is_test is None else int(filter.is_test),
        **{f"no_{one}": int(not names) for one, (_, names) in lists.items()},
        **{many: [[name] for name in names] for many, names in lists.values()},
    }
