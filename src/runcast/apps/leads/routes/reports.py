"""`/api/leads/{id}/report` and `/batches/{id}/report`: to keep and to hand on."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import QueryParameter

from runcast import Caller, transact
from runcast.apps.leads.detail import find_detail
from runcast.apps.leads.reading import get_asset
from runcast.apps.leads.report import csv_report, html_report, json_report
from runcast.apps.leads.routes.assets import POLICY, Download
from runcast.apps.leads.routes.batches import rows_of
from runcast.apps.leads.views import show_detail

Format = Annotated[Literal["html", "json", "csv"], QueryParameter(name="format", description="html, json or csv.")]
_TYPES = {"html": "text/html", "json": "application/json", "csv": "text/csv"}


@get("/{lead_id:str}/report", summary="Report of a lead")
async def of_lead(
    lead_id: str, caller: Caller, *, format: Format = "html", download: Download = False
) -> Response[bytes]:
    """A page that needs nothing else, or the same for programs."""
    lead = await find_detail(caller.environment, lead_id)
    if format == "csv":
        return _send(csv_report([lead]).encode(), f"{lead.slug}.csv", download=download)
    assets = await asyncio.gather(*(transact(get_asset, lead.id, asset.id) for asset in lead.assets))
    body = json_report(lead, assets) if format == "json" else html_report(lead, assets).encode()
    return _send(body, f"{lead.slug}.{format}", download=download)


@get("/batches/{batch_id:str}/report", summary="Report of a batch of leads")
async def of_batch(batch_id: str, caller: Caller) -> Response[bytes]:
    """A CSV with a row for each step of each lead."""
    rows = await rows_of(caller.environment, batch_id)
    leads = [show_detail(row, [], [], {}, now_ms=0) for row in rows]
    return _send(csv_report(leads).encode(), f"{batch_id}.csv", download=True)


def _send(body: bytes, name: str, *, download: bool) -> Response[bytes]:
    kind = name.rpartition(".")[2]
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    shown = "attachment" if download else "inline"
    headers = {
        "content-disposition": f'{shown}; filename="{ascii_name}"',
        "content-security-policy": POLICY,
    }
    return Response(body, media_type=f"{_TYPES[kind]}; charset=utf-8", headers=headers)


ROUTES = [of_lead, of_batch]
