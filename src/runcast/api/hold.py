"""Keeps a request until there is news for it, its time is over, or its client has gone. It costs one timer and no task."""

from __future__ import annotations

import asyncio

from litestar.types import Receive


class Hold:
    """One request. `ring` wakes it, from the same loop."""

    __slots__ = ("_is_rung", "_limit", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._limit: asyncio.Timeout | None = None
        self._is_rung = False

    def ring(self) -> None:
        self._is_rung = True
        limit = self._limit
        if limit is not None and not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time())

    async def wait(self, until: float) -> bool:
        """Until it rings, or a time of the loop. False: the client has gone, nobody waits for an answer."""
        if self._is_rung:
            self._is_rung = False
            return True
        gone = await self._gone(until)
        self._is_rung = False
        return not gone

    async def pause(self, until: float) -> bool:
        """The same, whether or not it rings."""
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            if not await self.wait(until):
                return False
        return True

    async def _gone(self, until: float) -> bool:
        try:
            async with asyncio.timeout_at(until) as self._limit:
                while (await self._receive())["type"] != "http.disconnect":
                    pass
            return True
        except TimeoutError:
            return False
        finally:
            self._limit = None
