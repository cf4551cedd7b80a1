"""Sends files: whole or a range, only when they changed, and so that a browser does not execute what is in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Stream

from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.domain.errors import NotFound
from runcast.domain.file import File, check_path

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_SHOWN = re.compile(r"image/(png|jpeg|gif|webp|avif)|audio/[\w.+-]+|video/[\w.+-]+|text/plain|application/json")
"""What a browser may show by itself. All else, HTML and SVG first, is downloaded."""
_SAFE = {
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "private, no-cache",
    "accept-ranges": "bytes",
}


def below(path: Path) -> str:
    """The path that follows a route's prefix. Raises `InvalidInput` for a hostile one."""
    return check_path(path.as_posix().removeprefix("/"))


async def find_file(api: Api, environment: str, path: str) -> File:
    """Raises `NotFound`."""
    found = await api.engine.files.find(path, environment=environment)
    if found is None:
        raise NotFound(f"no file {path!r}")
    return found


async def answer_file(api: Api, environment: str, path: str, request: Request[Any, Any, Any]) -> Response[Any]:
    """The response with a file, a part of it in memory at a time."""
    file = await find_file(api, environment, path)
    headers = file_headers(file)
    if file.etag in _tags(request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, headers=headers, media_type="application/octet-stream")
    ranged = request.headers.get("if-range") in (None, file.etag)
    start, end = read_range(request.headers.get("range", "") if ranged else "", file.size)
    is_part = (start, end) != (0, file.size)
    if is_part:
        headers["content-range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["content-length"] = str(end - start)
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return Response(b"", status_code=status, headers=headers, media_type="application/octet-stream")
    return Stream(api.engine.files.read(file, start, end), status_code=status, headers=headers)


def file_headers(file: File) -> dict[str, str]:
    """What is said of a file, whatever is sent of it."""
    kind = file.content_type.partition(";")[0].lower()
    shown = "inline" if _SHOWN.fullmatch(kind) else "attachment"
    name = quote(file.path.rpartition("/")[2], safe="")
    return {
        **_SAFE,
        "etag": file.etag,
        "content-type": file.content_type,
        "content-disposition": f"{shown}; filename*=UTF-8''{name}",
    }


def read_range(text: str, size: int) -> tuple[int, int]:
    """From where until before where. What is no single range of bytes is ignored, as HTTP wants it. Raises a 416.

    >>> read_range("bytes=2-3", 10), read_range("bytes=-3", 10), read_range("bytes=4-", 10), read_range("", 10)
    ((2, 4), (7, 10), (4, 10), (0, 10))
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return 0, size
    if found[1]:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
    else:
        start, end = max(0, size - int(found[2])), size
    if found[1] and found[2] and int(found[2]) < int(found[1]):
        return 0, size
    if start >= end:
        raise Refused(416, f"the file has {size:,} bytes", **{"content-range": f"bytes */{size}"})
    return start, end


def _tags(text: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in text.split(",")}
