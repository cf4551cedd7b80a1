"""Runs benchmarks: every measurement in a fresh process and directory, subjects in turn, medians of the repetitions."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import peers
from benchmarks.benchmark import Benchmark, Values
from benchmarks.databases import serving
from benchmarks.lab import ROOT, MeasurementFailed, Order, Process
from benchmarks.machine import ForeignLoad, sync_ms, wait_for_quiet
from benchmarks.report import FOREIGN, FSYNC, MACHINE, Record
from benchmarks.subjects import PEERS_OF, RUNCAST

SCRATCH = ROOT / "build" / "benchmarks"
"""On the repository's own file system: a temporary directory in memory would hide the cost of durability."""

PATIENCE_S = 5.0
QUICK_PATIENCE_S = 0.5
"""How long each measurement waits for other processes to be quiet."""


@dataclass
class Suite:
    """One invocation: what it runs, and what failed."""

    database: str
    peers: Sequence[str]
    quick: bool
    failures: list[str] = field(default_factory=list)
    server: str = ""
    """Address of the PostgreSQL that is measured, if one is."""

    def records(self, benchmarks: Sequence[Benchmark]) -> Iterator[Record]:
        """Measure, and yield the medians benchmark by benchmark."""
        SCRATCH.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=SCRATCH) as shared, serving(self.database, SCRATCH) as self.server:
            for benchmark in benchmarks:
                yield from self._medians(benchmark, Path(shared))

    def _medians(self, benchmark: Benchmark, shared: Path) -> Iterator[Record]:
        subjects = [
            RUNCAST,
            *(peer for peer in benchmark.peers if peer in self.peers and peer in PEERS_OF[self.database]),
        ]
        found: dict[str, list[Values]] = {subject: [] for subject in [MACHINE, *subjects]}
        for repetition in range(benchmark.quick_repeats if self.quick else benchmark.repeats):
            for subject in subjects:
                progress(f"{benchmark.name}: {subject}, repetition {repetition + 1}")
                self._measure(benchmark, subject, shared, found)
        progress("")
        units = {metric.name: metric.unit for metric in benchmark.metrics} | {FSYNC: "ms", FOREIGN: "cores"}
        for subject, values in found.items():
            for name in values[0] if values else ():
                median = statistics.median(value[name] for value in values)
                yield Record(benchmark.name, subject, self.database, name, median, units[name])

    def _measure(self, benchmark: Benchmark, subject: str, shared: Path, found: dict[str, list[Values]]) -> None:
        """One measurement in a directory of its own, with the machine's state beside it."""
        wait_for_quiet(QUICK_PATIENCE_S if self.quick else PATIENCE_S)
        machine = {FSYNC: sync_ms(shared)}
        load = ForeignLoad()
        try:
            values = measure_once(benchmark, subject, shared, quick=self.quick, postgres=self.server)
            found[subject].append(values)
        except MeasurementFailed as error:
            self.failures.append(str(error))
            print(f"\n{error}", file=sys.stderr)
        machine[FOREIGN] = load.cores()
        found[MACHINE].append(machine)


def measure_once(
    benchmark: Benchmark, subject: str, shared: Path, *, quick: bool, source: str = "", postgres: str = ""
) -> Values:
    """One measurement in a process and a directory of its own. Raises `MeasurementFailed`."""
    python = sys.executable if subject == RUNCAST else str(peers.PYTHON)
    with tempfile.TemporaryDirectory(dir=shared, prefix=f"{benchmark.name}-") as directory:
        order = Order(
            module=benchmark.measure.__module__,
            act=benchmark.measure.__name__,
            subject=subject,
            size=benchmark.size_for(subject, quick=quick),
            directory=directory,
            shared=str(shared),
            source=source,
            postgres=postgres,
        )
        return Process(python, order).values(benchmark.timeout_s)


def progress(text: str) -> None:
    """What is measured now, on one line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
