"""`logger.trace`: a span of OpenTelemetry where it is set up, else a line of the run's log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runcast import hooks, logger, step, task, tasks, wait
from runcast.sdk.registry import Registry, registry
from runcast.testing import TestEngine

home = Registry()


@step
def on_a_thread() -> int:
    with logger.trace("in a step"):
        return 1


@task(registry=home)
async def traced(fail: bool = False) -> int:
    with logger.trace("outer", candidates=40) as span:
        found = await on_a_thread()
        await wait.for_("1h")
        span.set(found=found)
        if fail:
            raise ValueError("no")
    return found


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """OpenTelemetry as a program sets it up; what it exported."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(otel, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
async def test_without_opentelemetry_a_span_is_a_line_of_the_log_and_replays_are_muted(
    evict_after: int | None,
) -> None:
    async with TestEngine(list(home), evict_after=evict_after) as engine:
        run = await traced.trigger()
        assert (await engine.finish(run)).ok
        lines = await engine.client.logs(run.id)
    assert [(line.level, line.message) for line in lines] == [("trace", "in a step"), ("trace", "outer")]
    data = json.loads(lines[1].data or "{}")
    assert (data["candidates"], data["found"]) == (40, 1)
    assert data["duration_ms"] >= 0


async def test_a_span_tells_the_error_that_ended_it() -> None:
    async with TestEngine(list(home)) as engine:
        run = await traced.trigger(fail=True)
        await engine.advance("1h")
        lines = await engine.client.logs(run.id)
    assert json.loads(lines[1].data or "{}")["error"] == "ValueError: no"


async def test_with_opentelemetry_spans_nest_and_name_their_run(spans: InMemorySpanExporter) -> None:
    @tasks.middleware
    async def around(attempt: hooks.Attempt, call_next: hooks.CallNext) -> None:
        with logger.trace(f"run {attempt.run.task}"):
            await call_next()

    try:
        async with TestEngine(list(home)) as engine:
            run = await traced.trigger()
            assert (await engine.finish(run)).ok
            assert await engine.client.logs(run.id) == ()
    finally:
        registry.hooks.clear_hooks()
    finished = {span.name: span for span in spans.get_finished_spans()}
    assert list(finished) == ["in a step", "on_a_thread", "outer", "run traced", "traced attempt 1", "traced"]
    assert _parent(finished["in a step"]) == _id(finished["on_a_thread"])
    assert _parent(finished["on_a_thread"]) == _id(finished["outer"])
    assert _parent(finished["outer"]) == _id(finished["run traced"])
    assert _parent(finished["run traced"]) == _id(finished["traced attempt 1"])
    assert _parent(finished["traced attempt 1"]) == _id(finished["traced"])
    attributes = finished["outer"].attributes or {}
    assert (attributes["runcast.run_id"], attributes["candidates"], attributes["found"]) == (run.id, 40, 1)


def _id(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def _parent(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def test_outside_of_a_run_and_without_opentelemetry_a_span_is_only_timed() -> None:
    async def main() -> float:
        with logger.trace("nothing") as span:
            await asyncio.sleep(0)
        return span.duration_ms

    assert asyncio.run(main()) > 0
