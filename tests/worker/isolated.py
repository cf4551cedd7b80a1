"""Tasks with a process of their own: at the top of a module, where the child process finds them."""

from __future__ import annotations

import asyncio
import os
import resource
import signal

from runcast.domain.retry import Retry
from runcast.sdk import wait
from runcast.sdk.info import current_run
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


BIGGER = Retry(max_attempts=1, min_s=0.01, out_of_memory="large-1x")


def _devour() -> int:
    """More than this process may have."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    return len(bytearray(4 << 30))


@task(registry=registry, isolation="process", retry=BIGGER)
def greedy(everywhere: bool = False) -> str | None:
    machine = current_run().machine
    if machine != "large-1x" or everywhere:
        _devour()
    return machine


@task(registry=registry, isolation="process", retry=BIGGER)
async def killed(everywhere: bool = False) -> str | None:
    machine = current_run().machine
    if machine != "large-1x" or everywhere:
        os.kill(os.getpid(), signal.SIGKILL)
    return machine


@task(registry=registry, isolation="process", retry=Retry(max_attempts=2, min_s=0.01))
def greedy_here() -> None:
    _devour()


@task(registry=registry, isolation="process")
async def killed_here() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
