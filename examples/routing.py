"""Conditional routing: by size, by tier, by a service's answer, by what a queue has room for. It is an `if`.

runcast dev examples/routing.py
runcast trigger transcribe '{"seconds": 4000, "tier": "pro"}' --follow
"""

from __future__ import annotations

import asyncio
from typing import Literal

from runcast import Overloaded, Queue, step, task, wait

Tier = Literal["free", "pro"]
LONG_S = 1200

express = Queue("express", concurrency=4, max_length=100)
batch = Queue("batch", concurrency=2)


@task
async def transcribe(seconds: int, tier: Tier) -> list[str]:
    if seconds > LONG_S:  # by size: what is long is cut, and its parts run side by side
        starts = range(0, seconds, LONG_S)
        parts = await asyncio.gather(*[transcribe_part(start) for start in starts])
    else:
        parts = [await transcribe_part(0)]
    if tier == "pro":  # by tier: a pro gets a summary as well
        parts.append((await summarize.trigger_and_wait(parts)).unwrap())
    return parts


@step
async def transcribe_part(start_s: int) -> str:
    return f"words from {start_s} s"


@task
async def summarize(parts: list[str]) -> str:
    return f"{len(parts)} parts"


@step
async def ask_service(order: str, attempt: int) -> str:
    """A stand-in for a service that needs a while."""
    if order == "lost":
        return "unknown"
    return "ready" if attempt == 2 else "retry"


@task
async def fetch_order(order: str) -> str:
    for attempt in range(5):  # by a service's answer, which is recorded: a re-execution takes the same turn
        answer = await ask_service(order, attempt)
        if answer == "ready":
            return f"{order} after {attempt} tries"
        if answer == "unknown":
            raise LookupError(f"there is no order {order!r}")
        await wait.for_("1m")
    raise TimeoutError(f"{order} was not ready in time")


@task(queue=express)
async def render(page: str) -> str:
    return f"<p>{page}</p>"


@task
async def render_soon_or_later(page: str) -> str:
    try:  # by room: the queue says when it is full
        run = await render.trigger(page)
    except Overloaded:
        run = await render.options(queue=batch).trigger(page)
    return await run.result()
