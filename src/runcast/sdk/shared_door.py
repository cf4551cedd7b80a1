"""The door to a database that many engines share: nobody owns it, so a program opens it itself, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from runcast.gateway import ClientGateway
from runcast.sdk.doors import Ask, Source, T
from runcast.sdk.outside import Following, OutsideCall
from runcast.sdk.portal import Portal, get_portal
from runcast.sdk.reach import open_database
from runcast.sdk.sealed_client import sealed
from runcast.sdk.sealing import find_codec


class SharedDoor:
    """An engine without workers on a PostgreSQL, on the portal's loop. It opens with the first request and stays open:
    connections that break are made again by the store, which knows what was committed."""

    def __init__(self, database: str, *, direct: str = "") -> None:
        self._database = database
        self._direct = direct
        self._codec = find_codec()
        self._portal: Portal | None = None
        self._forget()

    def _forget(self) -> None:
        self._gateway: ClientGateway | None = None
        self._opening = asyncio.Lock()

    def _settle(self) -> None:
        """Connections belong to the portal that made them; a forked process has another."""
        portal = get_portal()
        if portal is not self._portal:
            self._portal = portal
            self._forget()
            portal.on_close(self._disconnect)

    def call(self, ask: Ask[T], *, again: Ask[T] | None = None) -> OutsideCall[T]:
        self._settle()
        return OutsideCall(self._ask(ask), on_portal=True)

    def wait(self, ask: Ask[T]) -> OutsideCall[T]:
        self._settle()
        return OutsideCall(self._ask(ask), on_portal=True, finish=False)

    def follow(self, begin: Callable[[], Source[T]]) -> Following[T]:
        self._settle()
        return Following(lambda: self._stream(begin()), on_portal=True)

    async def close(self) -> None:
        if self._gateway is not None:
            await asyncio.wrap_future(get_portal().submit(self._disconnect()))

    async def _ask(self, ask: Ask[T]) -> T:
        return await ask(await self._opened())

    async def _stream(self, open: Source[T]) -> AsyncGenerator[T, None]:
        source = open(await self._opened())
        try:
            async for item in source:
                yield item
        finally:
            await source.aclose()

    async def _opened(self) -> ClientGateway:
        async with self._opening:
            if self._gateway is None:
                self._gateway = await open_database(self._database, direct=self._direct)
            return sealed(self._gateway, self._codec)

    async def _disconnect(self) -> None:
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            await gateway.close()
