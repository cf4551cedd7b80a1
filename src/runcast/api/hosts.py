"""Names under which the API answers: a page of somebody else, whose name was made to lead here, is told nothing.

What a browser lets pages do is decided by the name of their server. Whoever owns a name can let it lead to 127.0.0.1
after a page has been loaded (DNS rebinding); the `Host` of its requests still says that name. Nobody can do this with an
address, or with the names of this machine.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from runcast.api.errors import ErrorBody
from runcast.http_settings import ApiSettings

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognized, not listened on


def host_name(host: str) -> str:
    """The name or address in a `Host` header or an origin's, in lower case; empty when there is none to be read.

    >>> host_name("LocalHost:8787"), host_name("[::1]:80"), host_name("[")
    ('localhost', '::1', '')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Names and addresses that lead to this machine, whoever asks for them."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # A socket for both families shows the address of a client of the older one inside the newer's.
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def answers_to(settings: ApiSettings) -> Callable[[str], bool]:
    """Whether a `Host` is one of the names of the API."""
    names = {host_name(host) for host in settings.hosts} | {urlsplit(settings.public_url).hostname or ""}
    listening = settings.host
    if not settings.hosts:
        names |= {listening.lower(), socket.gethostname().lower()}
    names.discard("")

    def answers(host: str) -> bool:
        name = host_name(host)
        if name in names or is_loopback(name):
            return True
        if settings.hosts or is_loopback(listening):
            return False
        # Names without a dot are given by the network that one is in: containers call each other by them.
        return _is_address(name) if "." in name or ":" in name else bool(name)

    return answers


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def check_hosts(app: ASGIApp, settings: ApiSettings) -> ASGIApp:
    """The app, answering 421 to requests for another name."""
    answers = answers_to(settings)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and answers(hosts[0].decode("latin-1")):
            await app(scope, receive, send)
            return
        is_http = scope["type"] == ScopeType.HTTP
        await _refuse(hosts[0] if hosts else b"", send, kind="" if is_http else "websocket.")
        if not is_http:
            # uvicorn takes a return after such an answer for a mistake, and would log each stranger as an error.
            raise ClientDisconnected

    return served


async def _refuse(host: bytes, send: Any, *, kind: str) -> None:
    name = host.decode("latin-1")[:100]
    error = f"this is no server of {name!r}: if it should be, name it in the setting `http_hosts`"
    body = msgspec.json.encode(ErrorBody(error, "unknown_host"))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}http.response.start", "status": 421, "headers": headers})
    await send({"type": f"{kind}http.response.body", "body": body, "more_body": False})
