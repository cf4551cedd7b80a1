"""Bodies whose journal keys must be the same on every Python: what asyncio does differently between versions."""

from __future__ import annotations

import asyncio

from runcast.sdk import streams, wait
from runcast.sdk.registry import Registry
from runcast.sdk.select import as_completed, select, timeout
from runcast.sdk.step import step
from runcast.sdk.task import task
from runcast.sdk.values import now, random, uuid4

registry = Registry()


async def double(n: int) -> int:
    return 2 * n


def triple(n: int) -> int:
    return 3 * n


twice = step(double, name="twice")
thrice = step(triple, name="thrice")


@task(registry=registry)
async def leaf(n: int) -> int:
    return n


async def branch(n: int) -> int:
    first = await twice(n)
    await asyncio.sleep(0)
    return first + await twice(n + 1)


@task(registry=registry)
async def sequence() -> int:
    total = await twice(1) + await twice(2) + await thrice(1)
    now()
    random()
    uuid4()
    await wait.for_(0.001)
    total += (await leaf.trigger_and_wait(1)).unwrap()
    await leaf.trigger(2)
    total += sum(result.unwrap() for result in await leaf.batch_trigger_and_wait([3, 4]))
    return total + await step(double, key="named", name="twice")(5)


@task(registry=registry)
async def gathered() -> int:
    branches = await asyncio.gather(branch(1), branch(10), branch(100))
    calls = await asyncio.gather(twice(1), thrice(1), leaf.trigger_and_wait(1).unwrap())
    mixed = await asyncio.gather(branch(5), asyncio.create_task(branch(6)), twice(7))
    return sum(branches) + sum(calls) + sum(mixed)


@task(registry=registry)
async def grouped() -> int:
    async with asyncio.TaskGroup() as group:
        left = group.create_task(branch(1))
        right = group.create_task(branch(2))
    async with asyncio.TaskGroup() as group:
        again = group.create_task(branch(3), name="named")
    return left.result() + right.result() + again.result()


async def nest(depth: int) -> int:
    if depth == 0:
        return await twice(1)
    pair = await asyncio.gather(nest(depth - 1), nest(depth - 1))
    return sum(pair) + await twice(depth)


@task(registry=registry)
async def nested() -> int:
    return await nest(3)


@task(registry=registry)
async def limited() -> int:
    """`wait_for` makes a task of a coroutine on Python 3.11 only."""
    total = await asyncio.wait_for(branch(1), 60)
    total += await asyncio.wait_for(twice(2), 60)
    total += await asyncio.wait_for(asyncio.wait_for(branch(3), 60), 60)
    total += sum(await asyncio.gather(asyncio.wait_for(branch(4), 60), asyncio.wait_for(branch(5), None)))
    async with asyncio.timeout(60):
        total += await branch(6)
    try:
        await asyncio.wait_for(branch(7), 0)
    except TimeoutError:
        total += 1
    return total + sum(await asyncio.wait_for(asyncio.gather(branch(8), branch(9)), 60))


@task(registry=registry)
async def threaded() -> int:
    total = await asyncio.to_thread(triple, 1) + await twice(1)
    both = await asyncio.gather(asyncio.to_thread(triple, 2), branch(2), asyncio.to_thread(triple, 3), branch(3))
    return total + sum(both) + await twice(4)


@task(registry=registry)
async def chosen() -> int:
    index, value = await select(twice(1), wait.for_(60))
    total = index + (value or 0)
    async for call in as_completed([twice(2), twice(3)]):
        total += await call
    await timeout(wait.for_(0.001), 60)
    return total + len(await streams.pipe("words", ["a", "b"]).join())


@task(registry=registry)
def blocking() -> int:
    total = twice(1).result() + thrice(2).result()
    wait.for_(0.001).result()
    return total + leaf.trigger_and_wait(3).result().unwrap()
