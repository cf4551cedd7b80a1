"""How many runs: of a list, and in each state now. Counted up to a bound, so that the answer is quick."""

from __future__ import annotations

from functools import partial

import msgspec
from litestar import get
from litestar.di import Provide

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.routes.runs import LOOKED_MAX
from runcast.api.run_filter import RunQuery, read_query, require_list
from runcast.store import overview, run_lists
from runcast.store.overview import COUNTED_NOW_MAX

COUNTED_MAX = 10_000
_HOUR_MS = 3_600_000


class RunCountView(msgspec.Struct, frozen=True):
    """How many runs a list has."""

    count: int
    complete: bool
    """False: there may be more."""


class RunsNowView(msgspec.Struct, frozen=True, kw_only=True):
    """How many runs are in which state, each counted up to `limit`."""

    running: int
    """With those between two attempts."""
    queued: int
    waiting: int
    delayed: int
    failed: int
    """Of those that were created in the last hour."""
    limit: int


@get(
    "/api/v1/runs/count",
    tags=["Runs"],
    summary="Count the runs of a list",
    dependencies={"asked": Provide(RunQuery, sync_to_thread=False)},
)
async def count_all(asked: RunQuery, api: Api, caller: Caller) -> RunCountView:
    """How many `GET /api/v1/runs` has with the same filters, up to 10,000, among as many as one page of it looks at."""
    filter = read_query(asked, caller.environment, now_ms=api.now_ms())
    require_list(caller, () if filter is None else filter.task)
    if filter is None:
        return RunCountView(0, True)
    script = partial(run_lists.count_some, filter, maximum=COUNTED_MAX, looked_max=LOOKED_MAX)
    found = await api.engine.store.read(script)
    return RunCountView(found.count, found.complete)


@get("/api/v1/stats/now", tags=["Runs"], summary="Count runs by what they do now")
async def count_now(api: Api, caller: Caller) -> RunsNowView:
    """How many run, are queued and wait, and how many of the last hour failed; each up to a bound."""
    caller.require("read")
    since = api.now_ms() - _HOUR_MS
    now = await api.engine.store.read(partial(overview.runs_now, caller.environment, failed_since=since))
    return RunsNowView(
        running=min(now.running, COUNTED_NOW_MAX),
        queued=min(now.queued, COUNTED_NOW_MAX),
        waiting=now.waiting,
        delayed=now.delayed,
        failed=now.failed,
        limit=COUNTED_NOW_MAX,
    )


ROUTES = [count_all, count_now]
