"""`/api/leads/{id}/assets`: what was made."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from runcast import Caller, transact
from runcast.apps.leads.reading import get_asset, get_lead, list_assets
from runcast.apps.leads.rows import AssetContent
from runcast.apps.leads.views import AssetView, show_asset

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; font-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What was made may look like something, and do nothing."""

Download = Annotated[bool, QueryParameter(name="download", description="As a file, rather than to be looked at.")]


class AssetList(msgspec.Struct, frozen=True):
    """What was made for a lead."""

    data: list[AssetView]


@get("/{lead_id:str}/assets", summary="List a lead's assets")
async def list_all(lead_id: str, caller: Caller) -> AssetList:
    """Profile, research, e-mails and landing page, as far as they are made."""
    await transact(get_lead, caller.environment, lead_id)
    return AssetList([show_asset(row) for row in await transact(list_assets, lead_id)])


@get("/{lead_id:str}/assets/{asset:str}", summary="Retrieve the content of an asset")
async def content(lead_id: str, asset: str, caller: Caller, *, download: Download = False) -> Response[bytes]:
    """By id, or by name such as `landing.html`. It is shown without any rights: no script of it runs."""
    await transact(get_lead, caller.environment, lead_id)
    return send(await transact(get_asset, lead_id, asset), download=download)


def send(asset: AssetContent, *, download: bool) -> Response[bytes]:
    """An asset, which is data, whatever it looks like."""
    shown = "attachment" if download else "inline"
    headers = {
        "content-disposition": f"{shown}; filename*=UTF-8''{quote(asset.name, safe='')}",
        "content-security-policy": POLICY,
    }
    return Response(asset.content.encode(), media_type=f"{asset.content_type}; charset=utf-8", headers=headers)


ROUTES = [list_all, content]
