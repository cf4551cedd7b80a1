"""The live stream, and the state that it goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp

from runcast.api.auth import still_admits
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.live import Asked, Snapshot, read_event_id, read_pace, serve, take_snapshot
from runcast.api.topics import Topic, read_topics
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId

Topics = Annotated[
    str,
    QueryParameter(
        description="With commas between: `run:ID`, `tree:ID`, `trace:ID`, `batch:ID`, `tag:NAME`, `runs`, `topic:NAME`."
    ),
]
Pace = Annotated[str, QueryParameter(description="Milliseconds between two events: 16, or 1000 for a hidden page.")]
LastId = Annotated[
    str, HeaderParameter(name="Last-Event-ID", description="The id of the last event that the client has.")
]
AskedId = Annotated[str, QueryParameter(name="lastEventId", description="The same, where no header can be sent.")]
_OPTIONS: dict[str, Any] = {"tags": ["Live"]}


@get("/api/v1/live", summary="Follow what changes", media_type="text/event-stream", opt={"streams": True}, **_OPTIONS)
async def follow(
    api: Api,
    caller: Caller,
    request: Request[Any, Any, Any],
    topics: Topics = "",
    pace: Pace = "",
    last_id: LastId = "",
    asked_id: AskedId = "",
) -> ASGIApp:
    """Server-sent events; data is a list of entries `{t, seq, kinds, d}`, each a run that changed in its newest state.
    Of a `trace:` it has `parts`, too: which entries of its journal changed, and which tries of steps.

    `event: reset` means that too much changed, or too long ago: take a snapshot, and go on from its `seq`.
    """
    wanted = read_topics(topics, caller.environment)
    await _require_topics(api, caller, wanted)
    api.live.check_room()
    since = read_event_id(last_id or asked_id)
    asked = Asked(caller.environment, wanted, since, read_pace(pace), tuple(sorted(caller.skip_columns)))
    app: ASGIApp = serve(api.live, asked, partial(still_admits, api, request, caller))
    return app


@get("/api/v1/live/snapshot", summary="What to follow, as it is", **_OPTIONS)
async def snapshot(api: Api, caller: Caller, topics: Topics = "") -> Snapshot:
    """The runs of the topics, and the position from which the live stream goes on."""
    wanted = read_topics(topics, caller.environment)
    await _require_topics(api, caller, wanted)
    return await take_snapshot(api.engine, wanted, sorted(caller.skip_columns))


async def _require_topics(api: Api, caller: Caller, topics: Sequence[Topic]) -> None:
    """Raises a 403 or 404 unless the caller may follow all of them. Runs are read only where their id is not enough."""
    for topic in topics:
        match topic.kind:
            case "run":
                await _require_run(api, caller, topic.name)
            case "batch":
                caller.require("read", f"batch:{topic.name}", "runs")
            case "tag":
                caller.require("read", f"tags:{topic.name}", "tags", "runs")
            case "topic":
                caller.require("read", f"topics:{topic.name}")
            case "trace":
                # What is within runs is for secret keys, here as in what is asked for.
                caller.require("read")
            case _:
                # Also a tree: whoever may read a run may not read all that it triggers.
                caller.require("read", "runs")


async def _require_run(api: Api, caller: Caller, run_id: str) -> None:
    # Runs of other environments are never shown, so whoever is granted this id need not be told whether it exists.
    if caller.may("read", (f"runs:{run_id}",)) or api.readers.may_read(caller, run_id):
        return
    run = await api.engine.find_run(RunId(run_id))
    if run is None or run.environment != caller.environment:
        raise NotFound("Run not found")
    api.readers.require(caller, run)


ROUTES = [follow, snapshot]
