"""`recovery`: `SIGKILL` in the middle of a fan-out, restart at once: how soon it is done, and what ran twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import Lab, MeasurementFailed
from benchmarks.ledger import until

UNRECORDED_NS = 100_000_000
"""A body that ended this shortly before the kill may not have been recorded yet: it counts as in flight."""
WATCH_S = 0.002
LIFETIME_S = 60


async def measure(lab: Lab) -> Values:
    children = lab.size["children"]
    ledger = lab.ledger(children + 1)
    first = lab.start("live", life=1)
    await _seen(lambda: ledger.started_count(children) >= children // 2, first.is_running)
    killed_at = time.time_ns()
    first.kill()
    ended = ledger.ended[:children].tolist()
    restarted = time.perf_counter()
    second = lab.start("live", life=2)
    try:
        await _seen(lambda: ledger.ended[children] > 0, second.is_running)
        elapsed = time.perf_counter() - restarted
    finally:
        second.kill()
    twice = [row for row in range(children) if ledger.times[row] > 1]
    return {
        "done_after_restart": elapsed,
        "bodies_run_twice": float(len(twice)),
        "finished_bodies_run_twice": float(sum(0 < ended[row] < killed_at - UNRECORDED_NS for row in twice)),
    }


async def live(lab: Lab) -> Values:
    """A process that works until it is killed; the first one starts the parent."""
    async with lab.subject() as subject:
        if lab.size["life"] == 1:
            await subject.fanout(lab.size["children"])
        await asyncio.sleep(LIFETIME_S)
    return {}


async def _seen(reached: Callable[[], bool], running: Callable[[], bool]) -> None:
    await until(lambda: reached() or not running(), every_s=WATCH_S)
    if not reached():
        raise MeasurementFailed("the process under test ended too soon")


BENCHMARK = Benchmark(
    name="recovery",
    summary="kill -9 in the middle of 1,000 children, restart: the parent's end, and bodies that ran twice",
    measure=measure,
    metrics=(
        Metric("done_after_restart", "s", reach=2.5, aim=1),
        Metric("bodies_run_twice", "runs", reach=100),
        Metric("finished_bodies_run_twice", "runs", reach=0, aim=0),
    ),
    size={"children": 1_000},
    quick={},
    tiny={"children": 20},
    peers=("dbos",),
    peer_quick={"dbos": {"children": 150}},
)
