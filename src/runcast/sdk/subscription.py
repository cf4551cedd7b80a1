"""A run that was triggered to be followed: its snapshots as they come, and how it ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any, Generic, TypeVar

from runcast.gateway import ClientGateway
from runcast.sdk.call import Call
from runcast.sdk.doors import Door
from runcast.sdk.execution import current_execution
from runcast.sdk.follow import follow_one
from runcast.sdk.handle import RunHandle, to_result
from runcast.sdk.result import Failed, Ok
from runcast.sdk.snapshot import RunSnapshot

T = TypeVar("T")


class Subscription(Generic[T]):
    """What `trigger_and_subscribe` returns: `for` or `async for` snapshots until the run has ended.

    It may be iterated again, and then follows the same run from its state at that time. What a body reads here is not
    recorded: decide by `result()`, which is, not by a snapshot.

    >>> async for update in enrich.trigger_and_subscribe("python.org"):  # doctest: +SKIP
    ...     print(update.status, update.metadata)
    """

    def __init__(self, started: Call[RunHandle[Any]], door: Door, decode: Callable[[str], T]) -> None:
        self.handle: Call[RunHandle[T]] = started
        """The handle, once the run is on disk."""
        self._door = door
        self._decode = decode
        self._following = door.follow(lambda: self._follow)

    def __aiter__(self) -> AsyncIterator[RunSnapshot[T]]:
        return aiter(self._following)

    def __iter__(self) -> Iterator[RunSnapshot[T]]:
        return iter(self._following)

    async def result(self) -> Ok[T] | Failed:
        """How the run ended, once it has. Inside a run it is a wait like any other: recorded, without a slot."""
        handle = await self.handle
        execution = current_execution()
        if execution is not None:
            return await execution.wait_for_run(handle.id, self._decode)

        async def ask(gateway: ClientGateway) -> Ok[T] | Failed:
            return to_result(await gateway.result(handle.id), self._decode)

        return await self._door.wait(ask)

    async def _follow(self, gateway: ClientGateway) -> AsyncGenerator[RunSnapshot[T], None]:
        handle = await self.handle
        async with aclosing(follow_one(handle.id, self._decode).updates(gateway)) as updates:
            async for update in updates:
                yield update
