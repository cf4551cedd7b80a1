"""What a page draws of a run: read once, then kept current by the live stream."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.pages import After
from runcast.api.routes.runs import find_run
from runcast.api.views.timeline import TimelinePartsView, TimelineView, read_next, show_parts, show_timeline
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import TIMELINE_PARTS_MAX
from runcast.store import timeline as stored

Of = Annotated[str, QueryParameter(description="Ids of runs of the tree, with commas between.")]


@get("/api/v1/runs/{run_id:str}/timeline", tags=["Traces"], summary="Read the timeline of a run")
async def timeline(run_id: FromPath[str], api: Api, caller: Caller) -> TimelineView:
    """The run with those below it, compact, and what is within the first of them. Follow `trace:` from its `seq` on."""
    caller.require("read")
    run = await find_run(api, caller, run_id)
    return show_timeline(await api.engine.store.read(partial(stored.timeline, run)), run.root_id)


@get("/api/v1/runs/{run_id:str}/timeline/parts", tags=["Traces"], summary="Read what is within runs of a timeline")
async def parts(run_id: FromPath[str], api: Api, caller: Caller, of: Of, after: After = None) -> TimelinePartsView:
    """Attempts, journal entries and tries of steps. With many entries in pages, of one run at once."""
    caller.require("read")
    run = await find_run(api, caller, run_id)
    ids = list(dict.fromkeys(filter(None, of.split(","))))
    if not 0 < len(ids) <= TIMELINE_PARTS_MAX:
        raise InvalidInput(f"of names 1 to {TIMELINE_PARTS_MAX} runs, got {len(ids)}")
    found = await api.engine.store.read(partial(stored.parts_of, run, ids, after=read_next(after)))
    return TimelinePartsView(tuple(map(show_parts, found)))


ROUTES = [timeline, parts]
