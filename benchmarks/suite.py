"""All benchmarks by name, in the order in which they are run and shown."""

from __future__ import annotations

from benchmarks import (
    api,
    fanout,
    history,
    http_retry,
    imports,
    latency,
    lists,
    live,
    recovery,
    schedules,
    sleepers,
    steps,
    throughput,
    trace_page,
)
from benchmarks.benchmark import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        throughput.BENCHMARK,
        latency.BENCHMARK,
        fanout.BENCHMARK,
        sleepers.BENCHMARK,
        schedules.BENCHMARK,
        history.BENCHMARK,
        steps.BENCHMARK,
        recovery.BENCHMARK,
        imports.BENCHMARK,
        http_retry.BENCHMARK,
        live.BENCHMARK,
        api.BENCHMARK,
        lists.BENCHMARK,
        trace_page.BENCHMARK,
    )
}
