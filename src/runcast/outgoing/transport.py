"""A transport for httpx2 that goes only where the guard lets it, redirects included, and reads only so much.

>>> client = httpx2.AsyncClient(transport=GuardedTransport(Guard()))
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpx2

from runcast.outgoing.guard import Guard, OutgoingRefused

RESPONSE_BYTES_MAX = 1024 * 1024
_UNCONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Looks the host up, and connects to an address that was checked; TLS still asks for the host's certificate."""

    def __init__(
        self, guard: Guard, *, response_bytes_max: int = RESPONSE_BYTES_MAX, context: ssl.SSLContext | None = None
    ) -> None:
        """`context`: whose certificates are believed, if not those that the machine believes."""
        self._guard = guard
        self._bytes_max = response_bytes_max
        # No connection is kept: the next request to that address might be for another host, and have been refused. What
        # the environment says of proxies is not followed, since they would look the name up again.
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=context or True, limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises `OutgoingRefused`; otherwise what httpx2 raises."""
        host = request.url.raw_host.decode("ascii").strip("[]")
        port = self._guard.check(request.url.scheme, host, request.url.port, has_credentials=bool(request.url.userinfo))
        try:
            addresses = await self._guard.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError(f"{host}: {error}", request=request) from error
        failure: httpx2.TransportError | None = None
        for address in addresses:
            try:
                return self._bounded(await self._inner.handle_async_request(_to(request, host, address)))
            except _UNCONNECTED as error:
                failure = error
        assert failure is not None, "the guard returns addresses or raises"
        raise failure

    def _bounded(self, response: httpx2.Response) -> httpx2.Response:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(response.stream, self._bytes_max),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _to(request: httpx2.Request, host: str, address: str) -> httpx2.Request:
    """The same request, for one address: the header `Host` and the name that TLS asks for stay."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of a response, up to a bound."""

    def __init__(self, stream: httpx2.AsyncByteStream, bytes_max: int) -> None:
        self._stream = stream
        self._bytes_max = bytes_max

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._bytes_max
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise OutgoingRefused(f"the response has more than {self._bytes_max:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
