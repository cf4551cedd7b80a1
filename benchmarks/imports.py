"""`imports`: what it costs to import the package, to start its command, and to keep an idle worker."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab
from benchmarks.machine import resident_mb
from benchmarks.subjects import create_subject

IDLE_S = 0.5
_TIMED_IMPORT = "import time; begun = time.perf_counter(); import {}; print(time.perf_counter() - begun)"


async def measure(lab: Lab) -> Values:
    lab.ledger(1)
    subject = create_subject(lab.order.subject, lab.database)
    times = lab.size["times"]
    imports = [await asyncio.to_thread(_import_s, subject.package) for _ in range(times + 1)]
    helps = [await asyncio.to_thread(_help_s, subject.command) for _ in range(times + 1)]
    return {
        "import": statistics.median(imports[1:]) * 1000,
        "help": statistics.median(helps[1:]) * 1000,
        **await lab.again("idle"),
    }


async def idle(lab: Lab) -> Values:
    """The memory of a process whose worker has run one task and waits for more."""
    lab.ledger(1)
    async with lab.subject():
        await asyncio.sleep(IDLE_S)
        return {"idle_memory": resident_mb()}


def _import_s(package: str) -> float:
    command = [sys.executable, "-c", _TIMED_IMPORT.format(package)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _help_s(command: str) -> float:
    begun = time.perf_counter()
    subprocess.run([Path(sys.executable).with_name(command), "--help"], capture_output=True, check=True)
    return time.perf_counter() - begun


BENCHMARK = Benchmark(
    databases=("sqlite",),
    name="imports",
    summary="importing the package; its command's --help; memory of an idle worker",
    measure=measure,
    metrics=(
        Metric("import", "ms", reach=100, aim=80),
        Metric("help", "ms", reach=250, aim=150),
        Metric("idle_memory", "MB", reach=70, aim=45),
    ),
    size={"times": 5},
    quick={"times": 3},
    tiny={"times": 1},
    peers=("dbos",),
)
