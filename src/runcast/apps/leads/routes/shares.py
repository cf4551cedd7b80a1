"""`/api/leads/{id}/share`: links for people without an account, and what they lead to."""

from __future__ import annotations

import hashlib
import re
import secrets

import msgspec
from litestar import Response, delete, get, post

from runcast import Caller, Client, InvalidInput, NotFound, transact
from runcast.apps.leads.detail import detail_of
from runcast.apps.leads.jobs import Known
from runcast.apps.leads.reading import find_share, get_asset, get_lead, list_shares
from runcast.apps.leads.routes.assets import Download, send
from runcast.apps.leads.rows import LeadRow
from runcast.apps.leads.sharing import add_share, revoke_share
from runcast.apps.leads.status import LIVE
from runcast.apps.leads.views import LeadDetail, ShareView, StepView, show_share

DAYS_MAX = 90
DAY_MS = 86_400_000
LIVE_TOKEN_MINUTES = 15
"""After a link is revoked, whoever looks at it follows the run for up to so long; the rest ends at once."""
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


class SharedLead(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A lead as a link shows it, without costs and without what was pasted. Who follows it live may read its runs, in which
    both can be found."""

    lead: LeadDetail
    live_token: str
    """A public token that follows the lead's runs for a quarter of an hour, and nothing else; empty: it has ended."""


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
    """For whoever has the link; no key is needed."""
    row = await _shared(token)
    detail = await detail_of(row)
    shown = msgspec.structs.replace(detail, known=Known(), cost_usd=0.0, steps=[_plain(one) for one in detail.steps])
    live = ""
    if shown.status in LIVE:
        live = await Client().create_public_token(
            f"read:tags:lead:{row.id}", expires=f"{LIVE_TOKEN_MINUTES}m", environment=row.environment
        )
    return SharedLead(lead=shown, live_token=live)


@get("/shared/{token:str}/assets/{asset:str}", opt={"open": True}, summary="Look at an asset of a shared lead")
async def content(token: str, asset: str, *, download: Download = False) -> Response[bytes]:
    """For whoever has the link; no key is needed."""
    row = await _shared(token)
    return send(await transact(get_asset, row.id, asset), download=download)


async def _shared(token: str) -> LeadRow:
    """Raises `NotFound` for links that are none, have expired or were revoked: which, is nobody's business."""
    found = await transact(find_share, _digest(token)) if _TOKEN.fullmatch(token) else None
    if found is None:
        raise NotFound("this link leads nowhere: it has expired, or was revoked")
    return await transact(get_lead, "", found.lead_id)


def _plain(step: StepView) -> StepView:
    return msgspec.structs.replace(step, cost_usd=None, wait_id="")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


ROUTES = [share, list_all, revoke, look, content]
