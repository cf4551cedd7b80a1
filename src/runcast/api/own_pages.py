"""Which requests come from our own pages, and which from programs of this machine: everything else needs a key.

A browser adds what is needed to requests on behalf of any page: its cookies, and the fact that it runs on this machine.
It also says for which page it asks, and no page can make it lie: in `Origin`, with every request but plain reads, and in
`Sec-Fetch-Site`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from runcast.api.hosts import host_name, is_loopback
from runcast.http_settings import ApiSettings

Connection = ASGIConnection[Any, Any, Any, Any]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_PROXIES = (
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "cf-connecting-ip",
)  # fmt: skip


def is_of_own_page(base_url: str, connection: Connection) -> bool:
    """Whether a request with a cookie was meant by who signed in: reads always, since other origins cannot see their
    answers; whatever changes something only from a page of this very origin."""
    if connection.scope.get("method") in _SAFE:
        return True
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if site not in (None, "same-origin", "none") or (site is None and origin is None):
        return False
    return origin is None or _is_own_origin(origin, base_url, connection)


def is_of_this_machine(settings: ApiSettings, connection: Connection) -> bool:
    """From loopback, to a name of this machine, through no proxy, and from no page of another origin."""
    headers, client = connection.headers, connection.client
    origin = headers.get("origin")
    return (
        client is not None
        and is_loopback(client.host)
        and is_loopback(host_name(headers.get("host", "")))
        and headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        and (origin is None or _is_own_origin(origin, "", connection))
        and not _came_through_proxy(settings, connection)
    )


def _came_through_proxy(settings: ApiSettings, connection: Connection) -> bool:
    """What a proxy on this machine lets in may come from anywhere. One that says nothing of itself speaks HTTP/1.0 to
    us (nginx does unless told otherwise), or is known from the settings: it has a public URL."""
    public = urlsplit(settings.public_url).hostname
    return (
        any(name in connection.headers for name in _OF_PROXIES)
        or connection.scope.get("http_version") == "1.0"
        or (public is not None and not is_loopback(public))
    )


def _is_own_origin(origin: str, base_url: str, connection: Connection) -> bool:
    """Whether a page's origin is ours: as clients name us, or as this request does."""
    try:
        asked, known = urlsplit(origin), urlsplit(base_url)
    except ValueError:
        return False
    if base_url and (asked.scheme, asked.netloc.lower()) == (known.scheme, known.netloc.lower()):
        return True
    ours = (connection.scope["scheme"], connection.headers.get("host", "").lower())
    return bool(asked.netloc) and (asked.scheme, asked.netloc.lower()) == ours
