"""Calls and streams of code outside of any run: started at once, awaited or blocked on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from runcast.domain.errors import NotDurableHere
from runcast.sdk.call import Call
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.portal import get_portal

T = TypeVar("T")


def has_running_loop() -> bool:
    """Whether this code runs on an event loop (then it must await, not block)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class OutsideCall(Call[T]):
    """A request to the engine from outside of any run. It is on its way as soon as it is made.

    `on_portal` requests run on the portal's loop whoever asks; others run on the caller's loop, if it has one.
    """

    __slots__ = ("_future", "_task")

    def __init__(self, coroutine: Coroutine[Any, Any, T], *, on_portal: bool, finish: bool = True) -> None:
        self.key = ""
        self.done = False
        self._task: asyncio.Task[T] | None = None
        self._future: Future[T] | None = None
        if on_portal or not has_running_loop():
            self._future = get_portal().submit(coroutine, finish=finish)
        else:
            self._task = asyncio.get_running_loop().create_task(coroutine)

    def __await__(self) -> Generator[Any, None, T]:
        if self._task is not None:
            return (yield from self._task.__await__())
        assert self._future is not None
        return (yield from asyncio.wrap_future(self._future).__await__())

    def result(self) -> T:
        """Block until the answer is there; on an event loop await the call instead."""
        future = self._future
        if future is not None and future.done():
            return future.result()
        if self._task is not None and self._task.done():
            return self._task.result()
        if has_running_loop() or future is None:
            raise NotDurableHere("call.result() would block the event loop here: await the call instead")
        return future.result()

    def __repr__(self) -> str:
        return "<a request on its way: `await` it, or ask for its `.result()`>"

    def cancel(self) -> None:
        """Stop waiting for the answer."""
        if self._future is not None:
            self._future.cancel()
        if self._task is not None:
            self._task.cancel()


_END: Any = object()


class Following(Generic[T]):
    """A stream of changes: `async for` on an event loop, plain `for` elsewhere. It may be iterated again.

    >>> for update in run.follow():  # doctest: +SKIP
    ...     print(update.status)
    """

    def __init__(self, open: Callable[[], AsyncGenerator[T, None]], *, on_portal: bool) -> None:
        self._open = open
        self._on_portal = on_portal

    def with_heartbeats(self, every: Duration = "15s") -> Following[T | None]:
        """The same stream, with a None whenever nothing came for so long.

        For whoever passes it on over HTTP: what says something now and then stays open, and whoever left is noticed.

        >>> for update in run.follow().with_heartbeats("15s"):  # doctest: +SKIP
        ...     send(": still here" if update is None else update.status)
        """
        every_s = duration_ms(every, name="every") / 1000
        return Following(lambda: _beating(self._open(), every_s), on_portal=self._on_portal)

    def __aiter__(self) -> AsyncIterator[T]:
        return self._across() if self._on_portal else self._open()

    def __iter__(self) -> Iterator[T]:
        if has_running_loop():
            raise NotDurableHere("a plain `for` would block the event loop here: write `async for`")
        return self._blocking()

    def _blocking(self) -> Iterator[T]:
        portal, source = get_portal(), self._open()
        try:
            while (item := portal.submit(_next(source)).result()) is not _END:
                yield item
        finally:
            portal.submit(source.aclose())

    async def _across(self) -> AsyncIterator[T]:
        """The portal iterates; this loop receives."""
        portal, source = get_portal(), self._open()
        try:
            while (item := await asyncio.wrap_future(portal.submit(_next(source)))) is not _END:
                yield item
        finally:
            portal.submit(source.aclose())


async def _next(source: AsyncGenerator[T, None]) -> T:
    return await anext(source, _END)


async def _beating(source: AsyncGenerator[T, None], every_s: float) -> AsyncGenerator[T | None, None]:
    coming: asyncio.Task[T] | None = None
    try:
        while True:
            coming = coming or asyncio.get_running_loop().create_task(_next(source))
            if not (await asyncio.wait({coming}, timeout=every_s))[0]:
                yield None
                continue
            item, coming = coming.result(), None
            if item is _END:
                return
            yield item
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await source.aclose()
