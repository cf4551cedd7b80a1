"""Routes of extensions: below `/api/<name>`, for callers that were let in, with the engine that serves them around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

from litestar import Router
from litestar.handlers.base import BaseRouteHandler

from runcast.api.app_gateway import AppGateway, RequestDoor
from runcast.api.auth import Connection, find_caller
from runcast.api.context import find_api
from runcast.api.errors import Refused
from runcast.domain.errors import InvalidInput
from runcast.domain.transaction import App
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import Surroundings, surroundings

_BASE = "/api/"


class AppRoutes(NamedTuple):
    """What an extension answers. Equal for equal extensions, so that engines of a process share the app made of them."""

    name: str
    title: str
    handlers: Callable[[], Sequence[Any]]


def routes_of(apps: Iterable[App]) -> tuple[AppRoutes, ...]:
    """Of those that have any."""
    return tuple(
        AppRoutes(app.name, app.nav[0].title if app.nav else app.name, app.routes)
        for app in apps
        if app.routes is not None
    )


def app_routers(apps: Iterable[AppRoutes], own: Sequence[Any]) -> list[Router]:
    """A router for each. Raises `InvalidInput` for an app whose name is taken by the API itself."""
    taken = {path.removeprefix(_BASE).partition("/")[0] for route in own for path in route.paths}
    return [_router(app, {"docs", *taken}) for app in apps]


def _router(app: AppRoutes, taken: set[str]) -> Router:
    if app.name in taken:
        raise InvalidInput(f"extension {app.name!r} cannot have routes: {_BASE}{app.name} is of the API itself")

    async def surround(connection: Connection, handler: BaseRouteHandler) -> None:
        """A guard, after the one that finds the caller: from here on, a bare `trigger` means this engine."""
        surroundings.set(_around(app.name, connection, is_open=bool(handler.opt.get("open"))))

    return Router(_BASE + app.name, route_handlers=list(app.handlers()), guards=[surround], tags=[app.title])


def _around(name: str, connection: Connection, *, is_open: bool) -> Surroundings:
    api = find_api(connection.scope)
    if is_open:
        # The handler's own code decides who sees what.
        return Surroundings(RequestDoor(api.engine), api.settings.environment)
    caller = find_caller(connection.scope)
    if caller.role is None:
        raise Refused(403, "Unauthorized: this needs a secret key, or a person who signed in", code="unauthorized")
    # It has all of the protocol: what callers may not do, it refuses.
    gateway = cast(ClientGateway, AppGateway(api.engine, caller, api.engine.extensions.get(name)))
    return Surroundings(RequestDoor(gateway), caller.environment)
