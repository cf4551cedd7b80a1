"""OpenTelemetry: one trace for each tree of runs, spans of attempts and steps, and log records, by the official SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from opentelemetry import _logs
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import StatusCode

from runcast import Retry, logger, step, task, wait
from runcast.sdk.otel.ids import span_id, trace_id
from runcast.sdk.registry import Registry
from runcast.sdk.spans import callers_span, find_spans
from runcast.testing import TestEngine

home = Registry()


@step
async def fetch(n: int) -> int:
    logger.info("fetched", n=n)
    return n


@step
def fail() -> None:
    raise ValueError("no")


@task(registry=home)
async def child(n: int) -> int:
    return await fetch(n)


@task(registry=home)
async def parent(n: int) -> int:
    logger.info("begun")
    first = await fetch(n)
    await wait.for_("1h")
    return first + (await child.trigger_and_wait(n)).unwrap()


@task(registry=home, retry=Retry(max_attempts=2))
def unlucky() -> None:
    step(fail)().result()


class Telemetry(NamedTuple):
    """What was exported."""

    spans: InMemorySpanExporter
    logs: InMemoryLogRecordExporter

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Telemetry]:
    """OpenTelemetry as a program sets it up."""
    exported = Telemetry(InMemorySpanExporter(), InMemoryLogRecordExporter())
    provider, logs = TracerProvider(), LoggerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported.spans))
    logs.add_log_record_processor(SimpleLogRecordProcessor(exported.logs))
    monkeypatch.setattr(otel, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: logs)
    yield exported
    provider.shutdown()
    logs.shutdown()


def ids(span: ReadableSpan) -> tuple[int, int, int | None]:
    """Trace, span, parent."""
    assert span.context is not None
    return span.context.trace_id, span.context.span_id, None if span.parent is None else span.parent.span_id


async def test_a_tree_of_runs_is_one_trace_with_ids_that_anyone_can_compute(telemetry: Telemetry) -> None:
    async with TestEngine(list(home)) as engine:
        run = await parent.trigger(1)
        assert (await engine.finish(run)).ok
        (below,) = (await engine.client.list(parent=run.id)).runs
    trace = trace_id(run.id)
    root, attempt = telemetry.one("parent"), telemetry.one("parent attempt 1")
    assert ids(root) == (trace, span_id(run.id), None)
    assert ids(attempt) == (trace, span_id(run.id, 1), span_id(run.id))
    assert ids(telemetry.one("child")) == (trace, span_id(below.id), span_id(run.id))
    assert ids(telemetry.one("child attempt 1")) == (trace, span_id(below.id, 1), span_id(below.id))
    steps = {ids(span) for span in telemetry.named("fetch")}
    assert steps == {
        (trace, span_id(run.id, 1, "/step:fetch#1"), span_id(run.id, 1)),
        (trace, span_id(below.id, 1, "/step:fetch#1"), span_id(below.id, 1)),
    }
    assert root.attributes is not None
    assert (root.attributes["runcast.run_id"], root.attributes["runcast.outcome"]) == (run.id, "succeeded")


async def test_an_evicted_run_has_a_span_for_each_execution_and_each_step_once(telemetry: Telemetry) -> None:
    async with TestEngine(list(home), evict_after=0) as engine:
        run = await parent.trigger(1)
        assert (await engine.finish(run)).ok
    attempts = telemetry.named("parent attempt 1")
    outcomes = [(span.attributes or {})["runcast.outcome"] for span in attempts]
    assert outcomes == ["evict", "evict", "succeeded"]
    assert len({ids(span) for span in attempts}) == 3
    assert len(telemetry.named("fetch")) == 2
    assert len(telemetry.named("parent")) == 1


async def test_failures_show_and_the_run_ends_with_its_last_attempt(telemetry: Telemetry) -> None:
    async with TestEngine(list(home)) as engine:
        run = await unlucky.trigger()
        assert not (await engine.finish(run)).ok
    attempts = [*telemetry.named("unlucky attempt 1"), *telemetry.named("unlucky attempt 2")]
    assert [(span.attributes or {})["runcast.outcome"] for span in attempts] == ["retried", "failed"]
    for span in (telemetry.one("unlucky"), *attempts, *telemetry.named("fail")):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "ValueError: no"
        assert [event.name for event in span.events] == ["exception"]


async def test_a_run_is_linked_to_the_span_that_triggered_it(telemetry: Telemetry) -> None:
    tracer = otel.get_tracer_provider().get_tracer("the app")
    async with TestEngine(list(home)) as engine:
        with tracer.start_as_current_span("request") as request:
            run = await child.trigger(1)
        assert (await engine.finish(run)).ok
    for name in ("child", "child attempt 1"):
        (link,) = telemetry.one(name).links
        assert link.context.trace_id == request.get_span_context().trace_id
        assert link.context.span_id == request.get_span_context().span_id
        assert ids(telemetry.one(name))[0] == trace_id(run.id)


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
async def test_log_lines_are_records_of_their_span_and_replays_are_muted(
    telemetry: Telemetry, evict_after: int | None
) -> None:
    async with TestEngine(list(home), evict_after=evict_after) as engine:
        run = await parent.trigger(1)
        assert (await engine.finish(run)).ok
    records = [record.log_record for record in telemetry.logs.get_finished_logs()]
    assert [record.body for record in records] == ["begun", "fetched", "fetched"]
    assert {record.trace_id for record in records} == {trace_id(run.id)}
    assert records[0].span_id == span_id(run.id, 1)
    assert records[1].span_id == span_id(run.id, 1, "/step:fetch#1")
    assert (records[1].attributes or {})["n"] == 1


async def test_what_the_sampler_drops_is_dropped_with_its_whole_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(0.5)))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(otel, "get_tracer_provider", lambda: provider)
    async with TestEngine(list(home)) as engine:
        runs = [await parent.trigger(n) for n in range(16)]
        for run in runs:
            assert (await engine.finish(run)).ok
    provider.shutdown()
    spans = [ids(span)[0] for span in exporter.get_finished_spans()]
    kept = set(spans)
    assert 0 < len(kept) < 16
    assert all(spans.count(trace) == 6 for trace in kept)


class Broken(SpanProcessor):
    """Somebody's code that does not work."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        raise RuntimeError("no start")

    def on_end(self, span: ReadableSpan) -> None:
        raise RuntimeError("no end")


async def test_a_processor_that_fails_harms_no_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    provider = TracerProvider()
    provider.add_span_processor(Broken())
    monkeypatch.setattr(otel, "get_tracer_provider", lambda: provider)
    async with TestEngine(list(home)) as engine:
        run = await parent.trigger(1)
        assert (await engine.finish(run)).ok
    assert "the run goes on" in caplog.text


def test_without_a_provider_there_are_no_spans() -> None:
    assert find_spans() is None
    assert callers_span() is None
