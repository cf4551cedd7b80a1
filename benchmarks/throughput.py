"""`throughput`: no-op runs from the bulk trigger to the last result."""

from __future__ import annotations

import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab


async def measure(lab: Lab) -> Values:
    runs = lab.size["runs"]
    lab.ledger(runs)
    async with lab.subject() as subject:
        begun = time.perf_counter()
        results = await subject.noops(runs)
        triggered = time.perf_counter()
        await results()
        ended = time.perf_counter()
    return {"runs_per_s": runs / (ended - begun), "triggers_per_s": runs / (triggered - begun)}


BENCHMARK = Benchmark(
    name="throughput",
    summary="10,000 no-op async runs, bulk trigger to last result, one process, full durability, history kept",
    measure=measure,
    metrics=(
        Metric("runs_per_s", "runs/s", higher_is_better=True, reach=15_000, aim=25_000, on_postgres=(6_000, 14_000)),
        Metric("triggers_per_s", "runs/s", higher_is_better=True),
    ),
    size={"runs": 10_000},
    quick={},
    tiny={"runs": 50},
    peers=("huey", "procrastinate"),
    peer_size={"procrastinate": {"runs": 1_000}},
    peer_quick={"huey": {"runs": 3_000}},
    timeout_s=60,
)
