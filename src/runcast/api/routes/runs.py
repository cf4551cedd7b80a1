"""Runs: read."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.stored import with_addresses
from runcast.api.views.run import WholeRunView, show_whole
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.gateway import RunFilter

CHILDREN_MAX = 50
"""Children that are shown with a run; `GET /api/v1/runs?filter[parent]=` lists all."""


async def find_run(api: Api, caller: Caller, run_id: str, *, action: str = "read") -> Run:
    """A run that the caller may read (or change). Raises a 404 for one of another environment, too."""
    run = await api.engine.find_run(RunId(run_id))
    if run is None or run.environment != caller.environment:
        raise NotFound("Run not found")
    tags = (f"tags:{tag}" for tag in run.tags)
    batch = () if run.batch_id is None else (f"batch:{run.batch_id}",)
    caller.require(action, f"runs:{run.id}", f"tasks:{run.task}", *tags, *batch)
    return run


@get("/api/v3/runs/{run_id:str}", tags=["Runs"], summary="Retrieve a run")
async def retrieve(run_id: FromPath[str], api: Api, caller: Caller) -> WholeRunView:
    """A run with payload, output, error, and those beside it in its tree."""
    run = await find_run(api, caller, run_id)
    root = None if run.root_id == run.id else await api.engine.find_run(run.root_id)
    parent = root if run.parent_id == run.root_id else None
    if run.parent_id is not None and parent is None:
        parent = await api.engine.find_run(run.parent_id)
    children = await api.engine.list_runs(RunFilter(parent_id=run.id), limit=CHILDREN_MAX)
    return with_addresses(api, run, show_whole(run, root=root, parent=parent, children=children.runs))


ROUTES = [retrieve]
