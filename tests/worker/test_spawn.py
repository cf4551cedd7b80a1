"""Work is started in the group of a session, and dropped without noise when that has ended."""

from __future__ import annotations

import asyncio
import inspect
from contextvars import ContextVar

from runcast.worker.spawn import spawner

where = ContextVar("where", default="outside")


async def test_work_runs_in_the_context_that_the_session_began_with() -> None:
    seen: list[str] = []

    async def look() -> None:
        seen.append(where.get())

    async with asyncio.TaskGroup() as group:
        spawn = spawner(group)
        where.set("in a body")
        spawn(look())
    assert seen == ["outside"]


async def test_work_for_a_session_that_has_ended_is_dropped() -> None:
    async def tell() -> None:
        raise AssertionError("there is nobody left to tell")

    async with asyncio.TaskGroup() as group:
        spawn = spawner(group)
    work = tell()
    spawn(work)
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED, (
        "a coroutine that nobody closes warns later, in somebody else's test"
    )
