"""What the hosts execute: runs of three steps, each written down by whoever did it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from runcast import Queue, step, task


def write_down(line: str) -> None:
    with Path(os.environ["WITNESS"]).open("a") as witness:
        witness.write(line)


@step
async def note(number: int, place: int) -> str:
    await asyncio.sleep(0.3)
    host = os.environ["HOST_NAME"]
    write_down(f"{number} {place} {host}\n")
    return host


@task(queue=Queue("few", concurrency=6))
async def chain(number: int) -> list[str]:
    return [await note(number, place) for place in range(3)]
