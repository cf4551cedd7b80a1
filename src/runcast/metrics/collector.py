"""The families of `/metrics`: names by Prometheus' conventions, units in seconds, labels that are bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from runcast import __version__
from runcast.domain.errors import Unavailable
from runcast.domain.limits import METRIC_QUEUES_MAX
from runcast.metrics.histogram import Histogram
from runcast.metrics.source import Source
from runcast.store.vitals import Vitals

OTHERS = "(others)"
"""Stands for the queues that have no label of their own."""
_QUEUE = ("environment", "queue")


class EngineCollector(Collector):
    """Reads one engine when it is asked. When the database does not answer, what is counted in memory is there alone."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def describe(self) -> Iterator[Metric]:
        # Without it the registry would collect once only to learn the names.
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("runcast", "The release of this engine.", {"version": __version__})
        yield from self._counted()
        try:
            vitals = self._source.vitals()
        except Unavailable:
            yield GaugeMetricFamily("runcast_up", "1 if the engine reaches its database.", 0)
            return
        yield GaugeMetricFamily("runcast_up", "1 if the engine reaches its database.", 1)
        yield from _queues(vitals)
        yield from _rest(vitals)

    def _counted(self) -> Iterator[Metric]:
        counts = self._source.counts
        yield CounterMetricFamily("runcast_runs_triggered", "Runs that this engine created.", counts.created)
        yield CounterMetricFamily(
            "runcast_assignments", "Executions that this engine started, or continued after a wait.", counts.assigned
        )
        ended = CounterMetricFamily("runcast_runs_ended", "Runs that ended, by final status.", labels=("status",))
        for status, count in tuple(counts.ended_by.items()):
            ended.add_metric((status.lower(),), count)
        yield ended
        yield _histogram("runcast_commit_duration_seconds", "Time of a commit, fsync included.", counts.commits)
        yield _histogram(
            "runcast_turn_duration_seconds",
            "Time of a writer's turn, from taking a batch to telling of it.",
            counts.turns,
        )
        yield _histogram("runcast_turn_jobs", "Writes that one turn committed together.", counts.jobs)
        yield GaugeMetricFamily(
            "runcast_subscribers", "Who follows runs live through this engine.", self._source.subscribers
        )


def _histogram(name: str, documentation: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(name, documentation, buckets=histogram.buckets(), sum_value=histogram.sum)


def _queues(vitals: Vitals) -> Iterator[Metric]:
    labels = _labels(vitals)
    runs: dict[tuple[str, str, str], int] = defaultdict(int)
    for depth in vitals.queues:
        environment, queue = labels[depth.environment, depth.name]
        runs[environment, queue, "queued"] += depth.queued
        runs[environment, queue, "executing"] += depth.executing
    for rest in vitals.resting:
        environment, queue = labels[rest.environment, rest.queue]
        runs[environment, queue, rest.status.lower()] += rest.count
    family = GaugeMetricFamily(
        "runcast_runs", "Runs that are not final, by queue and status; a count stops at its bound.",
        labels=(*_QUEUE, "status"),
    )  # fmt: skip
    for key, count in sorted(runs.items()):
        family.add_metric(key, count)
    yield family
    yield from _limits(vitals, labels)


def _limits(vitals: Vitals, labels: dict[tuple[str, str], tuple[str, str]]) -> Iterator[Metric]:
    oldest = GaugeMetricFamily(
        "runcast_queue_oldest_seconds", "How long the oldest of the runs that are next could have started.",
        labels=_QUEUE,
    )  # fmt: skip
    limit = GaugeMetricFamily("runcast_queue_concurrency_limit", "Runs that may execute at once.", labels=_QUEUE)
    paused = GaugeMetricFamily("runcast_queue_paused", "1 if the queue starts nothing.", labels=_QUEUE)
    ages: dict[tuple[str, str], float] = defaultdict(float)
    for depth in vitals.queues:
        label = labels[depth.environment, depth.name]
        ages[label] = max(ages[label], vitals.late_ms(depth.oldest_at) / 1000)
        if label[1] != OTHERS:
            paused.add_metric(label, depth.paused)
            if depth.concurrency is not None:
                limit.add_metric(label, depth.concurrency)
    for label, age in ages.items():
        oldest.add_metric(label, age)
    yield from (oldest, limit, paused)


def _labels(vitals: Vitals) -> dict[tuple[str, str], tuple[str, str]]:
    """The labels of each queue: its own for the fullest."""
    runs = {(depth.environment, depth.name): depth.queued + depth.executing for depth in vitals.queues}
    for rest in vitals.resting:
        runs[rest.environment, rest.queue] = runs.get((rest.environment, rest.queue), 0) + rest.count
    fullest = sorted(runs, key=lambda queue: (-runs[queue], queue))
    return {
        (environment, queue): (environment, queue if place < METRIC_QUEUES_MAX else OTHERS)
        for place, (environment, queue) in enumerate(fullest)
    }


def _rest(vitals: Vitals) -> Iterator[Metric]:
    workers = GaugeMetricFamily("runcast_workers", "Workers with a session.", labels=("environment",))
    for live in vitals.workers:
        workers.add_metric((live.environment,), live.count)
    yield workers
    pulse = vitals.pulse
    yield GaugeMetricFamily("runcast_feed_position", "Facts that the feed has carried.", pulse.feed)
    yield GaugeMetricFamily("runcast_waits_open", "Waits that nobody has completed.", pulse.open_waits)
    late = GaugeMetricFamily(
        "runcast_late_seconds", "How late what is due next is: 0 when nothing is.", labels=("what",)
    )
    for what, due_at in (
        ("schedules", pulse.next_tick_at),
        ("delayed_runs", pulse.next_start_at),
        ("waits", pulse.next_entry_at),
    ):
        late.add_metric((what,), vitals.late_ms(due_at) / 1000)
    yield late
