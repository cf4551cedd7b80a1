"""The trace of a run: what happened when, as spans within spans, made from what the engine keeps anyway.

run                     from its trigger to its end
  attempt               from its start to its end
    journal entry       a step, a wait, a decision; a child's run lies below its entry
    log line            without a length
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from runcast.domain import trace_ids
from runcast.domain.effect import Log
from runcast.domain.errors import ErrorInfo
from runcast.domain.journal import Entry, EntryStatus
from runcast.domain.run import Run, RunStatus

_LEVELS = {"debug": "DEBUG", "info": "INFO", "warning": "WARN", "error": "ERROR"}


class Attempt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An attempt that was followed by another."""

    number: int
    started_at: int | None
    finished_at: int
    outcome: str
    error: ErrorInfo | None


class Span(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that took time, or happened at a time."""

    id: str
    parent_id: str | None
    run_id: str
    message: str
    kind: str
    """`run`, `attempt`, `log`, or the kind of a journal entry."""
    started_at: int
    finished_at: int | None
    """None: it goes on."""
    level: str = "TRACE"
    is_canceled: bool = False
    error: ErrorInfo | None = None
    attempt: int | None = None
    task: str | None = None
    queue: str | None = None
    machine: str | None = None
    child_run_id: str | None = None
    properties: Mapping[str, Any] = {}

    @property
    def duration_ms(self) -> int:
        """0 as long as it goes on."""
        return 0 if self.finished_at is None else max(0, self.finished_at - self.started_at)


class Record(msgspec.Struct, frozen=True):
    """A run with what is kept about it."""

    run: Run
    attempts: Sequence[Attempt] = ()
    entries: Sequence[Entry] = ()
    logs: Sequence[Log] = ()


def trace_id(root_id: str) -> str:
    """That of a root and all below it: the one that OpenTelemetry gets, too."""
    return f"{trace_ids.trace_id(root_id):032x}"


def span_id(run_id: str, *parts: str) -> str:
    """That of a run, or of a part of it."""
    return f"{trace_ids.span_id(run_id, *parts):016x}"


def spans_of(records: Iterable[Record]) -> tuple[Span, ...]:
    """The spans of a run and of those below it, each after the one that holds it, by time."""
    found: dict[str, Span] = {}
    holders = {}
    everything = list(records)
    for record in everything:
        holders.update(
            {entry.awaits: span_id(record.run.id, entry.key) for entry in record.entries if entry.awaits is not None}
        )
    for record in everything:
        parent = holders.get(record.run.id) or holders.get(record.run.batch_id or "")
        if parent is None and record.run.parent_id is not None:
            parent = span_id(record.run.parent_id)
        found.update({span.id: span for span in _spans(record, parent)})
    return _in_order(found)


def _in_order(spans: Mapping[str, Span]) -> tuple[Span, ...]:
    below: dict[str | None, list[Span]] = {}
    for span in sorted(spans.values(), key=lambda span: (span.started_at, span.kind == "log")):
        parent = span.parent_id if span.parent_id in spans else None
        below.setdefault(parent, []).append(span)
    ordered: list[Span] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        span = waiting.pop()
        ordered.append(span)
        waiting.extend(below.get(span.id, [])[::-1])
    return tuple(ordered)


def _spans(record: Record, parent_id: str | None) -> Iterable[Span]:
    run = record.run
    yield Span(
        id=span_id(run.id),
        parent_id=parent_id,
        run_id=run.id,
        message=run.task,
        kind="run",
        started_at=run.created_at,
        finished_at=run.finished_at,
        is_canceled=run.status is RunStatus.CANCELED,
        error=run.error,
        task=run.task,
        queue=run.queue,
        machine=run.machine,
    )
    attempts = _attempts(record)
    yield from attempts
    starts = [span.started_at for span in attempts]

    def holder(at: int) -> Span | None:
        # A worker's clock may be a little behind the engine's.
        return attempts[max(0, bisect_right(starts, at) - 1)] if attempts else None

    for entry in record.entries:
        yield _entry_span(run, entry, holder(entry.started_at))
    numbers = {span.attempt: span for span in attempts}
    for log in record.logs:
        yield _log_span(run, log, numbers.get(log.attempt))


def _attempts(record: Record) -> list[Span]:
    run, spans = record.run, []
    before = run.started_at
    for attempt in sorted(record.attempts, key=lambda attempt: attempt.finished_at):
        start = attempt.started_at or before or attempt.finished_at
        spans.append(_attempt_span(run, attempt.number, start, attempt.finished_at, attempt.error))
        before = attempt.finished_at
    if run.started_at is not None and run.attempt not in {span.attempt for span in spans}:
        spans.append(_attempt_span(run, run.attempt, before or run.started_at, run.finished_at, run.error))
    return spans


def _attempt_span(run: Run, number: int, start: int, end: int | None, error: ErrorInfo | None) -> Span:
    return Span(
        id=span_id(run.id, "attempt", f"{number} {start}"),
        parent_id=span_id(run.id),
        run_id=run.id,
        message=f"Attempt {number}",
        kind="attempt",
        started_at=start,
        finished_at=end,
        is_canceled=end is not None and error is None and run.status is RunStatus.CANCELED,
        error=error,
        attempt=number,
    )


def _entry_span(run: Run, entry: Entry, attempt: Span | None) -> Span:
    properties: dict[str, Any] = {"key": entry.key, "tries": entry.tries}
    if entry.due_at is not None:
        properties["dueAt"] = entry.due_at
    return Span(
        id=span_id(run.id, entry.key),
        parent_id=span_id(run.id) if attempt is None else attempt.id,
        run_id=run.id,
        message=entry.name or entry.kind.value,
        kind=entry.kind.value,
        started_at=entry.started_at,
        finished_at=entry.finished_at if entry.status is not EntryStatus.PENDING else run.finished_at,
        is_canceled=entry.status is EntryStatus.PENDING and run.is_final,
        error=entry.error,
        attempt=None if attempt is None else attempt.attempt,
        child_run_id=entry.awaits if (entry.awaits or "").startswith("run_") else None,
        properties=properties,
    )


def _log_span(run: Run, log: Log, attempt: Span | None) -> Span:
    return Span(
        id=span_id(run.id, "log", str(log.seq)),
        parent_id=span_id(run.id) if attempt is None else attempt.id,
        run_id=run.id,
        message=log.message,
        kind="log",
        started_at=log.at,
        finished_at=log.at,
        level=_LEVELS.get(log.level.lower(), "LOG"),
        attempt=log.attempt,
        properties={} if log.data is None else _properties(log.data),
    )


def _properties(data: str) -> dict[str, Any]:
    value = msgspec.json.decode(data)
    return value if isinstance(value, dict) else {"data": value}
