"""Named concurrency limits of the official clients: there are none here, and whoever asks for one hears what to use."""

from __future__ import annotations

from typing import NoReturn

import msgspec
from litestar import get, post
from litestar.params import FromPath

from runcast.api.caller import Caller
from runcast.api.pages import PAGE_SIZE, Numbers, Page, PerPage, numbers
from runcast.domain.errors import NotFound


class NoLimits(msgspec.Struct, frozen=True):
    """An empty page."""

    data: tuple[str, ...]
    pagination: Numbers


@get("/api/v1/concurrency-limits", tags=["Queues"], summary="List named concurrency limits")
async def list_all(caller: Caller, page: Page = 1, per_page: PerPage = PAGE_SIZE) -> NoLimits:
    """There are none: limits belong to queues, see `GET /api/v1/queues`."""
    caller.require("read")
    return NoLimits((), numbers(page, per_page, 0))


@get("/api/v1/concurrency-limits/{name:str}", tags=["Queues"], summary="Retrieve a named concurrency limit")
async def retrieve(name: FromPath[str], caller: Caller) -> None:
    """There is none of any name: 404."""
    caller.require("read")
    _refuse(name)


@post(
    [
        "/api/v1/concurrency-limits/{name:str}/override",
        "/api/v1/concurrency-limits/{name:str}/pause",
        "/api/v1/concurrency-limits/{name:str}/reset",
    ],
    status_code=200,
    tags=["Queues"],
    summary="Change a named concurrency limit",
)
async def change(name: FromPath[str], caller: Caller) -> None:
    """There is none of any name: 404."""
    caller.require("write")
    _refuse(name)


def _refuse(name: str) -> NoReturn:
    raise NotFound(
        f"no concurrency limit {name[:100]!r}: limits are not shared by name here, each queue has its own "
        "(GET /api/v1/queues, POST /api/v1/queues/{queue}/concurrency/override)"
    )


ROUTES = [list_all, retrieve, change]
