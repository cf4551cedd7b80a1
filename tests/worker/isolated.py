"""Tasks with a process of their own: at the top of a module, where the child process finds them."""

from __future__ import annotations

import asyncio
import os

from runcast.sdk import wait
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task

registry = Registry()


@task(registry=registry)
async def add(x: int) -> int:
    return x + 1


@task(registry=registry, isolation="process")
async def durable(n: int) -> int:
    await step(os.getpid)()
    await wait.for_(0.01)
    return await add.trigger_and_wait(n).unwrap()


@task(registry=registry, isolation="process", max_duration=0.8)
def spin() -> None:
    while True:
        pass


@task(registry=registry, isolation="process")
async def die() -> None:
    os._exit(3)


@task(registry=registry, isolation="process", evict_after="1h")
async def patient(n: int) -> int:
    return await add.trigger_and_wait(n).unwrap()


@task(registry=registry, isolation="process")
async def ticking(n: int) -> int:
    async def tick() -> None:
        while True:
            await asyncio.sleep(0.01)

    beside = asyncio.create_task(tick())
    found = await add.trigger_and_wait(n).unwrap()
    beside.cancel()
    return found
