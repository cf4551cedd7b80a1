"""`schedules`: what ten thousand idle schedules cost, and how late a tick's body starts while they are there."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab
from benchmarks.latency import percentile
from runcast import ScheduledRun, schedules, task

AT_ONCE = 500


_late_ms: list[float] = []
"""How late each body of `ticked` started. Filled in the embedded worker's thread: bodies are in this process."""


@task
async def ticked(tick: ScheduledRun) -> None:
    _late_ms.append((time.time() - tick.timestamp.timestamp()) * 1000)


async def measure(lab: Lab) -> Values:
    """Throughput with and without in turns, each in a process of its own that made none of the schedules."""
    empty, full = await _file(lab, 0), await _file(lab, lab.size["entries"])
    plain: list[Values] = []
    beside: list[Values] = []
    for turn in range(lab.size["rounds"]):
        for file, found in ((empty, plain), (full, beside)):
            copy = lab.directory / f"{file.stem}-{turn}.db"
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("vacuum into ?", (str(copy),))
            found.append(await lab.again("noops", database=str(copy)))
    return {
        "throughput_ratio": max(one["runs_per_s"] for one in beside) / max(one["runs_per_s"] for one in plain),
        "cpu_ratio": min(one["cpu_s"] for one in beside) / min(one["cpu_s"] for one in plain),
        **await lab.again("lateness"),
    }


async def noops(lab: Lab) -> Values:
    """A bulk of no-op runs: how many a second, and what they cost whoever else is on this machine."""
    runs = lab.size["runs"]
    lab.ledger(runs)
    async with lab.subject() as subject:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        await (await subject.noops(runs))()
        return {"runs_per_s": runs / (time.perf_counter() - begun), "cpu_s": time.process_time() - begun_cpu}


async def _file(lab: Lab, entries: int) -> Path:
    """A database with so many schedules."""
    path = lab.directory / f"{entries}-schedules.db"
    await lab.again("fill", database=str(path), size={"entries": entries})
    return path


async def fill(lab: Lab) -> Values:
    """Create the schedules, and end."""
    lab.ledger(1)
    async with lab.subject():
        await _fill(lab.size["entries"])
    return {}


async def lateness(lab: Lab) -> Values:
    """How late bodies start of schedules that tick every second, one of them at a time, then all at once."""
    lab.ledger(1)
    async with lab.subject():
        begun = time.perf_counter()
        await _fill(lab.size["entries"])
        created = time.perf_counter() - begun
        one = await _late(lab, 1)
        several = await _late(lab, lab.size["together"])
    return {"late_p99": percentile(one, 99), "together_p99": percentile(several, 99), "create": created}


async def _late(lab: Lab, count: int) -> list[float]:
    """The lateness of `count` schedules that tick together, for some seconds."""
    made = [await schedules.create(ticked, cron="* * * * * *") for _ in range(count)]
    await asyncio.sleep(1.5)
    _late_ms.clear()
    await asyncio.sleep(lab.size["seconds"])
    for schedule in made:
        await schedules.delete(schedule.id)
    return list(_late_ms)


async def _fill(entries: int) -> None:
    """Schedules of every kind of rule that do not tick while this is measured."""
    for begin in range(0, entries, AT_ONCE):
        await asyncio.gather(
            *[
                schedules.create(
                    ticked,
                    cron=f"{number % 60} {number % 24} {1 + number % 28} 1 *",
                    timezone=("UTC", "Europe/Zurich", "America/New_York")[number % 3],
                    deduplication_key=f"idle {number}",
                )
                for number in range(begin, min(begin + AT_ONCE, entries))
            ]
        )


BENCHMARK = Benchmark(
    databases=("sqlite",),
    name="schedules",
    summary="10,000 idle schedules: what they cost a bulk of no-op runs, and how late a tick's body starts beside them",
    measure=measure,
    metrics=(
        Metric("throughput_ratio", "of without", higher_is_better=True, reach=0.95, aim=0.99),
        Metric("cpu_ratio", "of without", reach=1.05, aim=1.01),
        Metric("late_p99", "ms", reach=50, aim=10),
        Metric("together_p99", "ms", reach=250, aim=100),
        Metric("create", "s"),
    ),
    size={"entries": 10_000, "runs": 10_000, "seconds": 20, "together": 100, "rounds": 4},
    quick={"seconds": 3, "rounds": 2},
    tiny={"entries": 5, "runs": 20, "seconds": 2, "together": 2, "rounds": 1},
    timeout_s=300,
)
