"""`/api/leads/{id}/share`: links for people without an account, and what they lead to."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from litestar import Response, delete, get, post
from litestar.response import ServerSentEvent, ServerSentEventMessage

from runcast import Caller, Client, InvalidInput, NotFound, transact
from runcast.apps.leads.reading import find_share, get_asset, get_lead, list_assets, list_shares
from runcast.apps.leads.routes.assets import Download, send
from runcast.apps.leads.rows import LeadRow
from runcast.apps.leads.shared import SHARED_KINDS, SharedLead, show_shared
from runcast.apps.leads.sharing import add_share, revoke_share
from runcast.apps.leads.views import ShareView, show_share

DAYS_MAX = 90
DAY_MS = 86_400_000
LOOK_S = 5
"""Of whoever follows, so often is asked whether the link still leads anywhere, also while nothing happens."""
_TOKEN = re.compile(r"[\w-]{32}", re.ASCII)


class ShareBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long the link is good."""

    expires_in_days: int = 7


class NewShare(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link; nobody can be told it again."""

    share: ShareView
    token: str
    path: str
    """In the dashboard: `/l/…`."""


class ShareList(msgspec.Struct, frozen=True):
    """Links to a lead."""

    data: list[ShareView]


@post("/{lead_id:str}/share", status_code=201, summary="Make a link to a lead")
async def share(lead_id: str, caller: Caller, data: ShareBody | None = None) -> NewShare:
    """Read-only, for people without an account."""
    days = (data or ShareBody()).expires_in_days
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput(f"a link is good for 1 to {DAYS_MAX} days, got {days}")
    token = secrets.token_urlsafe(24)
    row = await transact(add_share, caller.environment, lead_id, _digest(token), caller.name, days * DAY_MS)
    return NewShare(share=show_share(row), token=token, path=f"/l/{token}")


@get("/{lead_id:str}/shares", summary="List the links to a lead")
async def list_all(lead_id: str, caller: Caller) -> ShareList:
    """Newest first."""
    caller.require("write")
    await transact(get_lead, caller.environment, lead_id)
    return ShareList([show_share(row) for row in await transact(list_shares, lead_id)])


@delete("/{lead_id:str}/shares/{share_id:str}", status_code=204, summary="Revoke a link to a lead")
async def revoke(lead_id: str, share_id: str, caller: Caller) -> None:
    """It leads nowhere from now on."""
    await transact(revoke_share, caller.environment, lead_id, share_id)


@get("/shared/{token:str}", opt={"open": True}, summary="Look at a shared lead")
async def look(token: str) -> SharedLead:
    """For whoever has the link; no key is needed. The link is all that it lets one see."""
    return await _look(await _shared(token))


@get("/shared/{token:str}/live", opt={"open": True}, summary="Follow a shared lead")
async def follow(token: str) -> ServerSentEvent:
    """Server-sent events: the lead whenever it changes, as the request before has it; then `end`, when it has ended or the
    link was revoked. No key is needed."""
    row = await _shared(token)
    return ServerSentEvent(_changes(token, row), headers={"x-accel-buffering": "no"})


@get("/shared/{token:str}/assets/{asset:str}", opt={"open": True}, summary="Look at an asset of a shared lead")
async def content(token: str, asset: str, *, download: Download = False) -> Response[bytes]:
    """For whoever has the link; no key is needed."""
    row = await _shared(token)
    found = await transact(get_asset, row.id, asset)
    if found.kind not in SHARED_KINDS:
        raise NotFound(f"no asset {asset!r} of this lead")
    return send(found, download=download)


async def _changes(token: str, row: LeadRow) -> AsyncIterator[ServerSentEventMessage]:
    """What is sent is read anew each time, through the link: none that was revoked meanwhile shows anything more."""
    told: SharedLead | None = None
    runs = Client().runs.subscribe(tag=f"lead:{row.id}", environment=row.environment)
    with suppress(NotFound):
        async for _ in runs.with_heartbeats(f"{LOOK_S}s"):
            lead = await _look(await _shared(token))
            if lead != told:
                yield ServerSentEventMessage(data=msgspec.json.encode(lead).decode())
            told = lead
            if not lead.is_live:
                break
    yield ServerSentEventMessage(event="end", data="")


async def _look(row: LeadRow) -> SharedLead:
    return show_shared(row, await transact(list_assets, row.id))


async def _shared(token: str) -> LeadRow:
    """Raises `NotFound` for links that are none, have expired or were revoked: which, is nobody's business."""
    found = await transact(find_share, _digest(token)) if _TOKEN.fullmatch(token) else None
    if found is None:
        raise NotFound("this link leads nowhere: it has expired, or was revoked")
    return await transact(get_lead, "", found.lead_id)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


ROUTES = [share, list_all, revoke, look, follow, content]
