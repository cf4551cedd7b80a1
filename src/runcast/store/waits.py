"""Pages of waits, newest first."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.journal import Wait
from runcast.store.script import Script, call
from runcast.store.vital_rows import TaskOfRun

_OPEN = ("WAITING",)


class WaitFilter(msgspec.Struct, frozen=True):
    """Which waits of an environment. Empty fields do not restrict."""

    environment: str
    statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Any of them."""
    idempotency_key: str | None = None
    created_from: int | None = None
    created_to: int | None = None


class WaitPage(msgspec.Struct, frozen=True):
    """A page, and whether there are waits on either side of it."""

    waits: tuple[Wait, ...]
    newer: bool
    older: bool
    tasks: dict[str, str] = {}
    """By run: what asks."""


def page(filter: WaitFilter, *, after: str | None, before: str | None, limit: int) -> Script[WaitPage]:
    """The page that follows a wait, or the one in front of a wait."""
    is_open = filter == WaitFilter(filter.environment, statuses=_OPEN)
    wanted = {"environment": filter.environment} if is_open else _params(filter)
    rows: list[Wait]
    if before is not None:
        name = "open_waits_back" if is_open else "list_waits_back"
        rows = yield call(name, before=before, limit=limit + 1, **wanted)
    else:
        name = "newest_open_waits" if is_open else "list_waits"
        rows = yield call(name, after=after, limit=limit + 1, **wanted)
    more, shown = len(rows) > limit, rows[:limit]
    tasks = yield from tasks_of([wait.run_id for wait in shown if wait.run_id is not None])
    if before is not None:
        return WaitPage(tuple(reversed(shown)), newer=more, older=True, tasks=tasks)
    return WaitPage(tuple(shown), newer=after is not None, older=more, tasks=tasks)


def tasks_of(run_ids: Sequence[str]) -> Script[dict[str, str]]:
    """The tasks of runs."""
    if not run_ids:
        return {}
    rows: list[TaskOfRun] = yield call("tasks_of_runs", ids=[[id] for id in sorted(set(run_ids))])
    return {row.id: row.task for row in rows}


def _params(filter: WaitFilter) -> dict[str, object]:
    return {
        "environment": filter.environment,
        "no_status": int(not filter.statuses),
        "statuses": [[status] for status in filter.statuses],
        "no_tag": int(not filter.tags),
        "tags": [[tag] for tag in filter.tags],
        "key": filter.idempotency_key,
        "created_from": filter.created_from,
        "created_to": filter.created_to,
    }
