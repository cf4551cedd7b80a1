"""Finds out who asks. A guard of the whole app: a route is open only if it says so (`opt={"open": True}`)."""

from __future__ import annotations

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from msgspec.structs import replace

from runcast.api.caller import Caller
from runcast.api.context import Api, find_api
from runcast.api.errors import Refused
from runcast.api.own_pages import is_of_own_page, is_of_this_machine
from runcast.api.sign_in import COOKIE
from runcast.domain.access import Role, check_environment
from runcast.domain.errors import RuncastError
from runcast.domain.tokens import looks_like_token

Connection = ASGIConnection[Any, Any, Any, Any]
ENVIRONMENT_HEADER = "x-runcast-environment"
"""Where people, who may be everywhere, are; or the parameter `environment` of the URL, where no header can be sent."""
ADDRESS_CHARS_MAX = 64
_CALLER = "runcast.caller"


async def authenticate(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard: leaves the caller where `find_caller` finds it, or raises a 401."""
    if handler.opt.get("open"):
        return
    api = find_api(connection.scope)
    scope: dict[str, Any] = connection.scope  # type: ignore[assignment]
    scope[_CALLER] = await identify(api, connection)


def find_caller(scope: Any) -> Caller:
    """Who asks, for routes with a parameter `caller`."""
    caller = scope.get(_CALLER)
    assert isinstance(caller, Caller), "an open route has no caller"
    return caller


def address_of(connection: Connection) -> str:
    """From where a request comes; a proxy on this machine is believed."""
    # What a proxy passes on may be of any length.
    return connection.client.host[:ADDRESS_CHARS_MAX] if connection.client is not None else ""


async def identify(api: Api, connection: Connection) -> Caller:
    """Who asks, and where. Raises `Refused`."""
    caller = await _identify(api, connection)
    return _placed(caller, connection) if caller.everywhere else caller


async def _identify(api: Api, connection: Connection) -> Caller:
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    bearer = bearer.strip()
    if scheme.lower() == "bearer" and bearer:
        try:
            return await (_by_token if looks_like_token(bearer) else _by_key)(api, bearer)
        except Refused:
            _count_stranger(api, address_of(connection))
            raise
    person = await _by_cookie(api, connection)
    if person is not None:
        return person
    if api.settings.local and is_of_this_machine(api.settings, connection):
        return Caller(api.settings.environment, Role.ADMIN, name="this machine", everywhere=True)
    raise Refused(401, "Invalid or Missing API Key: send `Authorization: Bearer KEY`")


async def _by_key(api: Api, key: str) -> Caller:
    if api.settings.local and hmac.compare_digest(key.encode(errors="replace"), api.local_key().encode()):
        return Caller(api.settings.environment, Role.ADMIN, name="runcast dev")
    found = await api.keys.find(key)
    if found is None:
        raise Refused(401, "Invalid or Missing API Key")
    return Caller(found.environment, found.role, name=found.name, key_id=found.id)


async def _by_token(api: Api, token: str) -> Caller:
    caller = api.tokens.read(token, now_s=api.now_s())
    if caller.token_id in await api.revoked_tokens.get():
        raise Refused(401, "Public token was revoked", code="token_revoked")
    return caller


async def _by_cookie(api: Api, connection: Connection) -> Caller | None:
    cookie = connection.cookies.get(COOKIE)
    person = await api.sign_ins.find(cookie) if cookie else None
    if person is None:
        return None
    if not is_of_own_page(api.base_url, connection):
        raise Refused(403, "A page of another origin may not act for who signed in here", code="cross_origin")
    return Caller(api.settings.environment, person.role, name=person.email, everywhere=True, person_id=person.id)


async def still_admits(api: Api, connection: Connection, caller: Caller) -> bool:
    """Whether who was let in some time ago would be now, as the same: keys are revoked, tokens expire, people sign out."""
    try:
        return await identify(api, connection) == caller
    except Refused:
        return False
    except RuncastError:
        # The database is away: nobody can say.
        return True


def _placed(caller: Caller, connection: Connection) -> Caller:
    """The caller, in the environment that the request names."""
    named = connection.headers.get(ENVIRONMENT_HEADER) or connection.query_params.get("environment")
    return replace(caller, environment=check_environment(named)) if named else caller


def _count_stranger(api: Api, address: str) -> None:
    """Raises a 429 instead of a 401 where too many failed: whoever has a key that admits is never held up."""
    if wait_ms := api.strangers.wait_ms(address):
        after_s = str(-(-wait_ms // 1000))
        raise Refused(429, f"Too many keys that are none: again in {after_s} s", **{"retry-after": after_s})
    api.strangers.add(address)
