"""Saved views: filters of lists under a name, shared by the people of an environment."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

import msgspec
from litestar import delete as delete_route
from litestar import get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.times import moment
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import VIEW_FILTER_CHARS_MAX, VIEW_FILTERS_MAX, VIEW_NAME_CHARS_MAX
from runcast.domain.saved_view import SavedView
from runcast.sdk.fresh_ids import fresh_id
from runcast.store import saved_views

ListName = Literal["runs", "errors", "batches", "schedules", "queues", "leads"]
_PATH = "/api/v1/views"


class NewViewBody(msgspec.Struct, frozen=True):
    """A view to be saved."""

    name: str
    filters: dict[str, str]
    """As the address of the list's page has them."""
    list: ListName = "runs"


class ViewChangeBody(msgspec.Struct, frozen=True):
    """What is to be different."""

    name: str | UnsetType = UNSET
    filters: dict[str, str] | UnsetType = UNSET


class SavedViewView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A view of a list."""

    id: str
    list: str
    name: str
    filters: dict[str, str]
    created_by: str | UnsetType = UNSET
    """Who saved it."""
    created_at: datetime
    updated_at: datetime


class SavedViewList(msgspec.Struct, frozen=True):
    """Views, in the order in which they were saved."""

    data: tuple[SavedViewView, ...]


@get(_PATH, tags=["Views"], summary="List saved views")
async def list_views(
    api: Api,
    caller: Caller,
    list: Annotated[ListName | None, QueryParameter(name="filter[list]", description="Of one list.")] = None,
) -> SavedViewList:
    """Those of the environment, for everybody who may look."""
    caller.require("read")
    found = await api.engine.store.read(partial(saved_views.saved_views, caller.environment, list=list))
    return SavedViewList(tuple(map(_show, found)))


@post(_PATH, status_code=200, tags=["Views"], summary="Save a view")
async def save_view(data: NewViewBody, api: Api, caller: Caller) -> SavedViewView:
    """A name stands for one view of a list: 422 if it is taken."""
    caller.require("write")
    now = api.now_ms()
    view = SavedView(
        id=fresh_id("view"),
        list=data.list,
        name=_check_name(data.name),
        filters=_check_filters(data.filters),
        created_by=caller.name or None,
        created_at=now,
        updated_at=now,
    )
    return _show(await api.engine.store.write(partial(saved_views.add, caller.environment, view)))


@patch(f"{_PATH}/{{view_id:str}}", tags=["Views"], summary="Rename a view, or change its filters")
async def change_view(view_id: FromPath[str], data: ViewChangeBody, api: Api, caller: Caller) -> SavedViewView:
    """What is left out stays."""
    caller.require("write")
    name = None if data.name is UNSET else _check_name(data.name)
    filters = None if data.filters is UNSET else _check_filters(data.filters)
    script = partial(saved_views.change, caller.environment, view_id, api.now_ms(), name=name, filters=filters)
    return _show(await api.engine.store.write(script))


@delete_route(f"{_PATH}/{{view_id:str}}", status_code=204, tags=["Views"], summary="Delete a view")
async def delete_view(view_id: FromPath[str], api: Api, caller: Caller) -> None:
    """Runs stay what they are."""
    caller.require("write")
    await api.engine.store.write(partial(saved_views.drop, caller.environment, view_id))


def _check_name(name: str) -> str:
    stripped = name.strip()
    if not 0 < len(stripped) <= VIEW_NAME_CHARS_MAX:
        raise InvalidInput(f"a view's name has 1 to {VIEW_NAME_CHARS_MAX} characters, got {len(stripped)}")
    return stripped


def _check_filters(filters: dict[str, str]) -> dict[str, str]:
    if len(filters) > VIEW_FILTERS_MAX:
        raise InvalidInput(f"a view has at most {VIEW_FILTERS_MAX} filters, got {len(filters)}")
    longest = max((len(text) for pair in filters.items() for text in pair), default=0)
    if longest > VIEW_FILTER_CHARS_MAX:
        raise InvalidInput(f"a filter of a view has at most {VIEW_FILTER_CHARS_MAX:,} characters, got {longest:,}")
    return filters


def _show(view: SavedView) -> SavedViewView:
    return SavedViewView(
        id=view.id,
        list=view.list,
        name=view.name,
        filters=view.filters,
        created_by=view.created_by or UNSET,
        created_at=moment(view.created_at),
        updated_at=moment(view.updated_at),
    )


ROUTES = [list_views, save_view, change_view, delete_view]
