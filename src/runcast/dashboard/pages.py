"""The built app as responses: its page below whatever path it is mounted, its files, and what is said when it is not built."""

from __future__ import annotations

import gzip
import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"
"""Where `web/build.py` puts it; no part of the repository."""
ASSETS = "assets/"
"""Files below it have a digest of their content in their name."""
_NAME = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*", re.ASCII)
"""What files of the app are called. Nothing else reaches a disk: an absolute path would be read as it is."""
_NAME_CHARS_MAX = 200
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
POLICY = (
    "default-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'; object-src 'none'; "
    # Components position and animate what floats with styles of their own.
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; "
    # What a run made is shown in frames without rights, whose content inherits this policy.
    "frame-src 'self' blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_MISSING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runcast</title>
<h1>The dashboard is not built</h1>
<p>This server runs, and its API answers. Its pages are not part of this installation: it is a checkout in which they were
not built, or a package that was built without them.</p>
<p>In a checkout, <code>make web</code> builds them; then load this page again. The <a href="{base}api/docs">reference of
the API</a> is here in any case.</p>
</html>
"""


class Answer(msgspec.Struct, frozen=True):
    """A response, whatever carries it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def answer_page(static: Path, base: str, *, etag: str = "", packed: bool = False) -> Answer:
    """The app's page, which finds everything else relative to `base`. `etag`: what the client has of it."""
    page = _read(static / "index.html")
    if page is None:
        headers = {"content-type": _KINDS[".html"], "cache-control": "no-store"}
        return Answer(404, headers, _MISSING.format(base=html.escape(base)).encode())
    body = _based(page.decode(), base).encode()
    headers = {
        "content-type": _KINDS[".html"],
        "cache-control": _ASK_AGAIN,
        "content-security-policy": POLICY,
        "vary": "accept-encoding",
    }
    return _whole(gzip.compress(body, mtime=0) if packed else body, headers, etag, packed=packed)


def find_file(static: Path, name: str, *, etag: str = "", packed: bool = False) -> Answer | None:
    """A file of the app. `packed`: the client takes gzip, which texts are stored in."""
    if len(name) > _NAME_CHARS_MAX or _NAME.fullmatch(name) is None or name == "index.html":
        return None
    path = static / name
    kind = _KINDS.get(path.suffix)
    if kind is None:
        return None
    named = name.startswith(ASSETS)
    headers = {"content-type": kind, "cache-control": _FOR_EVER if named else _ASK_AGAIN}
    if path.suffix == ".js":
        # A shared worker asks the API under the policy of its own file, not of the page that starts it.
        headers["content-security-policy"] = POLICY
    stored = _read(path.with_name(f"{path.name}.gz"))
    if stored is not None:
        body = stored if packed else gzip.decompress(stored)
        return _whole(body, {**headers, "vary": "accept-encoding"}, etag, packed=packed)
    plain = _read(path)
    return None if plain is None else _whole(plain, headers, etag)


def _whole(body: bytes, headers: Mapping[str, str], etag: str, *, packed: bool = False) -> Answer:
    """All of it, or that the client has it."""
    own = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**headers, "etag": own}
    if own in {tag.strip().removeprefix("W/") for tag in etag.split(",")}:
        return Answer(304, headers)
    encoding = {"content-encoding": "gzip"} if packed else {}
    return Answer(200, {**headers, **encoding, "content-length": str(len(body))}, body)


def _based(page: str, base: str) -> str:
    tag = f'<base href="{html.escape(base)}">'
    return re.sub(r"(<head[^>]*>)", lambda found: found[1] + tag, page, count=1)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
