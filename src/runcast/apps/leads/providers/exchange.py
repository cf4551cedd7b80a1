"""Requests to providers: one at a time, through transports, so that no URL or key is ever logged.

Nothing is sent twice here. Whether and when a provider is asked again is the pipeline's decision, which is recorded;
only a connection that could not even be made is tried again at once.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import msgspec

from runcast import Retry
from runcast.apps.leads.contract import JsonObject
from runcast.apps.leads.providers.values import kept
from runcast.http import OutgoingRefused, guarded_transport, retry_after, retry_transport

ANSWER_BYTES_MAX = 4 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
ANSWER_S_MAX = 600.0
"""An answer that trickles is in time with each byte, and never whole."""
_CONNECTING = Retry(max_attempts=3, min_s=0.2, max_s=1)
_DETAIL_CHARS = 300

Unreachable = (httpx2.HTTPError, httpx2.InvalidURL, OutgoingRefused, OSError, UnicodeError)
"""What a request may raise, beside what it answers."""
_UNSENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.InvalidURL,
    httpx2.UnsupportedProtocol,
    OutgoingRefused,
    UnicodeError,
)
"""Nothing of it has left."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request, before it is sent."""

    method: str = "GET"
    url: str
    headers: dict[str, str] = {}
    params: dict[str, str] = {}
    body: Any = None
    """Sent as JSON."""
    timeout_s: float = 60.0
    """The longest silence."""
    guarded: bool = False
    """It was a user who named the URL."""
    private: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """A response that was read to its end."""

    status: int
    headers: dict[str, str]
    text: str
    body: Any
    """Decoded JSON; None where it is none."""
    retry_after_s: float | None = None

    @property
    def object(self) -> JsonObject:
        return self.body if isinstance(self.body, dict) else {}

    def said(self, secret: str | tuple[str, ...] = "") -> str:
        """What the provider says went wrong, in a line, without the key that some repeat."""
        return without(secret, " ".join(_message(self.body or self.text).split()))[:_DETAIL_CHARS]


def without(secret: str | tuple[str, ...], text: str) -> str:
    """The text without a key, or several.

    >>> without("sk-1", "wrong key sk-1")
    'wrong key •••'
    """
    for one in (secret,) if isinstance(secret, str) else secret:
        text = text.replace(one, "•••") if one else text
    return text


def unreachable(title: str, error: BaseException, secret: str | tuple[str, ...]) -> str:
    """A line for people about one of `Unreachable`."""
    return f"{title} cannot be reached: {without(secret, str(error)) or type(error).__name__}"


def lost_usd(error: BaseException) -> float | None:
    """What a call cost whose answer was lost: nobody knows, unless it was never sent.

    >>> lost_usd(httpx2.ConnectError("refused")), lost_usd(httpx2.ReadTimeout("late")) is None
    (0.0, True)
    """
    return 0.0 if isinstance(error, _UNSENT) else None


@asynccontextmanager
async def opened(call: Call) -> AsyncIterator[httpx2.Response]:
    """The response as it begins to come. Raises one of `Unreachable`."""
    timeout = httpx2.Timeout(call.timeout_s, connect=CONNECT_TIMEOUT_S)
    request = httpx2.Request(
        call.method,
        call.url,
        headers={"accept": "*/*", "accept-encoding": "identity", "user-agent": "Runcast-Leads", **call.headers},
        params=call.params or None,
        json=call.body,
        extensions={"timeout": timeout.as_dict()},
    )
    async with _transport(call) as transport:
        response = await transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()


async def ask(call: Call) -> Answer:
    """The whole answer, within `ANSWER_S_MAX`. Raises one of `Unreachable`."""
    async with asyncio.timeout(ANSWER_S_MAX), opened(call) as response:
        if call.guarded and (packed := packing(response)):
            raise httpx2.RemoteProtocolError(f"the answer is packed as {packed}, which was not asked for")
        return await read(response)


def packing(response: httpx2.Response) -> str:
    """How a response is packed, "" if it is not. What a stranger sends stays so: a small answer may be an endless one."""
    found = response.headers.get("content-encoding", "identity").lower()
    return "" if found == "identity" else found


async def read(response: httpx2.Response) -> Answer:
    """The rest of a response, up to `ANSWER_BYTES_MAX`."""
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > ANSWER_BYTES_MAX:
            raise httpx2.RemoteProtocolError(f"the answer has more than {ANSWER_BYTES_MAX:,} bytes")
    text = kept(data.decode(response.encoding or "utf-8", errors="replace"))
    try:
        body = kept(msgspec.json.decode(bytes(data)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, text, body, retry_after(response))


def _transport(call: Call) -> httpx2.AsyncBaseTransport:
    if call.guarded:
        return guarded_transport(private=call.private, response_bytes_max=ANSWER_BYTES_MAX)
    verify = _certificates() if call.url.startswith("https:") else False
    inner = httpx2.AsyncHTTPTransport(verify=verify, proxy=_proxy(call.url))
    return retry_transport(inner, retry=_CONNECTING, statuses="599", methods=(), timeouts=False)


def _proxy(url: str) -> str | None:
    """Of the environment (`HTTPS_PROXY`, `NO_PROXY`), as a transport by itself does not look there."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    # Reading the machine's certificates takes longer than the rest of a request's preparation together.
    return ssl.create_default_context()


def _message(body: object) -> str:
    """Where providers have the words for people, of the shapes that they use."""
    match body:
        case {"error": dict() as error}:
            return _message(error)
        case {"errors": [dict() as error, *_]}:
            return _message(error)
        case [dict() as error, *_]:  # Gemini's errors come in a list when a stream was asked for.
            return _message(error)
        case (
            {"message": str() as text}
            | {"details": str() as text}
            | {"detail": str() as text}
            | {"error": str() as text}
        ):
            return text
        case {"description": str() as text}:
            return text
        case Mapping():
            return msgspec.json.encode(body).decode()
        case _:
            return str(body)
