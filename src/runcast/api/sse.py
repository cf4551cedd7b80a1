"""Server-sent events as a raw ASGI response: bytes that are ready are sent as they are, pings keep the connection, and a
client that takes nothing, or would be let in no more, is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from litestar.types import Receive, Send

PING_S = 15.0
"""Between two pings. Before each is asked whether the client would still be let in."""
SEND_S = 30.0
"""A client that takes nothing for so long is cut off; it may come back."""
HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
)


Admits = Callable[[], Awaitable[bool]]
"""Whether the client would be let in now."""


class EventStream:
    """One response. What writes it calls `put` and `wait`; `bell` wakes it."""

    def __init__(self, send: Send, admits: Admits) -> None:
        self.bell = asyncio.Event()
        self._send = send
        self._admits = admits
        self._sending_since = 0.0
        self._is_ping_due = False

    async def run(
        self, receive: Receive, write: Callable[[], Awaitable[None]], headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Begin the response and let `write` write it, as long as there is a client: it is canceled when that goes."""
        await self._send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]})
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(receive))
                group.create_task(self._tick())
                # A task of its own: what wakes it does not go through everything that the request went through.
                group.create_task(_until_over(write))
        except* _Over:
            pass

    async def put(self, chunk: bytes) -> None:
        self._sending_since = asyncio.get_running_loop().time()
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        self._sending_since = 0.0

    async def finish(self) -> None:
        """End it as complete. Without this the connection breaks off, and the client comes back."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def wait(self, has_news: Callable[[], bool]) -> bool:
        """Until there is news, or a ping is due. True: it is."""
        self.bell.clear()
        if not (has_news() or self._is_ping_due):
            await self.bell.wait()
        due, self._is_ping_due = self._is_ping_due, False
        return due

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        raise _Over

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_S)
            if self._sending_since and loop.time() - self._sending_since > SEND_S:
                raise _Over
            if not await self._admits():
                raise _Over
            self._is_ping_due = True
            self.bell.set()


class _Over(Exception):
    """The stream ends, and with it whatever belongs to it."""


async def _until_over(write: Callable[[], Awaitable[None]]) -> None:
    await write()
    raise _Over
