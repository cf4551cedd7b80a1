"""What a benchmark is: a workload, its sizes, and the metrics it yields with their targets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.lab import Lab

Values = dict[str, float]
"""What one measurement yields: a value for each metric's name."""


@dataclass(frozen=True)
class Metric:
    """One number of a benchmark, and what it should reach."""

    name: str
    unit: str
    higher_is_better: bool = False
    reach: float | None = None
    """The target, without disk syncs."""
    aim: float | None = None
    """What would be excellent, without disk syncs."""
    on_postgres: tuple[float, float] | None = None
    """The target and what would be excellent on PostgreSQL, disk syncs included."""
    fsyncs: int = 0
    """Disk syncs on the measured path: that many times the machine's own sync time is added to `reach` and `aim`."""

    def allowed(self, bound: float | None, fsync_ms: float) -> float | None:
        """`bound` on a machine whose disk sync takes `fsync_ms`."""
        return None if bound is None else bound + self.fsyncs * fsync_ms

    def ratio(self, value: float, bound: float) -> float:
        """How many times better than `bound`: 1 and more is met."""
        if self.higher_is_better:
            return value / bound if bound else float("inf")
        return bound / value if value else float("inf")


@dataclass(frozen=True)
class Benchmark:
    """One named workload. `measure` runs in a fresh process with a fresh database."""

    name: str
    summary: str
    measure: Callable[[Lab], Awaitable[Values]]
    metrics: tuple[Metric, ...]
    size: Mapping[str, int]
    quick: Mapping[str, int]
    """The sizes that differ with `--quick`."""
    tiny: Mapping[str, int]
    """The sizes with which the tests try the benchmark."""
    peers: tuple[str, ...] = ()
    peer_size: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The sizes that differ for a peer too slow for the full ones."""
    peer_quick: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The same, with `--quick`."""
    databases: tuple[str, ...] = ("sqlite", "postgres")
    """On which it says something."""
    repeats: int = 5
    quick_repeats: int = 1
    timeout_s: int = 180

    def on(self, database: str) -> Benchmark:
        """The same with the targets of a database."""
        return self if database == "sqlite" else replace(self, metrics=tuple(map(_on_postgres, self.metrics)))

    def size_for(self, subject: str, *, quick: bool) -> dict[str, int]:
        """The sizes of one measurement of `subject`."""
        sizes = {**self.size, **(self.quick if quick else {}), **self.peer_size.get(subject, {})}
        return {**sizes, **(self.peer_quick.get(subject, {}) if quick else {})}


def _on_postgres(metric: Metric) -> Metric:
    reach, aim = metric.on_postgres or (None, None)
    return replace(metric, reach=reach, aim=aim, fsyncs=0)
