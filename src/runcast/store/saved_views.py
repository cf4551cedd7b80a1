"""Saved views: each name stands once for the filters of a list in an environment."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.limits import SAVED_VIEWS_MAX
from runcast.domain.saved_view import SavedView
from runcast.store.script import Script, call


def saved_views(environment: str, *, list: str | None = None) -> Script[Sequence[SavedView]]:
    """The oldest first; of all lists, or of one."""
    limit = SAVED_VIEWS_MAX if list is not None else SAVED_VIEWS_MAX * 10
    rows: Sequence[SavedView] = yield call("saved_views", environment=environment, list=list, limit=limit)
    return rows


def get(environment: str, id: str) -> Script[SavedView]:
    """Raises `NotFound`."""
    found: SavedView | None = yield call("find_saved_view", environment=environment, id=id)
    if found is None:
        raise NotFound("no such view")
    return found


def add(environment: str, view: SavedView) -> Script[SavedView]:
    """Raises `Conflict` for a name that is taken, and when there are too many."""
    known = yield from saved_views(environment, list=view.list)
    if len(known) >= SAVED_VIEWS_MAX:
        raise Conflict(f"an environment has at most {SAVED_VIEWS_MAX} views of a list")
    yield from _put(environment, view)
    return view


def change(
    environment: str, id: str, now: int, *, name: str | None = None, filters: dict[str, str] | None = None
) -> Script[SavedView]:
    """Another name, or other filters. Raises `NotFound`, and `Conflict` for a name that is taken."""
    view = yield from get(environment, id)
    changed = msgspec.structs.replace(
        view,
        name=view.name if name is None else name,
        filters=view.filters if filters is None else filters,
        updated_at=now,
    )
    yield from _put(environment, changed)
    return changed


def drop(environment: str, id: str) -> Script[None]:
    """Raises `NotFound`."""
    yield from get(environment, id)
    yield call("drop_saved_view", environment=environment, id=id)


def _put(environment: str, view: SavedView) -> Script[None]:
    holder: str | None = yield call("id_of_saved_view", environment=environment, list=view.list, name=view.name)
    if holder not in (None, view.id):
        raise Conflict(f"there is a view {view.name!r} already: rename that one, or change it")
    filters = msgspec.json.encode(view.filters).decode()
    row = (view.id, environment, view.list, view.name, filters, view.created_by, view.created_at, view.updated_at)
    yield call("put_saved_view", rows=[row])
