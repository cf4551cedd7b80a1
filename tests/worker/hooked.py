"""Tasks with hooks at the top of a module, where a process of their own finds them."""

from __future__ import annotations

import os
from pathlib import Path

from runcast import hooks, logger, metadata, step, usage, wait
from runcast.sdk.registry import Registry
from runcast.sdk.task import task

registry = Registry()


@task(registry=registry, isolation="process")
async def apart(n: int) -> int:
    await wait.for_(0.01)
    usage.add("apart", n, cost="0.25")
    return n


@apart.middleware
async def _around(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
    metadata.set("process", await step(os.getpid)())
    await call_next()


@apart.on_success
def _thank(success: hooks.Success[int]) -> None:
    metadata.set("thanked", success.output)


@task(registry=registry)
def looping(path: str) -> None:
    """Goes on until it notices its cancel, at a durable call."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("started ")
    while True:
        wait.for_(0).result()


@looping.on_cancel
def _canceled(attempt: hooks.Attempt) -> None:
    with Path(attempt.arguments["path"]).open("a", encoding="utf-8") as file:
        file.write("canceled")


@task(registry=registry)
def waits_on_a_thread() -> str:
    wait.for_(0.01).result()
    return "done"


@waits_on_a_thread.on_complete
async def _complete(completion: hooks.Completion[str]) -> None:
    await wait.for_(0.01)
    logger.info("completed")
