"""The way to a run that was written into an outbox, and that an engine may not have seen yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.gateway import ClientGateway
from runcast.sdk.doors import Door
from runcast.sdk.outside import Following, OutsideCall
from runcast.sdk.portal_door import Ask, Source

T = TypeVar("T")
PATIENCE_S = 10.0
"""How long a run is waited for: engines look four times a second."""
_LOOK_S = 0.05


class RelayedDoor:
    """Another door, at which requests wait until the run is there."""

    def __init__(self, door: Door, run_id: RunId) -> None:
        self._door = door
        self._run_id = run_id

    def call(self, ask: Ask[T], *, again: Ask[T] | None = None) -> OutsideCall[T]:
        return self._door.call(self._patient(ask), again=None if again is None else self._patient(again))

    def wait(self, ask: Ask[T]) -> OutsideCall[T]:
        return self._door.wait(self._patient(ask))

    def follow(self, begin: Callable[[], Source[T]]) -> Following[T]:
        def begin_patiently() -> Source[T]:
            source = begin()

            async def stream(gateway: ClientGateway) -> AsyncGenerator[T, None]:
                await self._relayed(gateway)
                async with aclosing(source(gateway)) as items:
                    async for item in items:
                        yield item

            return stream

        return self._door.follow(begin_patiently)

    async def close(self) -> None:
        await self._door.close()

    def _patient(self, ask: Ask[T]) -> Ask[T]:
        async def patiently(gateway: ClientGateway) -> T:
            await self._relayed(gateway)
            return await ask(gateway)

        return patiently

    async def _relayed(self, gateway: ClientGateway) -> None:
        """Raises `NotFound` when nothing comes."""
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while await gateway.find_run(self._run_id) is None:
            if asyncio.get_running_loop().time() > until:
                raise NotFound(
                    f"run {self._run_id} did not come out of the outbox: its transaction is not committed, its key named an "
                    "older run, or no engine relays that database (the setting `outbox`)"
                )
            await asyncio.sleep(_LOOK_S)
