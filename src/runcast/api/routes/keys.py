"""API keys: list, create, revoke, rotate. For admins."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import delete as delete_route
from litestar import get, post
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.keys import make_key
from runcast.api.times import moment
from runcast.api.trigger import read_duration
from runcast.domain.access import ApiKey, Role, check_environment
from runcast.domain.errors import NotFound


class KeyView(msgspec.Struct, frozen=True, rename="camel"):
    """A key, without what admits."""

    id: str
    environment: str
    role: Role
    name: str
    hint: str
    """Its last characters."""
    created_at: datetime
    used_at: datetime | UnsetType = UNSET
    expires_at: datetime | UnsetType = UNSET
    revoked_at: datetime | UnsetType = UNSET
    replaced_by: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    """What admits: told once, to who made it."""


class KeyPage(msgspec.Struct, frozen=True):
    data: tuple[KeyView, ...]


class NewKeyBody(msgspec.Struct, frozen=True, rename="camel"):
    """A key to be made. `expiresIn`: a duration such as `90d`."""

    name: str
    role: Role = Role.OPERATOR
    environment: str | None = None
    expires_in: str | None = None


class RotateBody(msgspec.Struct, frozen=True, rename="camel"):
    """How long the old key goes on, such as `1d`, and the new one."""

    overlap: str = "1d"
    expires_in: str | None = None


@get("/api/v1/keys", tags=["Keys"], summary="List keys")
async def list_keys(api: Api, caller: Caller) -> KeyPage:
    """Newest first, with those that were revoked lately. People see those of every environment."""
    caller.require("admin")
    return KeyPage(tuple(map(_show, await api.engine.access.list_keys(_confined(caller)))))


@post("/api/v1/keys", status_code=201, tags=["Keys"], summary="Create a key")
async def create_key(data: NewKeyBody, api: Api, caller: Caller) -> KeyView:
    """The only time that `key` is told."""
    caller.require("admin")
    environment = check_environment(data.environment or caller.environment)
    if not caller.everywhere and environment != caller.environment:
        raise NotFound("Environment not found")
    key, new = make_key(data.name, environment, data.role, _lifetime_ms(data.expires_in))
    return _show(await api.engine.access.add_key(new), key)


@delete_route("/api/v1/keys/{key_id:str}", status_code=200, tags=["Keys"], summary="Revoke a key")
async def revoke_key(key_id: str, api: Api, caller: Caller) -> KeyView:
    """It admits no more: through this server at once, through others within two seconds."""
    caller.require("admin")
    return _show(await api.engine.access.revoke_key(key_id, _confined(caller)))


@post("/api/v1/keys/{key_id:str}/rotate", status_code=201, tags=["Keys"], summary="Rotate a key")
async def rotate_key(key_id: str, data: RotateBody, api: Api, caller: Caller) -> KeyView:
    """Another key with the same name, role and environment; the old one goes on for a while."""
    caller.require("admin")
    old = next((one for one in await api.engine.access.list_keys(_confined(caller)) if one.id == key_id), None)
    if old is None:
        raise NotFound(f"no key {key_id}")
    key, new = make_key(old.name, old.environment, old.role, _lifetime_ms(data.expires_in))
    overlap_ms = read_duration(data.overlap, "overlap")
    return _show(await api.engine.access.rotate_key(key_id, new, overlap_ms, _confined(caller)), key)


def _confined(caller: Caller) -> str | None:
    return None if caller.everywhere else caller.environment


def _lifetime_ms(text: str | None) -> int | None:
    return None if text is None else read_duration(text, "expiresIn")


def _show(key: ApiKey, secret: str | None = None) -> KeyView:
    def moment_of(at: int | None) -> datetime | UnsetType:
        return UNSET if at is None else moment(at)

    return KeyView(
        key.id,
        key.environment,
        key.role,
        key.name,
        key.hint,
        moment(key.created_at),
        used_at=moment_of(key.used_at),
        expires_at=moment_of(key.expires_at),
        revoked_at=moment_of(key.revoked_at),
        replaced_by=key.replaced_by or UNSET,
        key=secret or UNSET,
    )


ROUTES = [list_keys, create_key, revoke_key, rotate_key]
