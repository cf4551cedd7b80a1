"""`--profile`: where the processor time of one run goes, thread by thread and function by function.

py-spy looks from outside a thousand times a second and counts only threads that are on a processor, so that the
program runs at its own speed, waiting costs nothing, and time is not charged to whoever happens to release the
interpreter's lock, as it is by samplers inside the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import peers
from benchmarks.benchmark import Benchmark
from benchmarks.lab import ROOT, Order
from benchmarks.ledger import ENVIRONMENT_NAME
from benchmarks.run import SCRATCH
from benchmarks.subjects import RUNCAST

SAMPLES_PER_S = 1_000
RUNS = 50_000
SHOWN_US = 0.3
"""Functions that take less of a run are left out."""
TIMEOUT_S = 180


@dataclass
class _Thread:
    """Samples of one thread: all, by innermost function, and by every function on the stack."""

    samples: int = 0
    own: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    total: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, stack: Sequence[str], samples: int) -> None:
        self.samples += samples
        self.own[stack[-1]] += samples
        for function in set(stack):
            self.total[function] += samples


def print_profile(benchmarks: Sequence[Benchmark]) -> int:
    """Profile Runcast in each of the benchmarks, and print a table for each thread."""
    peers.ensure_installed()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for benchmark in benchmarks:
        size = {**benchmark.size, **({"runs": RUNS} if benchmark.name == "throughput" else {})}
        runs = size.get("runs") or size.get("children")
        if runs is None:
            print(f"{benchmark.name} does not count runs: it cannot be profiled.", file=sys.stderr)
            return 2
        with tempfile.TemporaryDirectory(dir=SCRATCH) as directory:
            _print_threads(benchmark.name, runs, _threads(_recorded(benchmark, size, Path(directory))))
    return 0


def _recorded(benchmark: Benchmark, size: dict[str, int], directory: Path) -> str:
    """Stacks with their counts, as py-spy writes them."""
    measurement = benchmark.measure
    order = Order(measurement.__module__, measurement.__name__, RUNCAST, size, str(directory), str(directory))
    found = directory / "stacks"
    recorder = [str(peers.PYTHON.with_name("py-spy")), "record", "--rate", str(SAMPLES_PER_S), "--format", "raw"]
    recorder += ["--threads", "--full-filenames", "--nonblocking"]
    subprocess.run(
        [*recorder, "--output", str(found), "--", sys.executable, "-m", "benchmarks.one", json.dumps(asdict(order))],
        cwd=ROOT,
        env={**os.environ, ENVIRONMENT_NAME: f"{directory}/ledger"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=True,
    )
    return found.read_text()


def _threads(stacks: str) -> dict[str, _Thread]:
    """By name. A line is `thread (…);outermost (file:line);…;innermost (file:line) count`."""
    threads: defaultdict[str, _Thread] = defaultdict(_Thread)
    for line in stacks.splitlines():
        frames, _, count = line.rpartition(" ")
        thread, *stack = frames.split(";")
        if stack:
            threads[thread.rpartition(":")[2].strip(" )")].add([_function(frame) for frame in stack], int(count))
    return threads


def _function(frame: str) -> str:
    """`folder/file.py:function` of `function (path:line)`."""
    name, _, place = frame.partition(" (")
    path = Path(place.rpartition(":")[0] or place)
    return f"{path.parent.name}/{path.name}:{name}"


def _print_threads(name: str, runs: int, threads: dict[str, _Thread]) -> None:
    console = Console(width=None if Console().is_terminal else 130)
    sample_us = 1e6 / SAMPLES_PER_S / runs
    for thread_name, thread in sorted(threads.items(), key=lambda item: -item[1].samples):
        if thread.samples * sample_us < SHOWN_US:
            continue
        table = Table(title=f"{name}, {thread_name}: {thread.samples * sample_us:.1f} µs of processor time a run")
        for heading in ("own µs", "with callees µs"):
            table.add_column(heading, justify="right")
        table.add_column("function")
        for function, samples in sorted(thread.own.items(), key=lambda item: -item[1]):
            if samples * sample_us >= SHOWN_US:
                table.add_row(f"{samples * sample_us:.1f}", f"{thread.total[function] * sample_us:.1f}", function)
        console.print(table)
