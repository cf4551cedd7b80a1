"""Reports of runs: as a page that stands alone, as JSON, as CSV."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.report import POLICY, Report, gather, write_page, write_sheet
from runcast.api.routes.runs import find_run, show
from runcast.api.times import moment
from runcast.api.views.detail import show_artifact, show_entry, show_log, show_usage
from runcast.api.views.trace import show_flat
from runcast.domain.errors import InvalidInput

Format = Annotated[str, QueryParameter(name="format", description="`html`, `json` or `csv`.")]
_KINDS = {"html": "text/html", "json": "application/json", "csv": "text/csv"}


@get(
    "/api/v1/runs/{run_id:str}/report",
    responses={200: ResponseSpec(bytes, generate_examples=False, description="The report", media_type="text/html")},
    tags=["Runs"],
    summary="Report on a run",
)
async def report(run_id: FromPath[str], api: Api, caller: Caller, format: Format = "html") -> Response[bytes]:
    """Everything that happened in a run and below it, in one file that needs no server: to print, to send, to compute with."""
    caller.require("read")
    if format not in _KINDS:
        raise InvalidInput(f"format is one of {', '.join(_KINDS)}, got {format[:100]!r}")
    run = await find_run(api, caller, run_id)
    found = await gather(api, run, contents=format == "html")
    headers = {"content-disposition": f'{"inline" if format == "html" else "attachment"}; filename="{run.id}.{format}"'}
    match format:
        case "html":
            headers["content-security-policy"] = POLICY
            body = write_page(found).encode(errors="replace")
        case "csv":
            body = write_sheet(found).encode(errors="replace")
        case _:
            body = msgspec.json.encode(await _facts(api, found))
    return Response(body, media_type=_KINDS[format], headers=headers)


async def _facts(api: Api, found: Report) -> dict[str, Any]:
    """The same as what the API says of each part."""
    run = found.run
    return {
        "madeAt": moment(found.made_at),
        "run": await show(api, run),
        "usage": show_usage(found.usage),
        "journal": tuple(map(show_entry, found.entries)),
        "spans": tuple(map(show_flat, found.spans)),
        "logs": tuple(map(show_log, found.logs)),
        "artifacts": tuple(show_artifact(run.id, one.artifact) for one in found.exhibits),
        "truncated": found.is_truncated,
    }


ROUTES = [report]
