"""`sleepers`: thousands of runs triggered together that all sleep durably: how soon, how exactly, at what memory."""

from __future__ import annotations

import time

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab
from benchmarks.latency import percentile
from benchmarks.ledger import Ledger, until
from benchmarks.machine import private_mb
from benchmarks.subjects import Subject

SAMPLES = 1_000
"""Sleepers whose lateness is looked up."""
WARM_UP = 5
"""No-ops for each sleeper, before memory is measured."""


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
        before = private_mb()
        begun = time.perf_counter()
        await subject.sleepers(runs, seconds)
        await subject.until_asleep(runs)
        asleep = time.perf_counter() - begun
        memory = private_mb() - before
        await until(lambda: ledger.ended_count(runs) == runs, every_s=0.05)
        late = [await _late_ms(subject, ledger, row, seconds) for row in range(0, runs, max(1, runs // SAMPLES))]
    return {"all_asleep": asleep, "late_p99": percentile(late, 99), "memory": memory}


async def _late_ms(subject: Subject, ledger: Ledger, row: int, seconds: int) -> float:
    """How long after its own due time a body went on (due as recorded, else counted from before its call)."""
    due_ms = await subject.due_ms(row)
    if due_ms is None:
        due_ms = ledger.started[row] / 1e6 + seconds * 1000
    return ledger.ended[row] / 1e6 - due_ms


async def evicted(lab: Lab) -> Values:
    """Coroutines leave memory at once (`evict_after=0`).

    What thousands of runs at once leave behind for good, the allocator's pools and the database's bounded page cache,
    is there before: many no-ops and a first round of sleepers fill it.
    """
    runs, seconds = lab.size["runs"], lab.size["seconds"]
    lab.ledger(WARM_UP * runs)
    async with lab.subject(evict_after_s=0) as subject:
        await (await subject.noops(WARM_UP * runs))()
        await _asleep_and_awake(lab, subject, runs, 1)
        memory = await _asleep_and_awake(lab, subject, runs, seconds)
    return {"evicted_memory_per_run": max(0.0, memory) * 1e6 / runs / 1024}


async def _asleep_and_awake(lab: Lab, subject: Subject, runs: int, seconds: int) -> float:
    """Let that many runs sleep and wake; the megabytes that they took while they slept."""
    ledger = lab.ledger(runs)
    before = private_mb()
    await subject.sleepers(runs, seconds)
    await subject.until_asleep(runs)
    memory = private_mb() - before
    await until(lambda: ledger.ended_count(runs) == runs, every_s=0.05)
    return memory


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
    quick={"runs": 5_000, "seconds": 3},
    tiny={"runs": 10, "seconds": 1},
    peers=("dbos",),
    peer_size={"dbos": {"runs": 1_000}},
    peer_quick={"dbos": {"runs": 150}},
    timeout_s=300,
)
