"""Which extensions are installed, and where their pages are."""

from __future__ import annotations

import msgspec
from litestar import get

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.domain.nav import NavItem


class AppView(msgspec.Struct, frozen=True, rename="camel"):
    """An extension."""

    name: str
    nav: tuple[NavItem, ...]
    """Its places in the navigation."""
    has_routes: bool
    """It answers below `/api/<name>`."""


class AppList(msgspec.Struct, frozen=True):
    """All of them, by name."""

    data: tuple[AppView, ...]


@get("/api/v1/apps", tags=["Overviews"], summary="List installed extensions")
async def list_apps(api: Api, caller: Caller) -> AppList:
    """What the dashboard's navigation shows beside its own pages."""
    caller.require("read")
    apps = sorted(api.engine.extensions.installed, key=lambda app: app.name)
    return AppList(tuple(AppView(app.name, app.nav, app.routes is not None) for app in apps))


ROUTES = [list_apps]
