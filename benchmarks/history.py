"""`history`: throughput, latency and fan-out with 1,000,000 finished runs in the file, against an empty file."""

from __future__ import annotations

from pathlib import Path

from benchmarks import fanout, latency, throughput
from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.finished import copy_finished_run
from benchmarks.lab import Lab


async def measure(lab: Lab) -> Values:
    """Each workload on an empty file, then on the full one, so that both meet the same neighbours."""
    full = await _full_file(lab)
    values: Values = {}
    for benchmark, metric in ((throughput, "runs_per_s"), (latency, "start_p50"), (fanout, "makespan")):
        name = benchmark.BENCHMARK.name
        size = _size(lab, name)
        empty_value = (await lab.again("measure", module=benchmark.__name__, size=size))[metric]
        full_value = (await lab.again("measure", module=benchmark.__name__, size=size, database=str(full)))[metric]
        is_rate = metric == "runs_per_s"
        values[f"{name}_ratio"] = full_value / empty_value if is_rate else empty_value / full_value
        values[f"{name}_{metric}"] = full_value
    return values


def _size(lab: Lab, name: str) -> dict[str, int]:
    """The workload's own size, under the names that its module knows."""
    return {"children": lab.size["children"]} if name == "fanout" else {"runs": lab.size[f"{name}_runs"]}


async def _full_file(lab: Lab) -> Path:
    """The file with finished runs, made by the first repetition of an invocation and used by all."""
    path = lab.shared / "history.db"
    if not path.exists():
        await lab.again("one_finished_run", database=str(path))
        copy_finished_run(path, lab.size["finished"])
    return path


async def one_finished_run(lab: Lab) -> Values:
    """A real run, finished: what the copies are made from."""
    lab.ledger(1)
    async with lab.subject():
        return {}


BENCHMARK = Benchmark(
    databases=("sqlite",),
    name="history",
    summary="the first three with 1,000,000 finished runs in the file, as a share of the empty file's rate",
    measure=measure,
    metrics=(
        Metric("throughput_ratio", "of empty", higher_is_better=True, reach=0.85, aim=1),
        Metric("latency_ratio", "of empty", higher_is_better=True, reach=0.85, aim=1),
        Metric("fanout_ratio", "of empty", higher_is_better=True, reach=0.85, aim=1),
        Metric("throughput_runs_per_s", "runs/s", higher_is_better=True),
        Metric("latency_start_p50", "ms"),
        Metric("fanout_makespan", "s"),
    ),
    size={"finished": 1_000_000, "throughput_runs": 10_000, "latency_runs": 300, "children": 1_000},
    quick={"finished": 200_000, "latency_runs": 100},
    tiny={"finished": 100, "throughput_runs": 20, "latency_runs": 2, "children": 3},
    timeout_s=300,
)
