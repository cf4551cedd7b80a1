"""How the HTTP API of a server is reached: apart from the API itself, which not every server loads."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from urllib.parse import urlsplit

import msgspec

from runcast.domain.errors import InvalidInput

PORT = 8787
PORTS_TRIED = 100
OFF = "off"


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the API is reached, and by whom."""

    host: str = "127.0.0.1"
    port: int = 0
    """0: any that is free."""
    tries: int = 1
    """How many ports are tried, from `port` on."""
    public_url: str = ""
    """Where clients reach it, without a slash at the end; empty: `http://host:port`."""
    root_path: str = ""
    """The path below which a proxy mounts it."""
    hosts: tuple[str, ...] = ()
    """Names in `Host` that are answered; empty: those of this machine, and that of `public_url`."""
    proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies whose `X-Forwarded-*` are believed, beside those of this machine."""
    local: bool = False
    """Programs and pages of this machine need no key: for `runcast dev`."""
    environment: str = "dev"
    """Where `local` callers are."""


def parse_http(text: str, *, public_url: str = "", local: bool = False) -> ApiSettings | None:
    """What the setting `http` says: `host:port`, `off` (None), or nothing: the first free port from 8787 on.

    Raises `InvalidInput`.

    >>> parse_http("0.0.0.0:80").host, parse_http("").port, parse_http("off")
    ('0.0.0.0', 8787, None)
    """
    if text == OFF:
        return None
    base = _checked_url(public_url)
    if not text:
        return ApiSettings(port=PORT, tries=PORTS_TRIED, public_url=base, local=local)
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
        rest = parts.path + parts.query + parts.fragment
    except ValueError:
        host, port, rest = None, None, ""
    if not host or port is None or rest:
        raise InvalidInput(f"http is host:port, such as 127.0.0.1:{PORT}, or off; got {text!r}")
    return ApiSettings(host=host, port=port, public_url=base, local=local)


def parse_proxies(entries: Iterable[str]) -> tuple[str, ...]:
    """What the setting `http_proxies` says. Raises `InvalidInput`.

    >>> parse_proxies(["10.0.0.7", "10.1.0.0/16"])
    ('10.0.0.7/32', '10.1.0.0/16')
    """
    try:
        return tuple(str(ip_network(entry.strip())) for entry in entries)
    except ValueError as error:
        raise InvalidInput(f"http_proxies lists addresses (10.0.0.7) and networks (10.1.0.0/16): {error}") from error


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise InvalidInput(f"public_url is http://host/… or https://host/…, got {url!r}")
    return url.rstrip("/")
