"""`fanout`: a durable parent with 1,000 children of 50 ms, 100 at a time; what the engine adds to the ideal time."""

from __future__ import annotations

import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab

CHILD_S = 0.05
LIMIT = 100


async def measure(lab: Lab) -> Values:
    children = lab.size["children"]
    lab.ledger(children + 1)
    async with lab.subject(slots=LIMIT + 1) as subject:
        begun = time.perf_counter()
        await subject.fanout(children)
        elapsed = time.perf_counter() - begun
    ideal = -(-children // LIMIT) * CHILD_S
    return {"makespan": elapsed, "overhead_per_child": (elapsed - ideal) / children * 1000}


BENCHMARK = Benchmark(
    name="fanout",
    summary="a durable parent with 1,000 children of 50 ms, 100 at a time (ideal 0.5 s)",
    measure=measure,
    metrics=(Metric("overhead_per_child", "ms", reach=0.3, aim=0.1, on_postgres=(0.5, 0.1)), Metric("makespan", "s")),
    size={"children": 1_000},
    quick={},
    tiny={"children": 5},
    peers=("huey", "dbos"),
    peer_quick={"dbos": {"children": 150}},
)
