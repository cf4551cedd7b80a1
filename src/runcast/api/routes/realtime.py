"""The realtime feeds: rows of one run, of a batch, of the runs with some tags."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import replace

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.feeds import BatchFeed, Feed, RunFeed, TagFeed, pinned
from runcast.api.realtime import Answer, Asked, read_offset
from runcast.api.trigger import read_duration
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.limits import TAG_CHARS_MAX, TAGS_MAX
from runcast.feed.following import runs_topic
from runcast.store import batches, news
from runcast.store.script import Script

LOOK_BACK_MS = 24 * 3_600_000
LOOK_BACK_MS_MAX = 30 * LOOK_BACK_MS
COLUMNS_MAX = 50
CLOSED = 499
"""The client went: nobody reads this."""

Offset = Annotated[
    str, QueryParameter(description="Where the client is, as the last answer said; `-1`: at the beginning.")
]
Live = Annotated[
    str, QueryParameter(description="`true`: hold the request until something changes, for about 20 seconds.")
]
Handle = Annotated[str, QueryParameter(description="As the last answer said.")]
Skip = Annotated[str, QueryParameter(name="skipColumns", description="Columns to leave out, with commas between.")]
Created = Annotated[
    str, QueryParameter(name="createdAt", description="Not older than this, such as `1h`; by default `24h`.")
]
_OPTIONS: dict[str, Any] = {"tags": ["Realtime"], "opt": {"streams": True}}


@get("/realtime/v1/runs/{run_id:str}", summary="Follow a run", **_OPTIONS)
async def follow_run(
    run_id: FromPath[str],
    request: Request[Any, Any, Any],
    api: Api,
    caller: Caller,
    offset: Offset = "-1",
    live: Live = "",
    skip: Skip = "",
) -> Response[bytes]:
    """Rows of one run (the Electric protocol). A run that does not exist is waited for before it is a 404."""
    await api.admit_reader(caller, run_id, request.receive)
    return await _answer(api, RunFeed(caller.environment, run_id), request, _asked(caller, offset, live, skip))


@get("/realtime/v1/batches/{batch_id:str}", summary="Follow a batch", **_OPTIONS)
async def follow_batch(
    batch_id: FromPath[str],
    request: Request[Any, Any, Any],
    api: Api,
    caller: Caller,
    offset: Offset = "-1",
    live: Live = "",
    skip: Skip = "",
) -> Response[bytes]:
    """Rows of the runs of a batch."""
    caller.require("read", f"batch:{batch_id}", "runs")
    found = await api.engine.store.read(partial(_batch, batch_id))
    if found is None or found[0] != caller.environment:
        raise NotFound("Batch not found")
    feed = BatchFeed(batch_id, frozenset(found[1]))
    return await _answer(api, feed, request, _asked(caller, offset, live, skip))


@get("/realtime/v1/runs", summary="Follow runs by tag", **_OPTIONS)
async def follow_tagged(
    request: Request[Any, Any, Any],
    api: Api,
    caller: Caller,
    offset: Offset = "-1",
    live: Live = "",
    skip: Skip = "",
    handle: Handle = "",
    tags: FromQuery[str] = "",
    created: Created = "",
) -> Response[bytes]:
    """Rows of the runs that have all of the tags; without tags, of all runs."""
    wanted = tuple(dict.fromkeys(tag for one in tags.split(",") if (tag := one.strip()[:TAG_CHARS_MAX])))[:TAGS_MAX]
    caller.require("read", "runs", "tags", *(f"tags:{tag}" for tag in wanted))
    created_from = pinned(handle, caller.environment, wanted)
    asked = _asked(caller, offset, live, skip)
    if created_from is None:
        created_from = api.now_ms() - _look_back(created)
        # Whose handle is of another filter begins anew.
        asked = replace(asked, place=None)
    topic = runs_topic(caller.environment)
    feed = (
        TagFeed.of(caller.environment, wanted, created_from)
        if wanted
        else TagFeed(caller.environment, (), created_from, topic)
    )
    return await _answer(api, feed, request, asked)


def _batch(batch_id: str) -> Script[tuple[str, list[str]] | None]:
    environment = yield from batches.environment_of(batch_id)
    return None if environment is None else (environment, (yield from news.outside_members(batch_id)))


def _asked(caller: Caller, offset: str, live: str, skip: str) -> Asked:
    columns = caller.skip_columns or tuple(name for one in skip.split(",") if (name := one.strip()))
    return Asked(read_offset(offset), live.lower() == "true", tuple(sorted(columns[:COLUMNS_MAX])))


def _look_back(text: str) -> int:
    try:
        asked = read_duration(text, "createdAt") if text else LOOK_BACK_MS
    except InvalidInput:
        # An error here is not seen by a client of a feed: it would wait for ever.
        asked = LOOK_BACK_MS
    return min(asked, LOOK_BACK_MS_MAX)


async def _answer(api: Api, feed: Feed, request: Request[Any, Any, Any], asked: Asked) -> Response[bytes]:
    answer = await api.realtime.answer(feed, asked, request.receive)
    if answer is None:
        answer = Answer({}, b"", CLOSED)
    return Response(answer.body, status_code=answer.status, headers=answer.headers, media_type="application/json")


ROUTES = [follow_run, follow_batch, follow_tagged]
