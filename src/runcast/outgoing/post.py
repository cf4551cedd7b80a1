"""Sends one body to one URL, and says what came of it."""

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
        self._client: httpx2.AsyncClient | None = None

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
        if self._client is None:
            transport = GuardedTransport(self._guard, response_bytes_max=ANSWER_BYTES_MAX)
            self._client = httpx2.AsyncClient(transport=transport, timeout=self._timeout_s, trust_env=False)
        sent = {"accept-encoding": "identity", "user-agent": "Runcast", **headers}
        async with self._client.stream("POST", url, content=body, headers=sent) as response:
            if response.is_success:
                return Answer(status=response.status_code)
            # As it came: nothing of what a stranger sends is unpacked.
            text = b"".join([chunk async for chunk in response.aiter_raw()]).decode(errors="replace")
            return Answer(
                status=response.status_code,
                error=f"HTTP {response.status_code}: {text[:_SHOWN_CHARS]}".strip(": "),
                wait_s=wait_s(response.headers, time.time()),
                is_final=response.status_code == _GONE,
            )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
