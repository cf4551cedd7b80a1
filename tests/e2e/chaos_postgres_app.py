"""The tasks of the chaos test on PostgreSQL: those of the other one, one that streams, and one on a schedule."""

from __future__ import annotations

import asyncio

from runcast import Retry, Schedule, step, streams, task
from tests.e2e.chaos_app import family, grind, unit
from tests.e2e.chaos_postgres_process import PARTS

__all__ = ["family", "grind", "pulse", "tell", "unit"]


@step
async def linger(number: int) -> int:
    await asyncio.sleep(0.03)
    return number


@task(retry=Retry(3, min_s=0.01))
async def tell() -> int:
    """A part of a stream before every step."""
    for number in range(PARTS):
        streams.append("numbers", number)
        await linger(number)
    return PARTS


@task(schedule=Schedule("* * * * * *"))
async def pulse() -> None:
    """Once a second."""
