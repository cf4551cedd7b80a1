"""`steps`: durable runs of two steps each, triggered together."""

from __future__ import annotations

import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab


async def measure(lab: Lab) -> Values:
    runs = lab.size["runs"]
    lab.ledger(runs)
    async with lab.subject() as subject:
        begun = time.perf_counter()
        results = await subject.steps(runs)
        await results()
        elapsed = time.perf_counter() - begun
    return {"runs_per_s": runs / elapsed}


BENCHMARK = Benchmark(
    name="steps",
    summary="1,000 durable runs of two steps, bulk trigger to last result",
    measure=measure,
    metrics=(Metric("runs_per_s", "runs/s", higher_is_better=True, reach=2_000, aim=8_000),),
    size={"runs": 1_000},
    quick={},
    tiny={"runs": 5},
    peers=("dbos",),
    peer_quick={"dbos": {"runs": 150}},
)
