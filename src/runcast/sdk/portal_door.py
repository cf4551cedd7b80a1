"""What doors have in common that keep one gateway for the process, on the portal's loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, TypeVar

from runcast.gateway import ClientGateway
from runcast.sdk.outside import Following
from runcast.sdk.portal import Portal, get_portal
from runcast.sdk.sealing import find_codec

T = TypeVar("T")
G = TypeVar("G", bound=ClientGateway)
Ask = Callable[[ClientGateway], Coroutine[Any, Any, T]]
Source = Callable[[ClientGateway], AsyncGenerator[T, None]]


class PortalDoor(Generic[G]):
    """Opens its gateway on the first request; a subclass says how, and what a request does with it."""

    def __init__(self) -> None:
        self._codec = find_codec()
        self._portal: Portal | None = None
        self._forget()

    def _forget(self) -> None:
        """Start without a connection."""
        self._gateway: G | None = None
        self._opening = asyncio.Lock()

    def _settle(self) -> None:
        """Connections belong to the portal that made them; a forked process has another."""
        portal = get_portal()
        if portal is not self._portal:
            self._portal = portal
            self._forget()
            portal.on_close(self._disconnect)

    def follow(self, begin: Callable[[], Source[T]]) -> Following[T]:
        self._settle()
        return Following(lambda: self._stream(begin()), on_portal=True)

    def _stream(self, open: Source[T]) -> AsyncGenerator[T, None]:
        raise NotImplementedError

    async def close(self) -> None:
        if self._gateway is not None:
            await asyncio.wrap_future(get_portal().submit(self._disconnect()))

    async def _disconnect(self) -> None:
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            await gateway.close()
