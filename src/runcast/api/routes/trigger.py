"""`POST /api/v1/tasks/{task}/trigger`."""

from __future__ import annotations

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.stored import fetch_payload
from runcast.api.trigger import TriggerBody, new_run


class TriggeredView(msgspec.Struct, frozen=True, rename="camel"):
    """The run of a trigger."""

    id: str
    is_cached: bool
    """An idempotency key or a debounce key named a run that existed."""


@post("/api/v1/tasks/{task:str}/trigger", status_code=200, tags=["Tasks"], summary="Trigger a task")
async def trigger(task: FromPath[str], data: TriggerBody, api: Api, caller: Caller) -> Response[TriggeredView]:
    """Store a run; it is on disk when the answer comes. `x-trigger-jwt` in the response reads that run."""
    caller.require("trigger", f"tasks:{task}")
    payload, options = await fetch_payload(api, caller, data.payload, data.options)
    run = new_run(task, payload, options, environment=caller.environment)
    (triggered,) = await api.engine.trigger([run])
    headers = api.handle_headers(
        caller.environment, [f"read:runs:{triggered.id}", f"write:inputStreams:{triggered.id}"]
    )
    return Response(TriggeredView(triggered.id, triggered.cached), headers=headers)


ROUTES = [trigger]
