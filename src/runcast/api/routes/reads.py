"""What is and happens in an environment: tasks, workers, batches, alerts, errors by kind, counts over time."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import get
from litestar.di import Provide
from litestar.params import FromPath, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.filters import CreatedFrom, Period, created_range
from runcast.api.pages import PAGE_SIZE, After, Size, cursors
from runcast.api.pieces import asked_pieces
from runcast.api.views.error_group import ErrorGroupDetail, ErrorGroupList, show_group, show_whole_group
from runcast.api.views.overview import (
    AlertEventList,
    BatchList,
    StatsView,
    TaskList,
    show_batch,
    show_event,
    show_stats,
    show_task,
)
from runcast.api.views.tally import AllTaskStats, show_tally
from runcast.api.views.worker import WorkerList, show_worker
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import TASK_NAME_CHARS_MAX
from runcast.gateway import RunFilter
from runcast.store import history, overview, registered, run_lists
from runcast.store.history import Pieces
from runcast.store.overview_rows import ExecutingRun

WORKER_RUNS_MAX = 50

_PIECES = {"pieces": Provide(asked_pieces, sync_to_thread=False)}

Task = Annotated[str | None, QueryParameter(name="filter[taskIdentifier]", max_length=TASK_NAME_CHARS_MAX)]


@get("/api/v1/tasks", tags=["Tasks"], summary="List tasks")
async def list_tasks(api: Api, caller: Caller) -> TaskList:
    """The tasks that workers of the environment have declared, with the schema of their payloads."""
    caller.require("read")
    found = await api.engine.store.read(partial(registered.tasks, caller.environment))
    return TaskList(tuple(map(show_task, found)))


@get("/api/v1/workers", tags=["Workers"], summary="List workers")
async def list_workers(api: Api, caller: Caller) -> WorkerList:
    """The workers that are connected, and how much they do."""
    caller.require("read")
    found = await api.engine.store.read(partial(registered.workers, caller.environment))
    executed: dict[str, list[ExecutingRun]] = {}
    for run in await api.engine.store.read(partial(registered.executing, caller.environment)):
        executed.setdefault(run.worker_id, []).append(run)
    return WorkerList(
        tuple(
            show_worker(
                one,
                executed.get(one.id, [])[:WORKER_RUNS_MAX],
                api.engine.room_of(one.id),
                lease_ms=api.engine.settings.lease_ms,
            )
            for one in found
        )
    )


@get("/api/v1/batches", tags=["Batches"], summary="List batches")
async def list_batches(api: Api, caller: Caller, size: Size = PAGE_SIZE, after: After = None) -> BatchList:
    """Batches, newest first."""
    caller.require("read")
    found = await api.engine.store.read(partial(overview.batches, caller.environment, after=after, limit=size + 1))
    page = tuple(map(show_batch, found[:size]))
    return BatchList(page, cursors([one.id for one in page], newer=False, older=len(found) > size))


@get("/api/v1/alerts", tags=["Alerts"], summary="List events of alerts")
async def list_alerts(
    api: Api,
    caller: Caller,
    size: Size = PAGE_SIZE,
    after: After = None,
    alert: Annotated[str | None, QueryParameter(name="filter[alert]", description="The name of an alert.")] = None,
) -> AlertEventList:
    """What alerts were raised for, newest first."""
    caller.require("read")
    before = _seq(after)
    script = partial(overview.alert_events, caller.environment, alert=alert, before=before, limit=size + 1)
    found = await api.engine.store.read(script)
    page = tuple(map(show_event, found[:size]))
    return AlertEventList(page, cursors([one.id for one in page], newer=False, older=len(found) > size))


@get("/api/v1/errors", tags=["Runs"], summary="List errors by kind")
async def list_errors(
    api: Api,
    caller: Caller,
    task: Task = None,
    period: Period = "7d",
    since: CreatedFrom = None,
) -> ErrorGroupList:
    """The errors of failed runs: those that look the same are one, with a count. The last week, unless told otherwise."""
    caller.require("read")
    start, end = _error_range(api, period, since)
    found = await api.engine.store.read(
        partial(overview.error_groups, caller.environment, task=task or None, since=start)
    )
    return ErrorGroupList(tuple(show_group(group, start, end) for group in found.groups), found.complete)


@get("/api/v1/errors/{fingerprint:str}", tags=["Runs"], summary="Retrieve a kind of error")
async def retrieve_error(
    fingerprint: FromPath[str], api: Api, caller: Caller, period: Period = "7d", since: CreatedFrom = None
) -> ErrorGroupDetail:
    """One kind, with its newest runs, and the ids of up to 1,000 for a bulk action. 404 if it did not happen in that time."""
    caller.require("read")
    start, end = _error_range(api, period, since)
    found = await api.engine.store.read(partial(overview.error_groups, caller.environment, task=None, since=start))
    group = next((one for one in found.groups if one.fingerprint == fingerprint), None)
    if group is None:
        raise NotFound("This error has not happened in that time")
    ids = tuple(map(RunId, group.run_ids[:PAGE_SIZE]))
    filter = RunFilter(environment=caller.environment, ids=ids)
    page = await api.engine.store.read(partial(run_lists.page, filter, limit=PAGE_SIZE))
    return show_whole_group(group, page.runs, start, end, complete=found.complete)


@get("/api/v1/stats", tags=["Runs"], summary="Count runs over time", dependencies=_PIECES)
async def count_runs(pieces: Pieces, api: Api, caller: Caller, task: Task = None) -> StatsView:
    """How many runs were created when, by their status now. The last day, unless told otherwise."""
    caller.require("read")
    script = partial(history.histogram, caller.environment, pieces, task=task or None)
    return show_stats(await api.engine.store.read(script), pieces)


@get("/api/v1/stats/tasks", tags=["Runs"], summary="Count the runs of each task over time", dependencies=_PIECES)
async def count_by_task(pieces: Pieces, api: Api, caller: Caller, task: Task = None) -> AllTaskStats:
    """Counts by status, and how long completed runs executed. The last day, unless told otherwise."""
    caller.require("read")
    script = partial(history.task_tally, caller.environment, pieces, task=task or None)
    return show_tally(await api.engine.store.read(script), pieces)


def _error_range(api: Api, period: str | None, since: str | None) -> tuple[int, int]:
    now = api.now_ms()
    start, _ = created_range(None if since else period, since, None, now_ms=now)
    return start or 0, now + 1


def _seq(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15):
        raise InvalidInput(f"page[after] is the `next` of a page before, got {cursor!r}")
    return int(cursor)


ROUTES = [
    list_tasks,
    list_workers,
    list_batches,
    list_alerts,
    list_errors,
    retrieve_error,
    count_runs,
    count_by_task,
]
