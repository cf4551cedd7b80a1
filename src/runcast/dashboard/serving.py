"""Serves the dashboard in front of an API: every path that no route of the API begins with is one of its pages or files."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any

from litestar.types import ASGIApp

from runcast.dashboard.pages import ASSETS, STATIC, Answer, answer_page, find_file

_PAGES = frozenset({"document", "iframe", "frame"})
"""What `Sec-Fetch-Dest` says of a request whose answer is shown as a page."""


def show_dashboard(app: ASGIApp, taken: Set[str], *, root: str, static: Path = STATIC) -> ASGIApp:
    """The app, with the dashboard beside it.

    `taken`: first segments of paths that stay the app's, `{"api"}`: what is not found below them is its affair. `root`: the
    key of the scope with the path that all of it is mounted below. Everybody gets the pages; what they show they ask the
    app for, which says who may see it.
    """

    async def served(scope: Any, receive: Any, send: Any) -> None:
        answer = _answer(scope, taken, root, static) if scope["type"] == "http" else None
        if answer is None:
            await app(scope, receive, send)
            return
        headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return served


def _answer(scope: Any, taken: Set[str], root: str, static: Path) -> Answer | None:
    path: str = scope["path"]
    name = path.removeprefix("/")
    if scope["method"] not in ("GET", "HEAD") or name.split("/", 1)[0] in taken:
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    etag, packed = headers.get("if-none-match", ""), "gzip" in headers.get("accept-encoding", "")
    file = find_file(static, name, etag=etag, packed=packed)
    if file is not None:
        return file
    if name.startswith(ASSETS) or not _wants_page(headers):
        return None
    return answer_page(static, _base(scope["raw_path"], str(scope.get(root, ""))), etag=etag, packed=packed)


def _wants_page(headers: dict[str, str]) -> bool:
    """Not: a script or picture that is not there, or a program that takes only JSON and has the address wrong."""
    if (shown := headers.get("sec-fetch-dest")) is not None:
        return shown in _PAGES
    accepted = headers.get("accept", "*/*")
    return "text/html" in accepted or "*/*" in accepted


def _base(path: bytes, root: str) -> str:
    """Where the app begins. Relative where no mount says it: a proxy may have taken a prefix away that nobody told us.

    >>> _base(b"/runs/run_1", ""), _base(b"/", ""), _base(b"/runs", "/jobs")
    ('../', './', '/jobs/')
    """
    return f"{root.rstrip('/')}/" if root else "../" * (path.count(b"/") - 1) or "./"
