"""`--against REV`: this tree and another revision take turns, so that a change can be told from the weather.

A rented machine changes its speed by a third from one minute to the next, and both subjects of a pair meet the same
minute. So the ratio of each pair is taken, and then the median of the ratios.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.benchmark import Benchmark, Metric, Values
from benchmarks.lab import ROOT, MeasurementFailed
from benchmarks.machine import wait_for_quiet
from benchmarks.report import Record, number
from benchmarks.run import PATIENCE_S, QUICK_PATIENCE_S, SCRATCH, measure_once, progress
from benchmarks.subjects import RUNCAST

PAIRS = 10
QUICK_PAIRS = 3
WORSE = 1.05
"""A change that makes anything slower than this is too slow."""


class NoSuchRevision(Exception):
    """Git does not know the revision; the message is git's."""


def compare(benchmarks: Sequence[Benchmark], revision: str, *, pairs: int = 0, quick: bool, as_json: bool) -> int:
    """Measure in pairs, and print how much slower or faster this tree is. Raises `NoSuchRevision`."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as shared, _tree(revision, Path(shared) / "tree") as tree:
        for benchmark in benchmarks:
            count = pairs or (QUICK_PAIRS if quick else PAIRS)
            found = [
                pair
                for turn in range(count)
                if (pair := _pair(benchmark, tree, Path(shared), turn, quick=quick)) is not None
            ]
            progress("")
            if len(found) < count:
                return 1
            _print(benchmark, revision, found, as_json=as_json)
    return 0


Pair = tuple[Values, Values]
"""Of the other revision, and of this tree."""


def _pair(benchmark: Benchmark, tree: Path, shared: Path, turn: int, *, quick: bool) -> Pair | None:
    """One of each, the other first in every second turn; None if one failed."""
    found: dict[bool, Values] = {}
    for is_other in (True, False) if turn % 2 else (False, True):
        progress(f"{benchmark.name}: pair {turn + 1}, {'the other revision' if is_other else 'this tree'}")
        wait_for_quiet(QUICK_PATIENCE_S if quick else PATIENCE_S)
        # What the measurements of `history` share is a file of one schema.
        own = shared / ("other" if is_other else "this")
        own.mkdir(exist_ok=True)
        source = (tree if is_other else ROOT) / "src"
        try:
            found[is_other] = measure_once(benchmark, RUNCAST, own, quick=quick, source=str(source))
        except MeasurementFailed as error:
            print(f"\n{error}", file=sys.stderr)
            return None
    return found[True], found[False]


@contextmanager
def _tree(revision: str, path: Path) -> Iterator[Path]:
    """The revision, checked out beside."""
    added = _git("worktree", "add", "--detach", str(path), revision)
    if added.returncode != 0:
        raise NoSuchRevision(added.stderr.strip())
    try:
        yield path
    finally:
        _git("worktree", "remove", "--force", str(path))


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def cost(metric: Metric, other: float, this: float) -> float | None:
    """How many times as slow, late or large this tree is: over 1 is worse. None where there is nothing to divide."""
    if not other or not this:
        return None
    return other / this if metric.higher_is_better else this / other


def _print(benchmark: Benchmark, revision: str, found: Sequence[Pair], *, as_json: bool) -> None:
    table = Table(title=f"{benchmark.name}, {len(found)} pairs against {revision}")
    table.add_column("metric")
    for heading in ("other", "this tree", "cost", "lowest", "highest"):
        table.add_column(heading, justify="right")
    for metric in benchmark.metrics:
        others, these = ([values[metric.name] for values in side] for side in zip(*found, strict=True))
        pairs = (cost(metric, other, this) for other, this in zip(others, these, strict=True))
        costs = [ratio for ratio in pairs if ratio is not None]
        if not costs:
            continue
        median = statistics.median(costs)
        if as_json:
            print(Record(benchmark.name, RUNCAST, "sqlite", f"{metric.name}_cost", median, "ratio").line(), flush=True)
        colour = "red" if median > WORSE else "green"
        table.add_row(
            f"{metric.name} ({metric.unit})",
            number(statistics.median(others)),
            number(statistics.median(these)),
            f"[{colour}]{median:.3f}[/{colour}]",
            f"{min(costs):.3f}",
            f"{max(costs):.3f}",
        )
    if not as_json:
        Console(width=None if Console().is_terminal else 120).print(table)
