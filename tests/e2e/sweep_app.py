"""The program of the crash-point sweep: children, steps, waits, effects, one of each kind of record."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from runcast import Retry, artifacts, logger, metadata, now, select, step, streams, tags, task, wait
from runcast.sdk.registry import Registry

REGISTRY = Registry()
LEDGER = "SWEEP_LEDGER"
"""Environment variable: the file to which steps write, outside of any transaction."""


def note(what: str) -> None:
    """One line in the ledger: written at once, whole, and there whatever happens next."""
    descriptor = os.open(os.environ[LEDGER], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps(what) + "\n").encode())
    os.close(descriptor)


@step(retry=Retry(3, min_s=0.001))
async def double(number: int) -> int:
    note(f"double {number}")
    metadata.increment("doubled")
    streams.append("numbers", number)
    return 2 * number


@task(registry=REGISTRY)
async def child(number: int) -> int:
    logger.info(f"child {number}")
    metadata.parent.increment("children")
    streams.append("progress", number, target="parent")
    return await double(number)


@task(registry=REGISTRY, retry=Retry(2, min_s=0.001))
async def flaky(number: int) -> int:
    """Fails at its first attempt, after a step that the second does not repeat."""
    from runcast import current_run

    value = await double(number)
    if current_run().attempt == 1:
        raise ValueError("the first attempt fails")
    return value


@task(registry=REGISTRY)
async def sweep() -> dict[str, Any]:
    tags.add("sweep")
    started = now()
    first, second, third = await asyncio.gather(
        double(1), child.trigger_and_wait(2).unwrap(), flaky.trigger_and_wait(3).unwrap()
    )
    batch = [result.unwrap() for result in await child.batch_trigger_and_wait([4, 5])]
    handle = await child.options(idempotency_key="once").trigger(6)
    await wait.for_(0.001)
    approval = await wait.create_token(str, tags="approval")
    winner, _ = await select(wait.for_token(approval), wait.for_("1h"))
    answer = (await wait.for_token(approval)).unwrap()
    artifacts.add("report.txt", f"{first} {second} {third}")
    metadata.set("winner", winner)
    return {
        "numbers": [first, second, third, *batch],
        "answer": answer,
        "winner": winner,
        "fired": await handle.result(),
        "dated": started.tzinfo is not None,
    }
