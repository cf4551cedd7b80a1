"""Finds out who asks. A guard of the whole app: a route is open only if it says so (`opt={"open": True}`)."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.domain.access import Role
from runcast.domain.tokens import looks_like_token

Connection = ASGIConnection[Any, Any, Any, Any]
_CALLER = "runcast.caller"


async def authenticate(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard: leaves the caller where `find_caller` finds it, or raises a 401."""
    if handler.opt.get("open"):
        return
    api: Api = connection.app.state.api
    scope: dict[str, Any] = connection.scope  # type: ignore[assignment]
    scope[_CALLER] = await _identify(api, connection)


def find_caller(scope: Any) -> Caller:
    """Who asks, for routes with a parameter `caller`."""
    caller = scope.get(_CALLER)
    assert isinstance(caller, Caller), "an open route has no caller"
    return caller


async def _identify(api: Api, connection: Connection) -> Caller:
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    bearer = bearer.strip()
    if scheme.lower() == "bearer" and bearer:
        if looks_like_token(bearer):
            return api.tokens.read(bearer, now_s=api.now_s())
        return await _by_key(api, bearer)
    if api.settings.local and is_of_this_machine(connection):
        return Caller(api.settings.environment, Role.ADMIN, name="this machine")
    raise Refused(401, "Invalid or Missing API Key: send `Authorization: Bearer KEY`")


async def _by_key(api: Api, key: str) -> Caller:
    if api.settings.local and hmac.compare_digest(key.encode(errors="replace"), api.local_key().encode()):
        return Caller("dev", Role.ADMIN, name="runcast dev")
    raise Refused(401, "Invalid or Missing API Key")


def is_of_this_machine(connection: Connection) -> bool:
    """From loopback, to a name of this machine, and from no page of another origin."""
    client = connection.client
    origin = connection.headers.get("origin")
    own = connection.headers.get("host", "")
    return (
        client is not None
        and _is_loopback(client.host)
        and _is_loopback(_host_name(own))
        and (origin is None or urlsplit(origin).netloc == own)
        and connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        and "x-forwarded-for" not in connection.headers
        and "forwarded" not in connection.headers
    )


def _host_name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
