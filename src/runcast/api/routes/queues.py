"""Queues: how full they are, paused and resumed, their limits changed and reset."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal
from urllib.parse import unquote

import msgspec
from litestar import get, post
from litestar.params import FromPath, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.pages import PAGE_SIZE, Numbers, Page, PerPage, numbers
from runcast.api.trigger import read_duration
from runcast.api.views.queue import KeyLoadView, QueueType, QueueView, show_queue
from runcast.domain.errors import NotFound
from runcast.domain.queue import QueueChange, QueueState
from runcast.store import queue_pages, registered

NOT_FOUND = "queue-not-found"


class QueueList(msgspec.Struct, frozen=True):
    """A page of queues, by name."""

    data: tuple[QueueView, ...]
    pagination: Numbers


class KeyList(msgspec.Struct, frozen=True):
    """Concurrency keys, the busiest first."""

    data: tuple[KeyLoadView, ...]


class PauseBody(msgspec.Struct, frozen=True):
    """Whether the queue shall start runs."""

    action: Literal["pause", "resume"]
    type: QueueType | None = None


class OverrideBody(msgspec.Struct, frozen=True, rename="camel"):
    """How many of its runs may hold a slot, whatever the code says."""

    concurrency_limit: int
    type: QueueType | None = None
    expires_in: str | None = None
    """For how long, such as `1h`; then it is reset. Absent: until it is reset."""


class KeepBody(msgspec.Struct, frozen=True, rename="camel"):
    """For how long the limits that a person set shall go on."""

    expires_in: str | None = None
    """From now, such as `1h`; absent: until they are reset."""
    type: QueueType | None = None


class ResetBody(msgspec.Struct, frozen=True):
    """How the queue is named."""

    type: QueueType | None = None


@get("/api/v1/queues", tags=["Queues"], summary="List queues")
async def list_all(api: Api, caller: Caller, page: Page = 1, per_page: PerPage = PAGE_SIZE) -> QueueList:
    """Queues of the environment, by name."""
    caller.require("read")
    script = partial(queue_pages.page, caller.environment, (page - 1) * per_page, per_page)
    found = await api.engine.store.read(script)
    oldest = await api.engine.store.read(
        partial(queue_pages.heads, caller.environment, [queue.name for queue in found.queues])
    )
    shown = [await _show(api, queue, oldest[queue.name]) for queue in found.queues]
    return QueueList(tuple(shown), numbers(page, per_page, found.count))


@get("/api/v1/queues/{queue:str}", tags=["Queues"], summary="Retrieve a queue")
async def retrieve(
    queue: FromPath[str],
    api: Api,
    caller: Caller,
    type: Annotated[QueueType | None, QueryParameter(name="type")] = None,
) -> QueueView:
    """By its id, by its name (`type=custom`), or by the name of a task that uses it (`type=task`).

    A name in the address is encoded twice, so that it may contain slashes.
    """
    caller.require("read")
    return await _answer(api, caller, await _name(api, caller, queue, type))


@get("/api/v1/queues/{queue:str}/keys", tags=["Queues"], summary="List the concurrency keys of a queue")
async def list_keys(
    queue: FromPath[str],
    api: Api,
    caller: Caller,
    type: Annotated[QueueType | None, QueryParameter(name="type")] = None,
) -> KeyList:
    """The busiest hundred, with what each has queued and running."""
    caller.require("read")
    name = await _name(api, caller, queue, type)
    found = await api.engine.store.read(partial(queue_pages.keys, caller.environment, name))
    return KeyList(tuple(KeyLoadView(one.key, one.queued, one.executing) for one in found))


@post("/api/v1/queues/{queue:str}/pause", status_code=200, tags=["Queues"], summary="Pause or resume a queue")
async def pause(queue: FromPath[str], data: PauseBody, api: Api, caller: Caller) -> QueueView:
    """A paused queue starts nothing; what executes goes on."""
    return await _change(api, caller, queue, data.type, QueueChange(paused=data.action == "pause"))


@post(
    "/api/v1/queues/{queue:str}/concurrency/override",
    status_code=200,
    tags=["Queues"],
    summary="Override the concurrency limit of a queue",
)
async def override(queue: FromPath[str], data: OverrideBody, api: Api, caller: Caller) -> QueueView:
    """At least 1; to start nothing, pause. It outlives deploys and restarts, until it is reset or its time is over."""
    change = QueueChange(concurrency=data.concurrency_limit, for_ms=_for_ms(data.expires_in))
    return await _change(api, caller, queue, data.type, change)


@post(
    "/api/v1/queues/{queue:str}/concurrency/extend",
    status_code=200,
    tags=["Queues"],
    summary="Change how long an override lasts",
)
async def extend(queue: FromPath[str], data: KeepBody, api: Api, caller: Caller) -> QueueView:
    """The limits stay as they are. 400 for a queue of which nobody changed the limits."""
    return await _change(api, caller, queue, data.type, QueueChange(for_ms=_for_ms(data.expires_in)))


@post(
    "/api/v1/queues/{queue:str}/concurrency/reset",
    status_code=200,
    tags=["Queues"],
    summary="Reset the limits of a queue",
)
async def reset(queue: FromPath[str], data: ResetBody, api: Api, caller: Caller) -> QueueView:
    """Back to what the code declares."""
    return await _change(api, caller, queue, data.type, QueueChange(reset=True))


def _for_ms(text: str | None) -> int | None:
    return None if text is None else read_duration(text, "expiresIn")


async def _change(api: Api, caller: Caller, queue: str, type: QueueType | None, change: QueueChange) -> QueueView:
    caller.require("write")
    name = await _name(api, caller, queue, type)
    await _answer(api, caller, name)
    await api.engine.change_queue(name, change, environment=caller.environment)
    return await _answer(api, caller, name)


async def _answer(api: Api, caller: Caller, name: str) -> QueueView:
    environment = caller.environment
    found = await api.engine.store.read(partial(queue_pages.find, environment, name))
    if found is None:
        raise NotFound(NOT_FOUND)
    oldest = await api.engine.store.read(partial(queue_pages.heads, environment, [name]))
    return await _show(api, found, oldest[name])


async def _show(api: Api, queue: QueueState, oldest_at: int | None) -> QueueView:
    known = await api.engine.store.read(partial(registered.find_task, queue.environment, queue.name))
    return show_queue(queue, of_task=known is not None, oldest_at=oldest_at)


async def _name(api: Api, caller: Caller, queue: str, type: QueueType | None) -> str:
    """The name of the queue that an address means. Raises a 404."""
    text = unquote(queue)
    name: str | None
    match type or (QueueType.ID if text.startswith("queue_") else QueueType.CUSTOM):
        case QueueType.ID:
            name = await api.engine.store.read(partial(queue_pages.name_of, caller.environment, text))
        case QueueType.TASK:
            known = await api.engine.store.read(partial(registered.find_task, caller.environment, text))
            name = None if known is None else known.info.queue
        case _:
            name = text
    if name is None:
        raise NotFound(NOT_FOUND)
    return name


ROUTES = [list_all, retrieve, list_keys, pause, override, extend, reset]
