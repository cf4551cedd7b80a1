"""Large payloads and outputs: addresses to upload and to download them, and the uploads and downloads themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get, put
from litestar.params import FromPath

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.files import answer_file, below
from runcast.api.packets import PacketType
from runcast.api.presigned import Deed, Permit, presign, read_permit
from runcast.api.routes.runs import find_run
from runcast.api.stored import read_upload, split_stored_path, value_packet, value_url
from runcast.domain.errors import NotFound
from runcast.domain.file import FileKind, NewFile
from runcast.domain.ids import RunId
from runcast.domain.limits import UPLOAD_BYTES_MAX
from runcast.sdk.fresh_ids import fresh_id

_TYPES = frozenset({PacketType.JSON, PacketType.SUPERJSON, PacketType.TEXT})


class UploadView(msgspec.Struct, frozen=True, rename="camel"):
    """Where to upload, and what to say instead of the payload."""

    presigned_url: str
    storage_path: str


class DownloadView(msgspec.Struct, frozen=True, rename="camel"):
    """Where to download, without a key; good for ten minutes."""

    presigned_url: str


class Uploaded(msgspec.Struct, frozen=True):
    """An upload that is on disk."""

    size: int


@put("/api/v2/packets/{path:path}", status_code=200, tags=["Large values"], summary="Announce an upload")
async def announce(path: FromPath[Path], api: Api, caller: Caller) -> UploadView:
    """Where a large payload is uploaded. A trigger then names it by `storagePath`, with payloadType `application/store`."""
    caller.require("write")
    name = below(path)
    return UploadView(presign(api, Deed.PUT_PACKET, caller.environment, name), name)


@get("/api/v1/packets/{path:path}", tags=["Large values"], summary="Where a large value is downloaded")
async def locate(path: FromPath[Path], api: Api, caller: Caller) -> DownloadView:
    """An upload, for secret keys; or a value of a run, for whoever may read the run."""
    name = below(path)
    if (value := split_stored_path(name)) is not None:
        return await _locate_value(api, caller, *value)
    caller.require("read")
    if await api.engine.files.find(name, environment=caller.environment, kind=FileKind.PACKET) is None:
        raise NotFound(f"no upload {name[:200]!r}")
    return DownloadView(presign(api, Deed.GET_PACKET, caller.environment, name))


@get("/api/v1/runs/{run_id:str}/packets/{part:str}", tags=["Large values"], summary="Where a value is downloaded")
async def locate_value(run_id: FromPath[str], part: FromPath[str], api: Api, caller: Caller) -> DownloadView:
    """Where the `payload` or the `output` of a run is downloaded."""
    return await _locate_value(api, caller, run_id, part)


@put(
    "/api/v1/presigned/{token:str}",
    status_code=200,
    opt={"open": True},
    request_max_body_size=UPLOAD_BYTES_MAX,
    tags=["Large values"],
    summary="Upload to a presigned address",
)
async def upload(token: FromPath[str], api: Api, request: Request[Any, Any, Any]) -> Uploaded:
    """Keep a payload for a day, until a trigger names it."""
    permit = read_permit(api, token, Deed.PUT_PACKET)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise Refused(415, f"an upload is one of {', '.join(sorted(_TYPES))}, got {kind[:100]!r}")
    new = NewFile(fresh_id("file"), permit.name, kind, permit.environment)
    kept = await api.engine.files.put_stream(new, request.stream(), kind=FileKind.PACKET)
    return Uploaded(kept.size)


@get(
    "/api/v1/presigned/{token:str}",
    opt={"open": True, "streams": True},
    tags=["Large values"],
    summary="Download from a presigned address",
    media_type="application/octet-stream",
)
async def download(token: FromPath[str], api: Api, request: Request[Any, Any, Any]) -> Response[Any]:
    """The bytes, with exactly their content type."""
    permit = read_permit(api, token, Deed.GET_PACKET, Deed.GET_VALUE, Deed.GET_FILE)
    match permit.deed:
        case Deed.GET_FILE:
            return await answer_file(api, permit.environment, permit.name, request)
        case Deed.GET_PACKET:
            kind, data = await read_upload(api, permit.environment, permit.name)
        case _:
            kind, data = await _read_value(api, permit)
    # Said as a header: a media type of text would get a charset, which clients of the protocol do not understand.
    return Response(data, headers={"content-type": kind}, media_type="application/octet-stream")


async def _locate_value(api: Api, caller: Caller, run_id: str, part: str) -> DownloadView:
    run = await find_run(api, caller, run_id)
    value_packet(run, part)
    return DownloadView(value_url(api, run, part))


async def _read_value(api: Api, permit: Permit) -> tuple[str, bytes]:
    run_id, _, part = permit.name.rpartition("/")
    run = await api.engine.find_run(RunId(run_id))
    if run is None or run.environment != permit.environment:
        raise NotFound("Run not found")
    text, kind = value_packet(run, part)
    return kind, text.encode()


ROUTES = [announce, locate, locate_value, upload, download]
