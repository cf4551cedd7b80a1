"""`@resource`: opened once, shared, closed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from runcast import resource
from runcast.domain.errors import InvalidInput
from runcast.sdk.resource import close_resources


async def test_an_async_resource_is_opened_once_per_loop_and_closed() -> None:
    events: list[str] = []

    @resource
    async def pool() -> AsyncIterator[object]:
        events.append("open")
        await asyncio.sleep(0)
        yield object()
        events.append("close")

    first, second = await asyncio.gather(pool(), pool())
    assert first is second
    await close_resources()
    assert events == ["open", "close"]
    assert await pool() is not first
    await close_resources()
    assert events == ["open", "close", "open", "close"]


async def test_a_coroutine_may_make_a_resource_that_needs_no_closing() -> None:
    @resource
    async def settings() -> dict[str, int]:
        return {"n": 1}

    assert await settings() is await settings()
    await close_resources()


def test_each_loop_has_its_own() -> None:
    @resource
    async def pool() -> AsyncIterator[object]:
        yield object()

    async def once() -> object:
        try:
            return await pool()
        finally:
            await close_resources()

    assert asyncio.run(once()) is not asyncio.run(once())


async def test_a_plain_resource_is_opened_once_for_all_threads() -> None:
    events: list[str] = []

    @resource
    def model() -> Iterator[object]:
        events.append("open")
        yield object()
        events.append("close")

    with ThreadPoolExecutor(8) as threads:
        assert len({id(found) for found in threads.map(lambda _: model(), range(50))}) == 1
    await close_resources()
    assert events == ["open", "close"]


async def test_resources_close_newest_first() -> None:
    events: list[str] = []

    @resource
    async def pool() -> AsyncIterator[str]:
        yield "pool"
        events.append("pool")

    @resource
    async def cache() -> AsyncIterator[str]:
        yield f"cache on {await pool()}"
        events.append("cache")

    assert await cache() == "cache on pool"
    await close_resources()
    assert events == ["cache", "pool"]


async def test_who_fails_to_open_may_try_again() -> None:
    tries: list[int] = []

    @resource
    async def flaky() -> AsyncIterator[int]:
        tries.append(1)
        await asyncio.sleep(0)
        if len(tries) == 1:
            raise OSError("not yet")
        yield len(tries)

    results = await asyncio.gather(flaky(), flaky(), return_exceptions=True)
    assert [type(result) for result in results] == [OSError, OSError]
    assert await flaky() == 2
    await close_resources()


def test_a_resource_takes_no_arguments() -> None:
    def of(size: int) -> int:
        return size

    with pytest.raises(InvalidInput, match="arguments"):
        resource(of)  # type: ignore[arg-type]


async def test_whoever_asks_first_and_is_canceled_takes_nothing_from_the_others() -> None:
    opening, may_open = asyncio.Event(), asyncio.Event()

    @resource
    async def pool() -> str:
        opening.set()
        await may_open.wait()
        return "open"

    async def ask() -> str:
        return await pool()

    first = asyncio.create_task(ask())
    await opening.wait()
    second = asyncio.create_task(ask())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    may_open.set()
    assert await second == "open"
    await close_resources()
