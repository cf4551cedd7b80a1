"""`--profile`: where the time of one run goes, thread by thread and function by function."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.benchmark import Benchmark, Values
from benchmarks.lab import Order, Process
from benchmarks.run import SCRATCH
from benchmarks.sampler import ALL
from benchmarks.subjects import RUNCAST

RUNS = 20_000
SHOWN = 18
"""Functions shown for each thread."""


def print_profile(benchmarks: Sequence[Benchmark]) -> int:
    """Profile Runcast in each of the benchmarks, and print tables."""
    if not hasattr(time, "pthread_getcpuclockid"):
        print("--profile needs the processor time of single threads, which this system does not tell.", file=sys.stderr)
        return 2
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for benchmark in benchmarks:
        if "runs" not in benchmark.size:
            print(f"{benchmark.name} does not count runs: it cannot be profiled.", file=sys.stderr)
            return 2
        with tempfile.TemporaryDirectory(dir=SCRATCH) as directory:
            size = {**benchmark.size, **({"runs": RUNS} if benchmark.name == "throughput" else {})}
            order = Order(benchmark.measure.__module__, "measure", RUNCAST, size, directory, directory, profile=True)
            _print_threads(benchmark.name, Process(sys.executable, order).values(benchmark.timeout_s))
    return 0


def _print_threads(name: str, values: Values) -> None:
    console = Console(width=None if Console().is_terminal else 130)
    console.print({metric: round(value, 2) for metric, value in values.items() if "\t" not in metric})
    threads = {key.split("\t")[1]: value for key, value in values.items() if key.endswith(f"\t{ALL}")}
    for thread, whole in sorted(threads.items(), key=lambda item: -item[1]):
        table = Table(title=f"{name}, thread {thread}: {whole:.1f} µs of processor time a run")
        for heading in ("own µs", "with callees µs"):
            table.add_column(heading, justify="right")
        table.add_column("function")
        own = {key.split("\t")[2]: value for key, value in values.items() if key.startswith(f"own\t{thread}\t")}
        for function, spent in sorted(own.items(), key=lambda item: -item[1])[:SHOWN]:
            total = values[f"total\t{thread}\t{function}"]
            table.add_row(f"{spent:.2f}", f"{total:.2f}", function)
        console.print(table)
