"""Runs: read and listed."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import Provide
from litestar.params import FromPath, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.filters import words
from runcast.api.pages import PAGE_SIZE, After, Before, Cursors, Size, check_cursors, cursors
from runcast.api.run_filter import RunQuery, read_query, require_list
from runcast.api.stored import with_addresses
from runcast.api.views.run import ListedRunView, WholeRunView, show_listed, show_whole
from runcast.domain.access import environment_of, split_environment
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId, make_id
from runcast.domain.origin import read_origin
from runcast.domain.run import Run
from runcast.domain.schedule import ScheduleId, ScheduleState
from runcast.gateway import RunFilter
from runcast.store import run_lists

CHILDREN_MAX = 50
"""Children that are shown with a run; `GET /api/v1/runs?filter[parent]=` lists all."""
LOOKED_MAX = 50_000
"""Runs that one answer looks at; a page that is not full by then says where the next one goes on."""
CLOCKS_MS = 3_600_000
"""By how much the clocks of clients may be ahead."""
_QUERY = {"asked": Provide(RunQuery, sync_to_thread=False)}


class RunList(msgspec.Struct, frozen=True):
    """A page of runs, newest first."""

    data: tuple[ListedRunView, ...]
    pagination: Cursors


async def find_run(api: Api, caller: Caller, run_id: str, *, action: str = "read") -> Run:
    """A run that the caller may read (or change). Raises a 404 for one of another environment, too."""
    run = await api.engine.find_run(RunId(run_id))
    if run is None or run.environment != caller.environment:
        raise NotFound("Run not found")
    resources = [f"runs:{run.id}", f"tasks:{run.task}"]
    if action == "read":
        resources += [f"tags:{tag}" for tag in run.tags]
        resources += [] if run.batch_id is None else [f"batch:{run.batch_id}"]
    caller.require(action, *resources)
    return run


@get("/api/v3/runs/{run_id:str}", tags=["Runs"], summary="Retrieve a run")
async def retrieve(run_id: FromPath[str], api: Api, caller: Caller) -> WholeRunView:
    """A run with payload, output, error, and those beside it in its tree."""
    return await show(api, await find_run(api, caller, run_id))


async def show(api: Api, run: Run) -> WholeRunView:
    """A run as it is retrieved."""
    root = None if run.root_id == run.id else await api.engine.find_run(run.root_id)
    parent = root if run.parent_id == run.root_id else None
    if run.parent_id is not None and parent is None:
        parent = await api.engine.find_run(run.parent_id)
    related = RunFilter(parent_id=run.id)
    children = await api.engine.store.read(partial(run_lists.page, related, limit=CHILDREN_MAX))
    usage = await api.engine.usage(run.id) if run.started_at is not None else None
    view = show_whole(
        run,
        root=root,
        parent=parent,
        children=children.runs,
        schedule=await _schedule_of(api, run),
        cost_nanos=0 if usage is None else sum(item.cost_nanos for item in usage.own.items),
    )
    return with_addresses(api, run, view)


async def _schedule_of(api: Api, run: Run) -> ScheduleState | None:
    schedule_id = read_origin(run.origin).schedule_id
    found = None if schedule_id is None else await api.engine.find_schedule(ScheduleId(schedule_id))
    # A program says itself what started its run.
    return found if found is not None and found.environment == run.environment else None


@get("/api/v1/runs", tags=["Runs"], summary="List runs", dependencies=_QUERY)
async def list_all(
    asked: RunQuery, api: Api, caller: Caller, size: Size = PAGE_SIZE, after: After = None, before: Before = None
) -> RunList:
    """Runs of the environment, newest first, without payloads and outputs.

    A page may have fewer than it could, even none, and a `next`: the look for what fits goes on there.
    """
    check_cursors(after, before)
    filter = read_query(asked, caller.environment, now_ms=api.now_ms())
    require_list(caller, () if filter is None else filter.task)
    if filter is None:
        return RunList((), Cursors())
    options = {} if filter.created_to is None else {"below": _first_after(filter.created_to)}
    script = partial(run_lists.page, filter, after=after, before=before, limit=size, looked_max=LOOKED_MAX, **options)
    page = await api.engine.store.read(script)
    ids = [run.id for run in page.runs]
    beside = await api.engine.store.read(partial(run_lists.beside, ids))
    shown = tuple(show_listed(run, beside.costs.get(run.id, 0), beside.children.get(run.id)) for run in page.runs)
    found = cursors(ids, newer=page.newer, older=page.older and page.reached is None)
    return RunList(shown, found if page.reached is None else msgspec.structs.replace(found, next=page.reached))


def _first_after(at_ms: int) -> str:
    """An id that no run has which was created before. Clients make ids, by their own clocks."""
    return make_id("run", at_ms=at_ms + CLOCKS_MS, chance=0)


@get(
    "/api/v1/projects/{ref:str}/runs",
    tags=["Runs"],
    summary="List runs of a project",
    dependencies={**_QUERY, "page": Provide(list_all.fn)},
)
async def list_of_project(
    ref: FromPath[str],
    page: RunList,
    caller: Caller,
    environments: Annotated[
        str | None, QueryParameter(name="filter[env]", description="`dev`, `staging`, `prod` or `preview`.")
    ] = None,
) -> RunList:
    """The same by the project's name. A key reads the environment that it is of."""
    slugs = words(environments, "filter[env]") or (split_environment(caller.environment)[1],)
    if any(environment_of(ref, slug) != caller.environment for slug in slugs):
        raise Refused(403, f"Unauthorized: this key is of the environment {caller.environment}", code="unauthorized")
    return page


ROUTES = [retrieve, list_all, list_of_project]
