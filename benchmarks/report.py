"""What the measurements found: JSON lines for programs, a table for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.benchmark import Benchmark, Metric
from benchmarks.subjects import RUNCAST

MACHINE = "machine"
FSYNC = "fdatasync_p50"
FOREIGN = "foreign_cores"

_TITLES = {
    "sqlite": "SQLite with synchronous=FULL",
    "postgres": "PostgreSQL with fsync and synchronous_commit=on",
}


@dataclass(frozen=True)
class Record:
    """One line of the result: the median of one metric."""

    benchmark: str
    subject: str
    database: str
    metric: str
    value: float
    unit: str

    def line(self) -> str:
        return json.dumps({**asdict(self), "value": round(self.value, 4)})


def print_table(benchmarks: Sequence[Benchmark], records: Sequence[Record]) -> None:
    """One row a metric: Runcast, its target on this machine, how many times better than it, and the peers."""
    values = {(record.benchmark, record.subject, record.metric): record.value for record in records}
    peers = sorted({subject for _, subject, _ in values} - {RUNCAST, MACHINE})
    table = Table(title=f"Runcast, {_TITLES[records[0].database]}; medians" if records else "")
    table.add_column("benchmark")
    table.add_column("metric")
    for heading in ("runcast", "target", "× target", "aim", *peers, "others' cores"):
        table.add_column(heading, justify="right")
    for benchmark in benchmarks:
        _add_rows(table, benchmark, values, peers)
    console = Console(width=None if Console().is_terminal else 150)
    console.print(table)
    syncs = [value for (_, subject, metric), value in values.items() if (subject, metric) == (MACHINE, FSYNC)]
    if syncs:
        console.print(
            f"One fdatasync on this disk, at the pace of latency: p50 {min(syncs):.3f}-{max(syncs):.3f} ms; "
            "targets of latency include those on their path. × target: 1 and more is met."
        )
    for benchmark in benchmarks:
        console.print(f"[dim]{benchmark.name}: {benchmark.summary}[/dim]")


def _add_rows(
    table: Table, benchmark: Benchmark, values: dict[tuple[str, str, str], float], peers: Sequence[str]
) -> None:
    fsync = values.get((benchmark.name, MACHINE, FSYNC), 0.0)
    foreign = values.get((benchmark.name, MACHINE, FOREIGN), 0.0)
    for row, metric in enumerate(benchmark.metrics):
        value = values.get((benchmark.name, RUNCAST, metric.name))
        reach = metric.allowed(metric.reach, fsync)
        table.add_row(
            benchmark.name if row == 0 else "",
            f"{metric.name} ({metric.unit})",
            number(value),
            number(reach),
            _ratio(metric, value, reach),
            number(metric.allowed(metric.aim, fsync)),
            *(number(values.get((benchmark.name, peer, metric.name))) for peer in peers),
            f"{foreign:.2f}" if row == 0 else "",
            end_section=row == len(benchmark.metrics) - 1,
        )


def number(value: float | None) -> str:
    """Three significant digits, in plain notation."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _ratio(metric: Metric, value: float | None, reach: float | None) -> str:
    if value is None or reach is None:
        return ""
    ratio = metric.ratio(value, reach)
    colour = "green" if ratio >= 1 else "red"
    return f"[{colour}]{'met' if ratio == float('inf') else f'{ratio:.2f}'}[/{colour}]"
