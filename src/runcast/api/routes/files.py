"""Files over HTTP: put, get, list and remove; and uploads in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, head, post, put
from litestar.params import FromPath, FromQuery, QueryParameter

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.files import answer_file, below, find_file
from runcast.api.presigned import Deed, presign
from runcast.api.views.file import FilePageLinks, FilePageView, FileView, show_file
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.file import FileKind, FileState, NewFile
from runcast.domain.limits import FILE_BYTES_MAX, FILE_PART_BYTES_MAX, FILE_PARTS_MAX
from runcast.sdk.fresh_ids import fresh_id

PAGE_FILES_MAX = 1_000
BINARY = "application/octet-stream"


class NewUpload(msgspec.Struct, frozen=True, rename="camel"):
    """A file before its parts."""

    path: str
    content_type: str = BINARY


class OpenUpload(msgspec.Struct, frozen=True, rename="camel"):
    """A file that takes parts, for a day."""

    id: str
    path: str
    part_bytes_max: int = FILE_PART_BYTES_MAX
    parts_max: int = FILE_PARTS_MAX


class PartView(msgspec.Struct, frozen=True):
    """A part that is on disk."""

    number: int
    size: int
    etag: str


class Address(msgspec.Struct, frozen=True, rename="camel"):
    """Where to download without a key, for ten minutes."""

    presigned_url: str


class Finish(msgspec.Struct, frozen=True):
    """How an upload ends."""

    overwrite: bool = True


@get("/api/v1/files", tags=["Files"], summary="List files")
async def list_files(
    api: Api,
    caller: Caller,
    prefix: FromQuery[str] = "",
    after: Annotated[str, QueryParameter(name="page[after]")] = "",
    size: Annotated[int, QueryParameter(name="page[size]", ge=1, le=PAGE_FILES_MAX)] = 100,
) -> FilePageView:
    """Files whose path begins with `prefix`, by path."""
    caller.require("read", "files")
    found = await api.engine.files.list(prefix, after=after, limit=size, environment=caller.environment)
    links = FilePageLinks(found[-1].path) if len(found) == size else FilePageLinks()
    return FilePageView(tuple(map(show_file, found)), links)


@put(
    "/api/v1/files/{path:path}",
    status_code=200,
    request_max_body_size=FILE_BYTES_MAX,
    tags=["Files"],
    summary="Put a file",
)
async def put_file(
    path: FromPath[Path],
    api: Api,
    caller: Caller,
    request: Request[Any, Any, Any],
    *,
    overwrite: FromQuery[bool] = True,
) -> FileView:
    """Keep the body under a path, whole or not at all. Without `overwrite`, or with `If-None-Match: *`: other bytes that
    are there stay."""
    name = below(path)
    caller.require("write", f"files:{name}", "files")
    overwrite = overwrite and request.headers.get("if-none-match", "").strip() != "*"
    kind = request.headers.get("content-type") or BINARY
    new = NewFile(fresh_id("file"), name, kind, caller.environment, overwrite)
    return show_file(await api.engine.files.put_stream(new, request.stream()))


@get("/api/v1/files/{path:path}", opt={"streams": True}, media_type=BINARY, tags=["Files"], summary="Get a file")
async def get_file(path: FromPath[Path], api: Api, caller: Caller, request: Request[Any, Any, Any]) -> Response[Any]:
    """The bytes; with `Range` a piece, with `If-None-Match` only if they changed."""
    name = below(path)
    caller.require("read", f"files:{name}", "files")
    return await answer_file(api, caller.environment, name, request)


@head("/api/v1/files/{path:path}", opt={"streams": True}, media_type=BINARY, tags=["Files"], summary="Look at a file")
async def look_at_file(
    path: FromPath[Path], api: Api, caller: Caller, request: Request[Any, Any, Any]
) -> Response[None]:
    """The headers of a file."""
    name = below(path)
    caller.require("read", f"files:{name}", "files")
    return await answer_file(api, caller.environment, name, request)


@delete("/api/v1/files/{path:path}", status_code=204, tags=["Files"], summary="Remove a file")
async def remove_file(path: FromPath[Path], api: Api, caller: Caller) -> None:
    """Remove a file. Who reads it can go on for some minutes."""
    name = below(path)
    caller.require("write", f"files:{name}", "files")
    if not await api.engine.files.remove(name, environment=caller.environment):
        raise NotFound(f"no file {name!r}")


@get("/api/v1/file-urls/{path:path}", tags=["Files"], summary="Where a file is downloaded without a key")
async def locate_file(path: FromPath[Path], api: Api, caller: Caller) -> Address:
    """An address for a link or a page, good for ten minutes."""
    name = below(path)
    caller.require("read", f"files:{name}", "files")
    await find_file(api, caller.environment, name)
    return Address(presign(api, Deed.GET_FILE, caller.environment, name))


# --- in parts


@post("/api/v1/file-uploads", status_code=201, tags=["Files"], summary="Begin a file in parts")
async def begin_upload(data: NewUpload, api: Api, caller: Caller) -> OpenUpload:
    """A file that comes in parts, in any order and as often as needed, from 1."""
    caller.require("write", f"files:{data.path}", "files")
    new = NewFile(fresh_id("file"), data.path, data.content_type, caller.environment)
    await api.engine.files.begin(new)
    return OpenUpload(new.id, new.path)


@put(
    "/api/v1/file-uploads/{upload_id:str}/parts/{number:int}",
    status_code=200,
    request_max_body_size=FILE_PART_BYTES_MAX,
    tags=["Files"],
    summary="Send a part of a file",
)
async def put_part(
    upload_id: FromPath[str], number: FromPath[int], api: Api, caller: Caller, request: Request[Any, Any, Any]
) -> PartView:
    """Keep a part, in the place of an earlier one of its number."""
    await _require_upload(api, caller, upload_id)
    if not 1 <= number <= FILE_PARTS_MAX:
        raise InvalidInput(f"parts have the numbers 1 to {FILE_PARTS_MAX:,}, got {number}")
    part = await api.engine.files.put_part(upload_id, number, await request.body())
    return PartView(part.number, part.size, f'"{part.digest}"')


@post("/api/v1/file-uploads/{upload_id:str}/finish", status_code=200, tags=["Files"], summary="Finish a file in parts")
async def finish_upload(upload_id: FromPath[str], api: Api, caller: Caller, data: Finish | None = None) -> FileView:
    """Let the file be found by its path, now that every part is there."""
    await _require_upload(api, caller, upload_id)
    overwrite = data is None or data.overwrite
    return show_file(await api.engine.files.finish(upload_id, overwrite=overwrite))


@delete("/api/v1/file-uploads/{upload_id:str}", status_code=204, tags=["Files"], summary="Give an upload up")
async def abort_upload(upload_id: FromPath[str], api: Api, caller: Caller) -> None:
    """Remove the parts that came. A file that is finished stays."""
    await _require_upload(api, caller, upload_id)
    await api.engine.files.abort(upload_id)


async def _require_upload(api: Api, caller: Caller, upload_id: str) -> None:
    row = await api.engine.files.find_upload(upload_id)
    is_here = row is not None and (row.environment, row.kind) == (caller.environment, FileKind.FILE)
    if row is None or not is_here or row.state == FileState.REMOVED:
        raise NotFound("Upload not found")
    caller.require("write", f"files:{row.path}", "files")


ROUTES = [
    list_files,
    put_file,
    get_file,
    look_at_file,
    remove_file,
    locate_file,
    begin_upload,
    put_part,
    finish_upload,
    abort_upload,
]
