"""`@resource`: something opened once per worker process and loop, and closed at shutdown."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Generic, TypeVar, overload
from weakref import WeakKeyDictionary

from runcast.domain.errors import InvalidInput
from runcast.sdk.factory import detached

T = TypeVar("T")


class AsyncResource(Generic[T]):
    """A resource made on an event loop: `await http()`. One per loop, because clients and pools belong to a loop."""

    def __init__(self, open: Callable[[], Any]) -> None:
        self._open = asynccontextmanager(open) if inspect.isasyncgenfunction(open) else open
        self._per_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[T]] = WeakKeyDictionary()
        self.__doc__ = open.__doc__

    def __call__(self) -> Awaitable[T]:
        """The resource of this loop, opened by the first who asks; others wait for it."""
        return self._get()

    async def _get(self) -> T:
        loop = asyncio.get_running_loop()
        opening = self._per_loop.get(loop)
        if opening is None:
            opening = self._per_loop[loop] = detached(self._enter(loop))
            opening.add_done_callback(partial(self._forget_failure, loop))
        # Nobody's cancel is the opening's: others wait for it too.
        return await asyncio.shield(opening)

    async def _enter(self, loop: asyncio.AbstractEventLoop) -> T:
        opened = self._open()
        value: T = await (opened if inspect.isawaitable(opened) else _closers(loop).enter_async_context(opened))
        _closers(loop).callback(self._per_loop.pop, loop, None)
        return value

    def _forget_failure(self, loop: asyncio.AbstractEventLoop, opening: asyncio.Task[T]) -> None:
        """Who waits fails too, and the next who asks tries again."""
        if opening.cancelled() or opening.exception() is not None:
            self._per_loop.pop(loop, None)


class SyncResource(Generic[T]):
    """A resource made by a plain function: `model()`. One per process, shared by all threads."""

    def __init__(self, open: Callable[[], Any]) -> None:
        self._open: Callable[[], Any] = contextmanager(open) if inspect.isgeneratorfunction(open) else open
        self._lock = threading.Lock()
        self._found: list[T] = []
        self._is_context = inspect.isgeneratorfunction(open)
        self.__doc__ = open.__doc__

    def __call__(self) -> T:
        """The resource, opened by the first who asks; other threads wait for it."""
        with self._lock:
            if not self._found:
                opened = self._open()
                value: T = _process_closers.enter_context(opened) if self._is_context else opened
                self._found.append(value)
                _process_closers.callback(self._found.clear)
            return self._found[0]


# What yields or awaits is a plain function's value too; the first match is the one that counts.
@overload
def resource(open: Callable[[], AsyncIterator[T]]) -> AsyncResource[T]: ...  # type: ignore[overload-overlap]
@overload
def resource(open: Callable[[], Awaitable[T]]) -> AsyncResource[T]: ...  # type: ignore[overload-overlap]
@overload
def resource(open: Callable[[], Iterator[T]]) -> SyncResource[T]: ...
@overload
def resource(open: Callable[[], T]) -> SyncResource[T]: ...
def resource(open: Callable[[], Any]) -> Any:
    """Share something expensive between runs: an HTTP client, a pool, a model. What follows `yield` closes it.

    >>> @resource
    ... def lexicon() -> Iterator[dict[str, str]]:
    ...     words = {"ash": "a tree"}
    ...     yield words
    ...     words.clear()
    >>> lexicon() is lexicon()
    True

    An `async def` is awaited and is opened once per event loop: `http = await client()`.
    """
    parameters = inspect.signature(open).parameters.values()
    if any(parameter.default is inspect.Parameter.empty for parameter in parameters):
        raise InvalidInput(f"@resource {open.__qualname__} cannot take arguments: there is one for the whole process")
    if inspect.isasyncgenfunction(open) or inspect.iscoroutinefunction(open):
        return AsyncResource(open)
    return SyncResource(open)


_loop_closers: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncExitStack] = WeakKeyDictionary()
"""What to close when a loop's worker stops. A resource is one per process and loop, so its end is, too."""
_process_closers = ExitStack()


def _closers(loop: asyncio.AbstractEventLoop) -> AsyncExitStack:
    stack = _loop_closers.get(loop)
    if stack is None:
        stack = _loop_closers[loop] = AsyncExitStack()
    return stack


async def close_resources() -> None:
    """Close what was opened on this loop, newest first, and then what belongs to the process. For a worker's end."""
    await close_loop_resources()
    close_process_resources()


async def close_loop_resources() -> None:
    """Close what was opened on this loop, newest first."""
    stack = _loop_closers.pop(asyncio.get_running_loop(), None)
    if stack is not None:
        await stack.aclose()


def close_process_resources() -> None:
    """Close what plain functions opened, newest first."""
    _process_closers.close()
