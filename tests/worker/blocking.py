"""Tasks that block the event loop they run on, as people do by mistake, and tasks that run beside them."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task

BLOCKED_S = 2.0
"""More than two leases of `test_blocked_loop`; each body blocks twice."""
STEPS = 8

REGISTRY = Registry()


def _note(path: str, line: str) -> int:
    """How often this was noted, now included."""
    with Path(path).open("a") as file:
        file.write(f"{line}\n")
    return Path(path).read_text().split().count(line)


def noted(path: Path, line: str) -> int:
    """How often this was noted by any process."""
    return path.read_text().split().count(line) if path.exists() else 0


@step
async def first(path: str) -> int:
    return _note(path, "first")


@step
async def take(path: str, number: int) -> None:
    _note(path, f"step-{number}")


@task(registry=REGISTRY)
async def block(path: str) -> int:
    """Waits in a way that lets nobody else go on."""
    executions = _note(path, "blocked")
    for _ in range(2):
        threading.Event().wait(BLOCKED_S)
        await first(path)
    return executions


@task(registry=REGISTRY)
async def compute(path: str) -> int:
    """Computes where it should use a process."""
    executions = _note(path, "blocked")
    for _ in range(2):
        end = time.monotonic() + BLOCKED_S
        while time.monotonic() < end:
            pass
        await first(path)
    return executions


@task(registry=REGISTRY)
async def neighbour(path: str) -> int:
    for number in range(STEPS):
        await take(path, number)
    return STEPS


@task(registry=REGISTRY)
async def hold(path: str) -> int:
    """The first execution goes on for ever; another says which process it is in."""
    await first(path)
    if _note(path, "held") == 1:
        try:
            await asyncio.Event().wait()
        finally:
            _note(path, "stopped")
    return os.getpid()
