"""What is done to runs: cancel, replay, reschedule, tags; and idempotency keys that are forgotten."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Request, post
from litestar.params import FromPath

from runcast.api.admit import admit, request_digest
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.replay import ReplayBody, replayed
from runcast.api.routes.runs import find_run, show
from runcast.api.trigger import read_delay
from runcast.api.views.run import WholeRunView
from runcast.domain.errors import InvalidInput
from runcast.sdk.options import parse_tags
from runcast.store import metadata, requests

REPLAY = ReplayBody()


class RunReference(msgspec.Struct, frozen=True):
    """A run."""

    id: str


class CancelBody(msgspec.Struct, frozen=True):
    """How to cancel."""

    force: bool = False
    """Free the slots of bodies that have not ended, also of runs that ended before. Not for public tokens."""


class RescheduleBody(msgspec.Struct, frozen=True):
    """When a delayed run is to start."""

    delay: str
    """A duration from now such as `1h30m`, or a date."""


class TagsBody(msgspec.Struct, frozen=True):
    """Tags to be added."""

    tags: str | list[str]


class Message(msgspec.Struct, frozen=True):
    """What was done."""

    message: str


class ResetBody(msgspec.Struct, frozen=True, rename="camel"):
    """Whose key it is."""

    task_identifier: str


class KeyReference(msgspec.Struct, frozen=True):
    """An idempotency key."""

    id: str


@post("/api/v2/runs/{run_id:str}/cancel", status_code=200, tags=["Runs"], summary="Cancel a run")
async def cancel(run_id: FromPath[str], api: Api, caller: Caller, data: CancelBody | None = None) -> RunReference:
    """End a run with its live children; one that has ended stays as it is."""
    force = data is not None and data.force
    if force:
        caller.require("write")
    run = await find_run(api, caller, run_id, action="write")
    await api.engine.cancel([run.id], force=force)
    return RunReference(run.id)


@post("/api/v1/runs/{run_id:str}/replay", status_code=200, tags=["Runs"], summary="Replay a run")
async def replay(
    run_id: FromPath[str], request: Request[Any, Any, Any], api: Api, caller: Caller, data: ReplayBody | None = None
) -> RunReference:
    """Run a task again with the same payload and options, or with others. The journal starts empty."""
    caller.require("write")
    run = await find_run(api, caller, run_id, action="write")
    digest = request_digest(request, caller.environment, f"replay {run_id}")
    triggered = await admit(api, caller, replayed(run, data or REPLAY), digest=digest)
    return RunReference(triggered.id)


@post("/api/v1/runs/{run_id:str}/reschedule", status_code=200, tags=["Runs"], summary="Reschedule a run")
async def reschedule(run_id: FromPath[str], data: RescheduleBody, api: Api, caller: Caller) -> WholeRunView:
    """Move the start of a run that is delayed."""
    caller.require("write")
    run = await find_run(api, caller, run_id, action="write")
    try:
        delay_ms, start_at = read_delay(data.delay)
        if not data.delay:
            raise InvalidInput("it is empty")
    except InvalidInput as error:
        raise InvalidInput(f"Invalid delay: {error}") from error
    return await show(api, await api.engine.reschedule(run.id, delay_ms=delay_ms, start_at=start_at))


@post("/api/v1/runs/{run_id:str}/tags", status_code=200, tags=["Runs"], summary="Add tags to a run")
async def add_tags(run_id: FromPath[str], data: TagsBody, api: Api, caller: Caller) -> Message:
    """Up to 10 in all; those it has stay."""
    caller.require("write")
    run = await find_run(api, caller, run_id, action="write")
    given = [data.tags] if isinstance(data.tags, str) else data.tags
    tags = [tag for one in given for tag in parse_tags(one)]
    added = await api.engine.store.write(partial(metadata.add_tags, run.id, tags, api.now_ms()))
    return Message(f"The run has the tags {', '.join(added)}" if added else "The run has no tags")


@post(
    "/api/v1/idempotencyKeys/{key:str}/reset",
    status_code=200,
    tags=["Runs"],
    summary="Reset an idempotency key",
)
async def reset_key(key: FromPath[str], data: ResetBody, api: Api, caller: Caller) -> KeyReference:
    """The next trigger with this key makes a new run."""
    caller.require("write")
    script = partial(requests.forget_key, caller.environment, data.task_identifier, key, api.now_ms())
    await api.engine.store.write(script)
    return KeyReference(key)


ROUTES = [cancel, replay, reschedule, add_tags, reset_key]
