"""`latency`: from calling `trigger()` on an idle worker to the body's start, and to the result seen by the caller."""

from __future__ import annotations

import asyncio
import statistics
import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab

PACE_S = 0.02
"""Between two triggers, so that everything is idle again."""
SLOTS = 4
"""More than one only helps peers whose idle threads poll in turn."""


async def measure(lab: Lab) -> Values:
    runs = lab.size["runs"]
    ledger = lab.ledger(runs)
    called, acknowledged, seen = [0] * runs, [0] * runs, [0] * runs
    async with lab.subject(slots=SLOTS) as subject:
        for row in range(runs):
            await asyncio.sleep(PACE_S)
            called[row] = time.time_ns()
            result = await subject.noop(row)
            acknowledged[row] = time.time_ns()
            await result()
            seen[row] = time.time_ns()
    starts = [(ledger.started[row] - called[row]) / 1e6 for row in range(runs)]
    results = [(seen[row] - called[row]) / 1e6 for row in range(runs)]
    triggers = [(acknowledged[row] - called[row]) / 1e6 for row in range(runs)]
    return {
        "start_p50": statistics.median(starts),
        "start_p99": percentile(starts, 99),
        "result_p50": statistics.median(results),
        "trigger_p50": statistics.median(triggers),
    }


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that at least `percent` of a hundred values do not exceed."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


BENCHMARK = Benchmark(
    name="latency",
    summary="an idle worker: trigger() called to body started, and to the result seen by the caller",
    measure=measure,
    metrics=(
        Metric("start_p50", "ms", reach=1, aim=0.4, fsyncs=1, on_postgres=(3, 0.8)),
        Metric("start_p99", "ms", reach=6, aim=1.5, fsyncs=1, on_postgres=(12, 3)),
        Metric("result_p50", "ms", reach=2, aim=0.7, fsyncs=2),
        Metric("trigger_p50", "ms"),
    ),
    size={"runs": 300},
    quick={"runs": 100},
    tiny={"runs": 3},
    peers=("huey", "procrastinate"),
)
