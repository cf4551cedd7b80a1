"""The door to a database that many engines share: nobody owns it, so a program opens it itself, once."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from runcast.gateway import ClientGateway
from runcast.sdk.outside import OutsideCall
from runcast.sdk.portal_door import Ask, PortalDoor, Source, T
from runcast.sdk.reach import open_database
from runcast.sdk.sealed_client import sealed


class SharedDoor(PortalDoor[ClientGateway]):
    """An engine without workers on a PostgreSQL, on the portal's loop. It opens with the first request and stays open:
    connections that break are made again by the store, which knows what was committed."""

    def __init__(self, database: str, *, direct: str = "") -> None:
        self._database = database
        self._direct = direct
        super().__init__()

    def call(self, ask: Ask[T], *, again: Ask[T] | None = None) -> OutsideCall[T]:
        self._settle()
        return OutsideCall(self._ask(ask), on_portal=True)

    def wait(self, ask: Ask[T]) -> OutsideCall[T]:
        self._settle()
        return OutsideCall(self._ask(ask), on_portal=True, finish=False)

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
                self._gateway = await open_database(self._database, direct=self._direct, extensions=True)
            return sealed(self._gateway, self._codec)
