"""Decides where a request may go: the names of others lead into our own network only if somebody allowed that.

A name is looked up here, once, and the connection goes to an address that was checked: an answer that changes in between
changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from runcast.domain.errors import InvalidInput, RuncastError
from runcast.outgoing.addresses import Address, Allowed, is_public
from runcast.outgoing.threads import in_thread

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text. Raises `OSError` when there are none."""
_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1_024
"""Below, beside the two of the web, are mail, remote shells and the like, which a request could be made to talk to."""
URL_CHARS_MAX = 2_048


class OutgoingRefused(RuncastError):
    """A request was not sent, because of where it would have gone."""

    code = "outgoing_refused"


class Guard:
    """Checks addresses against the public internet and what is allowed beside it."""

    def __init__(self, allowed: Allowed | None = None, resolve: Resolve | None = None) -> None:
        self._allowed = allowed or Allowed()
        self._resolve = resolve or resolve_name

    def check_url(self, url: str) -> None:
        """What can be said of a URL without a look-up. Raises `InvalidInput`.

        >>> Guard().check_url("http://127.0.0.1/")
        Traceback (most recent call last):
        runcast.domain.errors.InvalidInput: 127.0.0.1 is not of the public internet; the setting outgoing_private can allow it
        """
        if len(url) > URL_CHARS_MAX or not url.isprintable() or " " in url:
            raise InvalidInput(f"a URL has at most {URL_CHARS_MAX} printable characters, and no spaces")
        try:
            parts = urlsplit(url)
            host, port, user = parts.hostname or "", parts.port, parts.username or parts.password
        except ValueError as error:
            raise InvalidInput(f"that is no URL: {error}") from error
        try:
            self.check(parts.scheme, host, port, has_credentials=user is not None)
        except OutgoingRefused as error:
            raise InvalidInput(str(error)) from error

    def check(self, scheme: str, host: str, port: int | None, *, has_credentials: bool = False) -> int:
        """The port that a request goes to. Raises `OutgoingRefused`."""
        if scheme not in _PORTS:
            raise OutgoingRefused(f"a URL begins with http:// or https://, got {scheme or 'none'}")
        if not host:
            raise OutgoingRefused("the URL has no host")
        if has_credentials:
            raise OutgoingRefused(
                "a URL with a password is shown in too many places: use a secret, or a token in its path"
            )
        port = _PORTS[scheme] if port is None else port
        literal = _literal(host)
        if self._allowed.has_host(host) or (literal is not None and self._allowed.has_address(literal)):
            return port
        if port not in _PORTS.values() and port < _FIRST_FREE_PORT:
            raise OutgoingRefused(f"port {port} is not one of the web")
        if literal is not None and not is_public(literal):
            raise _not_public(host)
        return port

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where a connection to a host may go, in the order of the look-up. Raises `OutgoingRefused`, or `OSError`."""
        found = list(dict.fromkeys(await self._resolve(host, port)))
        if self._allowed.has_host(host):
            return found
        fit = [text for text in found if self._may(text)]
        if not fit:
            raise _not_public(host)
        return fit

    def _may(self, text: str) -> bool:
        address = _literal(text)
        return address is not None and (is_public(address) or self._allowed.has_address(address))


def _literal(host: str) -> Address | None:
    """The address that a host is, if it is one."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _not_public(host: str) -> OutgoingRefused:
    return OutgoingRefused(f"{host} is not of the public internet; the setting outgoing_private can allow it")


async def resolve_name(host: str, port: int) -> list[str]:
    """As the machine looks names up, which also reads `0x7f.1` and `2130706433`."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in await in_thread(look_up, "runcast-resolve")]
