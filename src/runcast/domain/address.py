"""Addresses of engines: what `url` and `listen` may say."""

from __future__ import annotations

from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from runcast.domain.errors import InvalidInput

_WEB = ("http://", "https://")
_NETWORK = ("tcp://", "tls://", *_WEB)


class Address(msgspec.Struct, frozen=True):
    """Where an engine answers, on a network.

    >>> str(parse_address("tls://runs.example.com:8420"))
    'tls://runs.example.com:8420'
    """

    scheme: Literal["tcp", "tls", "http", "https"]
    host: str
    port: int
    path: str = ""
    """Below which the HTTP API is mounted; without a slash at the end."""

    @property
    def is_web(self) -> bool:
        """The port of the HTTP API."""
        return self.scheme in ("http", "https")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def is_network(url: str) -> bool:
    """Whether `url` names engines by host and port, and not a socket's file."""
    return url.startswith(_NETWORK)


def parse_addresses(url: str) -> tuple[Address, ...]:
    """One or more addresses with commas between them. Raises `InvalidInput`.

    >>> [address.port for address in parse_addresses("tcp://10.0.0.1:8420, tcp://10.0.0.2:8421")]
    [8420, 8421]
    >>> str(parse_addresses("https://runs.example.com/runcast/")[0])
    'https://runs.example.com:443/runcast'
    """
    parts = [part.strip() for part in url.split(",")]
    return tuple(_parse_web(part) if part.startswith(_WEB) else parse_address(part) for part in parts)


def parse_address(url: str) -> Address:
    """`tcp://host:port` or `tls://host:port`. Raises `InvalidInput`, which never shows what may be a key."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"no address of an engine: {error}; {_FORM}") from None
    _refuse_key(parts)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or port is None or _has_more(parts):
        raise InvalidInput(f"{url!r} is no address of an engine: {_FORM}")
    return Address("tls" if parts.scheme == "tls" else "tcp", parts.hostname, port)


def _parse_web(url: str) -> Address:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"no address of an engine: {error}; {_FORM}") from None
    _refuse_key(parts)
    if not parts.hostname or parts.query or parts.fragment:
        raise InvalidInput(f"{url!r} is no address of an engine: {_FORM}")
    path = parts.path.rstrip("/")
    if parts.scheme == "https":
        return Address("https", parts.hostname, port or 443, path)
    return Address("http", parts.hostname, port or 80, path)


def _refuse_key(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise InvalidInput("an engine's address holds no key: give it as `key`, --key or RUNCAST_KEY")


def _has_more(parts: SplitResult) -> bool:
    return parts.path not in ("", "/") or bool(parts.query or parts.fragment)


_FORM = "write tcp://host:port, tls://host:port, or the https:// address of its API"
