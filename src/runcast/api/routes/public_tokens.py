"""Public tokens that were handed out: list them, and end one before its time."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import delete as delete_route
from litestar import get, post
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.times import moment
from runcast.domain.access import PublicToken, Revocation


class PublicTokenView(msgspec.Struct, frozen=True, rename="camel"):
    """A public token, without what admits."""

    id: str
    scopes: tuple[str, ...]
    """None: one that was listed nowhere until it was revoked."""
    created_at: datetime
    expires_at: datetime
    one_time_use: bool
    name: str | UnsetType = UNSET
    """What it is for."""
    made_by: str | UnsetType = UNSET
    """The key, or the person, that asked for it."""
    revoked_at: datetime | UnsetType = UNSET


class PublicTokenList(msgspec.Struct, frozen=True):
    data: tuple[PublicTokenView, ...]


class RevokeTokensBody(msgspec.Struct, frozen=True):
    """Which tokens: one by its text, or all that were made with a name."""

    token: str = ""
    name: str = ""


class RevokedView(msgspec.Struct, frozen=True):
    """How many admitted until now."""

    revoked: int


@get("/api/v1/auth/public-tokens", tags=["Tokens"], summary="List public tokens")
async def list_public_tokens(api: Api, caller: Caller) -> PublicTokenList:
    """Those of the environment that were asked for and have not ended, newest first, with those that were revoked. Tokens that
    come with a trigger are not listed."""
    caller.require("read")
    return PublicTokenList(tuple(map(_show, await api.engine.list_public_tokens(caller.environment))))


@delete_route(
    "/api/v1/auth/public-tokens/{token_id:str}", status_code=200, tags=["Tokens"], summary="Revoke a public token"
)
async def revoke_public_token(token_id: str, api: Api, caller: Caller) -> RevokedView:
    """It admits no more: through this server at once, through others within two seconds."""
    return await _revoke(api, caller, Revocation(caller.environment, id=token_id))


@post("/api/v1/auth/public-tokens/revoke", status_code=200, tags=["Tokens"], summary="Revoke public tokens")
async def revoke_public_tokens(data: RevokeTokensBody, api: Api, caller: Caller) -> RevokedView:
    """The one with this text, whether it is listed or came with a trigger; or all of a name."""
    return await _revoke(api, caller, Revocation(caller.environment, token=data.token, name=data.name))


async def _revoke(api: Api, caller: Caller, which: Revocation) -> RevokedView:
    caller.require("write")
    return RevokedView(await api.engine.revoke_public_tokens(which))


def _show(token: PublicToken) -> PublicTokenView:
    return PublicTokenView(
        token.id,
        token.scopes,
        moment(token.created_at),
        moment(token.expires_at),
        token.once,
        name=token.name or UNSET,
        made_by=token.made_by or UNSET,
        revoked_at=UNSET if token.revoked_at is None else moment(token.revoked_at),
    )


ROUTES = [list_public_tokens, revoke_public_token, revoke_public_tokens]
