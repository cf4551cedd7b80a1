"""`POST /api/v1/tasks/{task}/trigger`."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath

from runcast.api.admit import admit, request_digest
from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.stored import fetch_payload
from runcast.api.trigger import TriggerBody, new_run
from runcast.domain.fits import misfit
from runcast.store import registered

_NOTHING, _NO_ARGUMENTS = "null", "{}"


class TriggeredView(msgspec.Struct, frozen=True, rename="camel"):
    """The run of a trigger."""

    id: str
    is_cached: bool
    """An idempotency key or a debounce key named a run that existed."""


@post("/api/v1/tasks/{task:str}/trigger", status_code=200, tags=["Tasks"], summary="Trigger a task")
async def trigger(
    task: FromPath[str], data: TriggerBody, request: Request[Any, Any, Any], api: Api, caller: Caller
) -> Response[TriggeredView]:
    """Store a run; it is on disk when the answer comes. `x-trigger-jwt` in the response reads that run."""
    caller.require("trigger", f"tasks:{task}")
    payload, options = await fetch_payload(api, caller, data.payload, data.options)
    run = new_run(task, payload, options, environment=caller.environment)
    if data.check_payload:
        await _check_payload(api, caller, task, run.payload)
    parent_id = None if options is None else options.parent_run_id
    digest = request_digest(request, caller.environment, f"trigger {task}")
    triggered = await admit(api, caller, run, parent_id=parent_id, digest=digest)
    headers = api.handle_headers(
        caller.environment, [f"read:runs:{triggered.id}", f"write:inputStreams:{triggered.id}"]
    )
    return Response(TriggeredView(triggered.id, triggered.cached), headers=headers)


async def _check_payload(api: Api, caller: Caller, task: str, payload: str) -> None:
    """Raises a 422 that says where a payload cannot fit. A task that no worker has declared takes any."""
    known = await api.engine.store.read(partial(registered.find_task, caller.environment, task))
    if known is None:
        return
    schema = known.info.schema
    # Nothing is no arguments.
    what = misfit(schema, payload) and misfit(schema, _NO_ARGUMENTS if payload == _NOTHING else payload)
    if what:
        raise Refused(422, f"the payload does not fit task {task!r}: {what}", code="invalid_payload", param="payload")


ROUTES = [trigger]
