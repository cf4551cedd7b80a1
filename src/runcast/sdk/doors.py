"""Doors to an engine for code outside of a run: one in this process, or the one that owns a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from runcast.domain.errors import Unavailable
from runcast.gateway import ClientGateway
from runcast.sdk.dial import Where
from runcast.sdk.outside import Following, OutsideCall
from runcast.sdk.portal_door import Ask, PortalDoor, Source
from runcast.sdk.reach import STARTING_S, open_database, served_or_free, until_served
from runcast.sdk.remote import RemoteClientGateway
from runcast.sdk.sealed_client import sealed
from runcast.sdk.sealing import find_codec
from runcast.wire import socket_path

T = TypeVar("T")

log = logging.getLogger("runcast")


class Door(Protocol):
    """Where requests go."""

    def call(self, ask: Ask[T], *, again: Ask[T] | None = None) -> OutsideCall[T]:
        """Ask one thing and get the answer; the request starts at once.

        When the connection breaks before the answer, `again` is asked on the next one: it must do no harm if the
        first request was carried out. Without it the caller gets `Unavailable`.
        """
        ...

    def wait(self, ask: Ask[T]) -> OutsideCall[T]:
        """Like `call`, for what ends only when an engine runs; asked again when the engine comes back."""
        ...

    def follow(self, begin: Callable[[], Source[T]]) -> Following[T]:
        """A stream. `begin()` makes the source of one reader, which is called again after a lost connection."""
        ...

    async def close(self) -> None: ...


class GatewayDoor:
    """A gateway that is open in this process: usable on any loop, or `on_portal` when it lives on the portal's."""

    def __init__(self, gateway: ClientGateway, *, on_portal: bool = False) -> None:
        self._gateway = gateway
        self._on_portal = on_portal
        self._codec = find_codec()

    def call(self, ask: Ask[T], *, again: Ask[T] | None = None) -> OutsideCall[T]:
        return OutsideCall(ask(sealed(self._gateway, self._codec)), on_portal=self._on_portal)

    def wait(self, ask: Ask[T]) -> OutsideCall[T]:
        return OutsideCall(ask(sealed(self._gateway, self._codec)), on_portal=self._on_portal, finish=False)

    def follow(self, begin: Callable[[], Source[T]]) -> Following[T]:
        return Following(lambda: begin()(sealed(self._gateway, self._codec)), on_portal=self._on_portal)

    async def close(self) -> None:
        await self._gateway.close()


class SocketDoor(PortalDoor[RemoteClientGateway]):
    """The engine behind a socket. One connection for the process, on the portal's loop."""

    def __init__(self, where: Where) -> None:
        self._where = where
        super().__init__()

    def call(self, ask: Ask[T], *, again: Ask[T] | None = None) -> OutsideCall[T]:
        self._settle()
        return OutsideCall(self._ask(ask, again), on_portal=True)

    def wait(self, ask: Ask[T]) -> OutsideCall[T]:
        self._settle()
        return OutsideCall(self._ask_until_answered(ask), on_portal=True, finish=False)

    @asynccontextmanager
    async def using(self) -> AsyncIterator[ClientGateway]:
        """An open gateway for one request."""
        yield await self.connected()

    async def connected(self) -> RemoteClientGateway:
        """The connection, made anew if it is gone. Raises `Unavailable`."""
        async with self._opening:
            if self._gateway is None or self._gateway.is_closed:
                self._gateway = await RemoteClientGateway.connect(self._where)
            return self._gateway

    async def _ask(self, ask: Ask[T], again: Ask[T] | None) -> T:
        async with self.using() as gateway:
            try:
                return await ask(sealed(gateway, self._codec))
            except Unavailable:
                remote = self._gateway
                if again is None or remote is None or remote is not gateway or not remote.is_closed:
                    raise
        async with asyncio.timeout(STARTING_S):
            await self._served_or_free()
        async with self.using() as gateway:
            return await again(sealed(gateway, self._codec))

    async def _served_or_free(self) -> None:
        """Wait until a request has a chance again."""
        await self._served()

    async def _ask_until_answered(self, ask: Ask[T]) -> T:
        while True:
            gateway = await self._served()
            try:
                return await ask(sealed(gateway, self._codec))
            except Unavailable:
                if not gateway.is_closed:
                    raise

    async def _stream(self, open: Source[T]) -> AsyncGenerator[T, None]:
        while True:
            gateway = await self._served()
            source = open(sealed(gateway, self._codec))
            try:
                async for item in source:
                    yield item
                return
            except Unavailable:
                if not gateway.is_closed:
                    raise
            finally:
                await source.aclose()

    async def _served(self) -> RemoteClientGateway:
        """A connection to a running engine, waiting for one if need be."""
        return await until_served(self.connected, on_wait=_say_waiting)


class DatabaseDoor(SocketDoor):
    """A database file: through the socket of the server that owns it, else opened for as long as requests last."""

    def __init__(self, database: Path) -> None:
        super().__init__(socket_path(database))
        self._database = database

    def _forget(self) -> None:
        super()._forget()
        self._direct: ClientGateway | None = None
        self._users = 0
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def using(self) -> AsyncIterator[ClientGateway]:
        gateway = await self._enter()
        try:
            yield gateway
        finally:
            if gateway is self._direct:
                await self._leave()

    async def _served_or_free(self) -> None:
        """A free file is opened directly, and `using` waits for one that is about to be served."""

    async def _enter(self) -> ClientGateway:
        return await served_or_free(self.connected, self._open_directly)

    async def _open_directly(self) -> ClientGateway:
        async with self._opening:
            if self._direct is None:
                self._direct = await open_database(self._database)
            self._users += 1
            return self._direct

    async def _leave(self) -> None:
        """The last user closes, so that a server may start."""
        async with self._opening:
            self._users -= 1
            if self._users == 0 and self._direct is not None:
                direct, self._direct = self._direct, None
                await direct.close()


def _say_waiting(error: Unavailable) -> None:
    log.warning("waiting for an engine: %s", error)
