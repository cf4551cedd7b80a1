"""Spans and log records of OpenTelemetry, with ids that every process computes alike.

    run        one for each run, made by whoever ends it; its parent is the run of the parent
    └── attempt    one for each execution, from its claim until its body is gone
        └── step       one for each step that was computed, and what the body opens itself

A tree of runs is one trace: its id comes from the root run's id, those of spans from the run's id, the epoch and the key.
Imported only where a program has set OpenTelemetry up.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from time import time_ns
from typing import Any

from opentelemetry import _logs, context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from runcast.domain.errors import ErrorInfo
from runcast.domain.journal import Entry, EntryStatus
from runcast.domain.outcome import Continued, Failed, Outcome, Succeeded, TimedOut
from runcast.gateway import Assignment
from runcast.sdk.otel.ids import ComputedIds, span_id, trace_id

log = logging.getLogger("runcast.worker")

SCOPE = "runcast.runs"
"""The instrumentation's name; what bodies open by `logger.trace` has `runcast`."""
_FAILED = "OpenTelemetry could not %s; the run goes on"
_NS_PER_MS = 1_000_000
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SEVERITIES = {
    "debug": _logs.SeverityNumber.DEBUG,
    "info": _logs.SeverityNumber.INFO,
    "warning": _logs.SeverityNumber.WARN,
    "error": _logs.SeverityNumber.ERROR,
}


@contextmanager
def _harmless(what: str) -> Iterator[None]:
    """Processors and samplers are anybody's code: what they raise must not touch a run."""
    try:
        yield
    except Exception:
        log.exception(_FAILED, what)


class RunSpans:
    """Begins the spans of one worker's executions."""

    def __init__(self, provider: Any) -> None:
        self._tracer = provider.get_tracer(SCOPE)
        if hasattr(self._tracer, "id_generator"):
            # Of this tracer alone, whose scope nobody else uses. Another SDK makes ids by chance: then only the trace
            # is agreed upon.
            self._tracer.id_generator = ComputedIds()
        logs = _logs.get_logger_provider()
        silent = isinstance(logs, _logs.NoOpLoggerProvider) or type(logs).__name__ == "ProxyLoggerProvider"
        self._logger = None if silent else logs.get_logger(SCOPE)

    def begin(self, assignment: Assignment) -> _RunSpan | None:
        try:
            return _RunSpan(self, assignment, self._logger)
        except Exception:
            log.exception(_FAILED, "begin a span")
            return None

    def start(
        self, name: str, ids: tuple[int, int], parent: Context, *, at: int | None = None, links: Sequence[Link] = (),
        kind: SpanKind = SpanKind.INTERNAL, **attributes: Any,
    ) -> Span:  # fmt: skip
        """A span with these ids."""
        token = ComputedIds.wanted.set(ids)
        try:
            span: Span = self._tracer.start_span(
                name, parent, kind=kind, links=links, start_time=at,
                attributes={f"runcast.{key}": value for key, value in attributes.items() if value is not None},
            )  # fmt: skip
            return span
        finally:
            ComputedIds.wanted.reset(token)

    def flags(self, trace: int, name: str) -> TraceFlags:
        """Whether the tree is sampled: as the sampler says for its trace, so that all processes agree."""
        sampler = getattr(self._tracer, "sampler", None)
        sampled = sampler is None or sampler.should_sample(Context(), trace, name).decision.is_sampled()
        return TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)


class _RunSpan:
    """One execution."""

    def __init__(self, spans: RunSpans, assignment: Assignment, logger: Any | None) -> None:
        self._spans = spans
        self._assignment = assignment
        self._logger = logger
        self._trace = trace_id(assignment.root_id or assignment.run_id)
        self._flags = spans.flags(self._trace, assignment.task)
        self._links = _links(assignment.traceparent)
        self._span = spans.start(
            f"{assignment.task} attempt {assignment.attempt}",
            (self._trace, span_id(assignment.run_id, assignment.epoch)),
            self._under(span_id(assignment.run_id)),
            kind=SpanKind.CONSUMER,
            links=self._links,
            **self._attributes(),
            epoch=assignment.epoch,
        )
        context.attach(trace.set_span_in_context(self._span))

    def _attributes(self) -> dict[str, Any]:
        run = self._assignment
        return {
            "run_id": run.run_id,
            "task": run.task,
            "attempt": run.attempt,
            "queue": run.queue,
            "batch_id": run.batch_id,
        }

    def _under(self, parent: int) -> Context:
        """Where a span is a child of one that another process makes."""
        there = SpanContext(self._trace, parent, is_remote=True, trace_flags=self._flags)
        return trace.set_span_in_context(NonRecordingSpan(there), Context())

    async def around_step(self, key: str, name: str, work: Callable[[], Awaitable[Entry]]) -> Entry:
        run = self._assignment
        ids = (self._trace, span_id(run.run_id, run.epoch, key))
        span: Span = trace.INVALID_SPAN
        with _harmless("begin a span"):
            span = self._spans.start(name, ids, context.get_current(), run_id=run.run_id, step=key)
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                entry = await work()
            span.set_attribute("runcast.tries", entry.tries)
            if entry.status is EntryStatus.FAILED:
                _fail(span, entry.error)
            return entry
        finally:
            with _harmless("end a span"):
                span.end()

    def log(self, level: str, value: str) -> None:
        if self._logger is not None and level in _SEVERITIES:
            with _harmless("emit a log record"):
                self._emit(self._logger, level, value)

    def _emit(self, logger: Any, level: str, value: str) -> None:
        line = json.loads(value)
        data = line.get("data") or {}
        attributes = {
            name: item if isinstance(item, str | bool | int | float) else json.dumps(item)
            for name, item in data.items()
        }
        record = _logs.LogRecord(
            timestamp=time_ns(), context=context.get_current(), severity_text=level, severity_number=_SEVERITIES[level],
            body=line["message"], attributes=attributes | {"runcast.run_id": self._assignment.run_id},
        )  # fmt: skip
        logger.emit(record)

    def end(self, outcome: Outcome | None, *, stopped: str = "") -> None:
        with _harmless("end a span"):
            self._end(outcome, stopped)

    def _end(self, outcome: Outcome | None, stopped: str) -> None:
        word = stopped if outcome is None else _word(outcome)
        self._span.set_attribute("runcast.outcome", word)
        error = outcome.error if isinstance(outcome, Failed | TimedOut) else None
        if error is not None:
            _fail(self._span, error)
        self._span.end()
        if outcome is not None and _is_final(outcome):
            self._end_run(word, error)

    def _end_run(self, word: str, error: ErrorInfo | None) -> None:
        """The run itself, from its creation: whoever ends it tells of it."""
        run = self._assignment
        now = time_ns()
        parent = self._under(span_id(run.parent_id)) if run.parent_id else Context()
        span = self._spans.start(
            run.task, (self._trace, span_id(run.run_id)), parent, at=min(now, run.created_at * _NS_PER_MS),
            links=self._links, **self._attributes(), outcome=word,
        )  # fmt: skip
        if error is not None:
            _fail(span, error)
        span.end(now)


def _is_final(outcome: Outcome) -> bool:
    return isinstance(outcome, Succeeded | TimedOut) or (isinstance(outcome, Failed) and outcome.retry_in_ms is None)


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Failed) and outcome.retry_in_ms is not None:
        return "retried"
    word = outcome.__struct_config__.tag
    return str(word) if not isinstance(outcome, Continued) else "continued"


def _fail(span: Span, error: ErrorInfo | None) -> None:
    """What `record_exception` would say, from the record of the error."""
    if error is None:
        return
    span.set_status(Status(StatusCode.ERROR, f"{error.name}: {error.message}"))
    span.add_event(
        "exception",
        {"exception.type": error.name, "exception.message": error.message, "exception.stacktrace": error.stack or ""},
    )


def _links(traceparent: str | None) -> tuple[Link, ...]:
    """To the span in which the run was triggered."""
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return ()
    trace_hex, span_hex, flags = found.groups()
    there = SpanContext(int(trace_hex, 16), int(span_hex, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return (Link(there, {"runcast.link": "caller"}),) if there.is_valid else ()
