"""Every benchmark runs at a tiny size, and what it finds is reported. Nothing here asserts a time."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from benchmarks.against import NoSuchRevision, compare, cost
from benchmarks.benchmark import Metric
from benchmarks.lab import MeasurementFailed, Order, Process
from benchmarks.report import Record
from benchmarks.subjects import RUNCAST
from benchmarks.suite import BENCHMARKS

TIMEOUT_S = 60


def measured(name: str, directory: Path, **size: int) -> dict[str, float]:
    benchmark = BENCHMARKS[name]
    order = Order(
        module=benchmark.measure.__module__,
        act=benchmark.measure.__name__,
        subject=RUNCAST,
        size={**benchmark.size, **benchmark.tiny, **size},
        directory=str(directory),
        shared=str(directory),
    )
    return Process(sys.executable, order).values(TIMEOUT_S)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_yields_every_metric_it_declares(name: str, tmp_path: Path) -> None:
    values = measured(name, tmp_path)

    assert set(values) == {metric.name for metric in BENCHMARKS[name].metrics}


def test_a_measurement_that_fails_says_what_its_process_printed(tmp_path: Path) -> None:
    order = Order("benchmarks.throughput", "no_such_act", RUNCAST, {}, str(tmp_path), str(tmp_path))

    with pytest.raises(MeasurementFailed, match="no_such_act"):
        Process(sys.executable, order).values(TIMEOUT_S)


def test_a_record_is_one_line_of_json_with_the_six_agreed_keys() -> None:
    line = Record("throughput", RUNCAST, "sqlite", "runs_per_s", 15000.0, "runs/s").line()

    assert "\n" not in line
    assert list(json.load(io.StringIO(line))) == ["benchmark", "subject", "database", "metric", "value", "unit"]


def test_the_disk_syncs_on_a_metrics_path_are_added_to_its_target() -> None:
    metric = Metric("result_p50", "ms", reach=2, aim=0.7, fsyncs=2)

    assert metric.allowed(metric.reach, 0.25) == 2.5
    assert Metric("runs_per_s", "runs/s", reach=15_000).allowed(15_000, 0.25) == 15_000


def test_a_ratio_above_one_means_better_than_the_target_in_both_directions() -> None:
    assert Metric("runs_per_s", "runs/s", higher_is_better=True).ratio(30_000, 15_000) == 2
    assert Metric("start_p50", "ms").ratio(0.5, 1) == 2
    assert Metric("finished_bodies_run_twice", "runs").ratio(0, 0) == float("inf")
    assert Metric("finished_bodies_run_twice", "runs").ratio(3, 0) == 0


def test_quick_sizes_replace_full_ones_and_a_slow_peer_has_its_own() -> None:
    sleepers = BENCHMARKS["sleepers"]

    assert sleepers.size_for(RUNCAST, quick=False) == {"runs": 10_000, "seconds": 30}
    assert sleepers.size_for(RUNCAST, quick=True)["seconds"] == 3
    assert sleepers.size_for("dbos", quick=True)["runs"] == 150


def test_the_cost_of_a_change_is_over_one_when_it_is_slower_whichever_way_the_metric_counts() -> None:
    rate = Metric("runs_per_s", "runs/s", higher_is_better=True)
    time = Metric("start_p50", "ms")

    assert cost(rate, other=20_000, this=10_000) == 2
    assert cost(time, other=1, this=2) == 2
    assert cost(time, other=0, this=2) is None


def test_a_revision_that_git_does_not_know_is_said_before_anything_is_measured() -> None:
    with pytest.raises(NoSuchRevision, match="no-such-revision"):
        compare([BENCHMARKS["throughput"]], "no-such-revision", quick=True, as_json=False)
