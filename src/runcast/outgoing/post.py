"""Sends one body to one URL, and says what came of it.

Through the transport itself, without httpx2's client: nothing is to be followed or remembered, and the client would log
the URL, which may let anybody in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import httpx2

from runcast.domain.delivery import Answer
from runcast.domain.rate_limit import wait_s
from runcast.outgoing.guard import Guard, OutgoingRefused
from runcast.outgoing.transport import GuardedTransport

ANSWER_BYTES_MAX = 64 * 1024
"""Of an answer's body, of which only the beginning is kept, for whoever looks for the reason of a failure."""
_SHOWN_CHARS = 500
_GONE = 410
TIMEOUT_S = 15.0
"""For look-up, connection, request and answer together."""


class Post:
    """A client for webhooks. Redirects are no answer: what is signed goes where it was meant to go."""

    def __init__(self, guard: Guard, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._guard = guard
        self._transport: GuardedTransport | None = None

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Never raises for what the other side does."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._send(url, body, headers)
        except TimeoutError:
            answer = Answer(error=f"no answer within {self._timeout_s:g} s")
        except OutgoingRefused as error:
            answer = Answer(error=str(error), is_final=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            answer = Answer(error=f"{type(error).__name__}: {error}"[:_SHOWN_CHARS])
        return answer.within(int((time.monotonic() - began) * 1000))

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        # Made when it is first needed: it reads the machine's certificates, and most servers send nothing.
        if self._transport is None:
            self._transport = GuardedTransport(self._guard, response_bytes_max=ANSWER_BYTES_MAX)
        sent = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "Runcast", **headers}
        response = await self._transport.handle_async_request(httpx2.Request("POST", url, content=body, headers=sent))
        try:
            if response.is_success:
                return Answer(status=response.status_code)
            said = await _beginning(response)
            return Answer(
                status=response.status_code,
                error=f"HTTP {response.status_code}: {said}".strip(": "),
                wait_s=wait_s(response.headers, time.time()),
                is_final=response.status_code == _GONE,
            )
        finally:
            await response.aclose()

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()


async def _beginning(response: httpx2.Response) -> str:
    """Of the body, as it came: nothing of what a stranger sends is unpacked."""
    found = b""
    async for chunk in response.aiter_raw():
        found += chunk
        if len(found) >= _SHOWN_CHARS:
            break
    return found.decode(errors="replace")[:_SHOWN_CHARS]
