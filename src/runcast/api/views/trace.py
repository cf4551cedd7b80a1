"""Spans as REST shows them: as a tree, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.run import Run
from runcast.domain.trace import Span

_NANOS_PER_MS = 1_000_000


class SpanFields(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What every form of a span says."""

    message: str
    start_time: datetime
    is_error: bool
    is_partial: bool
    """It goes on."""
    is_canceled: bool = msgspec.field(name="isCancelled")
    level: str
    kind: str
    """`run`, `attempt`, `log`, or the kind of a journal entry."""
    properties: dict[str, Any] | UnsetType = UNSET
    events: tuple[dict[str, Any], ...] = ()
    """The error, if it failed."""


class SpanDataView(SpanFields, frozen=True, rename="camel", kw_only=True):
    """What a span of a tree says."""

    duration_ns: int = msgspec.field(name="duration")
    """0 as long as it goes on."""
    task_slug: str | UnsetType = UNSET
    queue_name: str | UnsetType = UNSET
    machine_preset: str | UnsetType = UNSET
    attempt_number: int | UnsetType = UNSET


class SpanTreeView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A span with those within it."""

    id: str
    parent_id: str | UnsetType = UNSET
    run_id: str
    data: SpanDataView
    children: tuple[SpanTreeView, ...] = ()


class FlatSpanView(SpanFields, frozen=True, rename="camel", kw_only=True):
    """A span without those within it."""

    id: str
    parent_id: str | UnsetType = UNSET
    run_id: str
    duration_ns: int = msgspec.field(name="duration")
    """0 as long as it goes on."""
    attempt_number: int | UnsetType = UNSET


class TriggeredRunView(msgspec.Struct, frozen=True, rename="camel"):
    """A run that was triggered in a span."""

    run_id: str
    task_identifier: str
    status: str
    created_at: datetime


class WholeSpanView(SpanFields, frozen=True, rename="camel", kw_only=True):
    """One span that was asked for."""

    span_id: str
    parent_id: str | None
    run_id: str
    duration_ms: int
    attempt_number: int | UnsetType = UNSET
    triggered_runs: tuple[TriggeredRunView, ...] = ()


def show_tree(spans: Sequence[Span]) -> SpanTreeView:
    """Of spans in which each comes after the one that holds it; the first holds all."""
    below: dict[str, list[SpanTreeView]] = {}
    root = spans[0]
    for span in reversed(spans[1:]):
        below.setdefault(span.parent_id or root.id, []).append(_tree(span, below))
    return _tree(root, below)


def show_flat(span: Span) -> FlatSpanView:
    return FlatSpanView(
        **_fields(span),
        id=span.id,
        parent_id=span.parent_id or UNSET,
        run_id=span.run_id,
        duration_ns=span.duration_ms * _NANOS_PER_MS,
        attempt_number=_number(span),
    )


def show_span(span: Span, *, triggered: Sequence[Run] = ()) -> WholeSpanView:
    return WholeSpanView(
        **_fields(span),
        span_id=span.id,
        parent_id=span.parent_id,
        run_id=span.run_id,
        duration_ms=span.duration_ms,
        attempt_number=_number(span),
        triggered_runs=tuple(
            TriggeredRunView(run.id, run.task, run.shown, moment(run.created_at)) for run in triggered
        ),
    )


def _tree(span: Span, below: dict[str, list[SpanTreeView]]) -> SpanTreeView:
    data = SpanDataView(
        **_fields(span),
        duration_ns=span.duration_ms * _NANOS_PER_MS,
        task_slug=span.task or UNSET,
        queue_name=span.queue or UNSET,
        machine_preset=span.machine or UNSET,
        attempt_number=_number(span),
    )
    within = tuple(reversed(below.get(span.id, [])))
    return SpanTreeView(id=span.id, parent_id=span.parent_id or UNSET, run_id=span.run_id, data=data, children=within)


def _fields(span: Span) -> dict[str, Any]:
    return {
        "message": span.message,
        "start_time": moment(span.started_at),
        "is_error": span.error is not None,
        "is_partial": span.finished_at is None,
        "is_canceled": span.is_canceled,
        "level": span.level,
        "kind": span.kind,
        "properties": dict(span.properties) or UNSET,
        "events": _events(span),
    }


def _number(span: Span) -> int | UnsetType:
    return UNSET if span.attempt is None else span.attempt


def _events(span: Span) -> tuple[dict[str, Any], ...]:
    """The error, as clients of traces expect one."""
    if span.error is None:
        return ()
    error = span.error
    exception = {"type": error.name, "message": error.user_message or error.message, "stacktrace": error.stack}
    at = moment(span.started_at if span.finished_at is None else span.finished_at)
    return ({"name": "exception", "time": at, "properties": {"exception": exception}},)
