"""`sleepers`: thousands of runs triggered together that all sleep durably: how soon, how exactly, at what memory."""

from __future__ import annotations

import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab
from benchmarks.latency import percentile
from benchmarks.ledger import until
from benchmarks.machine import resident_mb


async def measure(lab: Lab) -> Values:
    values = await resident(lab)
    if lab.order.subject == "runcast":
        values |= await lab.again("evicted")
    return values


async def resident(lab: Lab) -> Values:
    """Coroutines stay in memory while they sleep."""
    runs, seconds = lab.size["runs"], lab.size["seconds"]
    ledger = lab.ledger(runs)
    async with lab.subject() as subject:
        before = resident_mb()
        begun = time.perf_counter()
        await subject.sleepers(runs, seconds)
        await subject.until_asleep(runs)
        asleep = time.perf_counter() - begun
        memory = resident_mb() - before
        await until(lambda: ledger.ended_count(runs) == runs, every_s=0.05)
    late = [(ledger.ended[row] - ledger.started[row]) / 1e6 - seconds * 1000 for row in range(runs)]
    return {"all_asleep": asleep, "late_p99": percentile(late, 99), "memory": memory}


async def evicted(lab: Lab) -> Values:
    """Coroutines leave memory at once (`evict_after=0`); no-ops before that fill the allocator's pools."""
    runs, seconds = lab.size["runs"], lab.size["seconds"]
    ledger = lab.ledger(runs)
    async with lab.subject(evict_after_s=0) as subject:
        await (await subject.noops(runs))()
        before = resident_mb()
        await subject.sleepers(runs, seconds)
        await subject.until_asleep(runs)
        memory = resident_mb() - before
        await until(lambda: ledger.ended_count(runs) == runs, every_s=0.05)
    return {"evicted_memory_per_run": max(0.0, memory) * 1e6 / runs / 1024}


BENCHMARK = Benchmark(
    name="sleepers",
    summary="10,000 runs triggered together, each asleep for 30 s (DBOS: 1,000)",
    measure=measure,
    metrics=(
        Metric("all_asleep", "s", reach=4, aim=1.5),
        Metric("late_p99", "ms", reach=200, aim=80),
        Metric("memory", "MB", reach=100, aim=30),
        Metric("evicted_memory_per_run", "KiB", reach=1),
    ),
    size={"runs": 10_000, "seconds": 30},
    quick={"seconds": 5},
    tiny={"runs": 10, "seconds": 1},
    peers=("dbos",),
    peer_size={"dbos": {"runs": 1_000}},
    peer_quick={"dbos": {"runs": 300}},
    timeout_s=300,
)
