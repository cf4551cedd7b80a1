"""What is and happens in an environment: tasks, workers, batches, alerts, errors by kind, counts over time."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.filters import CreatedFrom, CreatedTo, Period, created_range
from runcast.api.pages import PAGE_SIZE, After, Size, cursors
from runcast.api.views.overview import (
    AlertEventList,
    BatchList,
    ErrorGroupList,
    StatsView,
    TaskList,
    WorkerList,
    show_batch,
    show_event,
    show_group,
    show_stats,
    show_task,
    show_worker,
)
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import TASK_NAME_CHARS_MAX
from runcast.store import overview, registered

DAY_MS = 86_400_000
BUCKETS = 48
BUCKETS_MAX = 400

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
    return WorkerList(tuple(map(show_worker, found)))


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
    start, _ = created_range(None if since else period, since, None, now_ms=api.now_ms())
    script = partial(overview.error_groups, caller.environment, task=task or None, since=start or 0)
    found = await api.engine.store.read(script)
    return ErrorGroupList(tuple(map(show_group, found.groups)), found.complete)


@get("/api/v1/stats", tags=["Runs"], summary="Count runs over time")
async def count_runs(
    api: Api,
    caller: Caller,
    task: Task = None,
    period: Period = None,
    since: CreatedFrom = None,
    until: CreatedTo = None,
    buckets: Annotated[int, QueryParameter(name="buckets", ge=1, le=BUCKETS_MAX)] = BUCKETS,
) -> StatsView:
    """How many runs were created when, by their status now. The last day, unless told otherwise."""
    caller.require("read")
    now = api.now_ms()
    start, end = created_range(period, since, until, now_ms=now)
    end = now + 1 if end is None else end
    start = end - DAY_MS if start is None else start
    if not 0 <= start < end:
        raise InvalidInput("the time to count runs in has its start before its end, and both after 1970")
    width = max(1, -(-(end - start) // buckets))
    script = partial(overview.histogram, caller.environment, task=task or None, since=start, until=end, width=width)
    found = await api.engine.store.read(script)
    return show_stats(found, start, end, width)


def _seq(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15):
        raise InvalidInput(f"page[after] is the `next` of a page before, got {cursor!r}")
    return int(cursor)


ROUTES = [list_tasks, list_workers, list_batches, list_alerts, list_errors, count_runs]
