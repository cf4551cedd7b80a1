"""The tasks of the chaos test: families of units under limits, which write down when their bodies run."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from runcast import Queue, Retry, current_run, metadata, step, task, wait
from runcast.sdk.execution import current_execution

LEDGER = "CHAOS_LEDGER"
"""Environment variable: the file that all processes append to."""
UNITS = 6
TOTAL = 4
PER_KEY = 2
narrow = Queue("narrow", concurrency=TOTAL, per_key=PER_KEY)


@contextmanager
def noted(what: str) -> Iterator[None]:
    """A line when it starts and one when it ends, however it ends."""
    execution = current_execution()
    assert execution is not None
    run = current_run()
    line = {"what": what, "run": run.id, "epoch": execution.epoch, "key": run.concurrency_key, "pid": os.getpid()}
    _write({**line, "event": "start", "at": time.monotonic_ns()})
    try:
        yield
    finally:
        _write({**line, "event": "end", "at": time.monotonic_ns()})


def _write(line: dict[str, object]) -> None:
    descriptor = os.open(os.environ[LEDGER], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps(line) + "\n").encode())
    os.close(descriptor)


@step
async def work(number: int) -> int:
    with noted(f"step {number}"):
        await asyncio.sleep(0.005 + 0.01 * (number % 4))
    return number * number


@task(queue=narrow, retry=Retry(3, min_s=0.01))
async def unit(number: int) -> int:
    """A step under a limit; some fail after it, at their first attempt."""
    with noted("body"):
        value = await work(number)
        if number % 5 == 3 and current_run().attempt == 1:
            raise ValueError("the first attempt fails")
    metadata.parent.increment("units")
    return value


@step
def weigh(number: int) -> int:
    with noted(f"step {number}"):
        threading.Event().wait(0.01)
    return number * number


@task(queue=narrow, retry=Retry(3, min_s=0.01))
def grind(number: int) -> int:
    """The same as a unit, on a thread."""
    with noted("body"):
        value = weigh(number).result()
    metadata.parent.increment("units")
    return value


@task
async def family(first: int) -> int:
    """Units in parallel, a wait, and units in a batch."""
    numbers = range(first, first + UNITS // 2)
    one = await asyncio.gather(
        *[unit.options(concurrency_key=f"k{number % 3}").trigger_and_wait(number).unwrap() for number in numbers]
    )
    await wait.for_(0.05)
    items = [grind.options(concurrency_key=f"k{number % 3}").item(number) for number in numbers]
    two = [result.unwrap() for result in await grind.batch_trigger_and_wait(items)]
    metadata.increment("done")
    return sum([*one, *two])
