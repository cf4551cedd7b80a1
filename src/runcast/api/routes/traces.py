"""Traces: what happened in a run, and when. As a tree, in pages of spans, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.pages import After
from runcast.api.routes.runs import find_run
from runcast.api.views.trace import FlatSpanView, SpanTreeView, WholeSpanView, show_flat, show_span, show_tree
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId
from runcast.domain.run import Run
from runcast.domain.trace import Span, spans_of, trace_id
from runcast.store import traces

PAGE_SPANS_MAX = 10_000
"""What the official client asks for unless it is told another size."""

PageSize = Annotated[
    int | None,
    QueryParameter(name="page[size]", ge=1, le=PAGE_SPANS_MAX, description="Spans of a page; without it, a tree."),
]


class TreeView(msgspec.Struct, frozen=True, rename="camel"):
    """A run with all below it. The runs of one tree share the trace."""

    trace_id: str
    root_span: SpanTreeView


class TraceView(msgspec.Struct, frozen=True):
    """The trace of a run."""

    trace: TreeView
    truncated: bool = False
    """There is more than is shown."""


class AttemptFailure(msgspec.Struct, frozen=True, rename="camel"):
    """An attempt that failed."""

    span_id: str
    attempt_number: int
    run_id: str


class SpanCursors(msgspec.Struct, frozen=True):
    """Where the next page is; absent: this is the last."""

    next: str | UnsetType = UNSET
    truncated: bool | UnsetType = UNSET
    """There is more than is ever shown."""


class SpanPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of spans, each after the one that holds it."""

    data: tuple[FlatSpanView, ...]
    attempt_failures: tuple[AttemptFailure, ...]
    pagination: SpanCursors


class Events(msgspec.Struct, frozen=True):
    """Spans and log lines of a run itself, each after the one that holds it."""

    events: tuple[WholeSpanView, ...]


@get("/api/v1/runs/{run_id:str}/trace", tags=["Traces"], summary="Read the trace of a run")
async def trace(
    run_id: FromPath[str], api: Api, caller: Caller, size: PageSize = None, after: After = None
) -> TraceView | SpanPage:
    """The run with its attempts, steps, waits and log lines, and the runs below it. With `page[size]` as a list."""
    caller.require("read")
    run = await find_run(api, caller, run_id)
    records, truncated = await api.engine.store.read(partial(traces.records, run))
    spans = spans_of(records)
    if size is None:
        return TraceView(TreeView(trace_id(run.root_id), show_tree(spans)), truncated)
    return _page(spans, size, after, truncated=truncated)


@get("/api/v1/runs/{run_id:str}/spans/{span_id:str}", tags=["Traces"], summary="Retrieve a span")
async def span(run_id: FromPath[str], span_id: FromPath[str], api: Api, caller: Caller) -> WholeSpanView:
    """One span of a run, with the run that was triggered in it."""
    caller.require("read")
    spans = await _own_spans(api, await find_run(api, caller, run_id))
    found = next((one for one in spans if one.id == span_id), None)
    if found is None:
        raise NotFound("Span not found")
    child = None if found.child_run_id is None else await api.engine.find_run(RunId(found.child_run_id))
    return show_span(found, triggered=() if child is None else (child,))


@get("/api/v1/runs/{run_id:str}/events", tags=["Traces"], summary="List what happened in a run")
async def events(run_id: FromPath[str], api: Api, caller: Caller) -> Events:
    """Its spans, and its log lines as spans without a duration."""
    caller.require("read")
    return Events(tuple(map(show_span, await _own_spans(api, await find_run(api, caller, run_id)))))


async def _own_spans(api: Api, run: Run) -> tuple[Span, ...]:
    return spans_of([await api.engine.store.read(partial(traces.record, run))])


def _page(spans: Sequence[Span], size: int, after: str | None, *, truncated: bool) -> SpanPage:
    start = next((number for number, one in enumerate(spans, 1) if one.id == after), 0)
    shown = spans[start : start + size]
    failures = tuple(
        AttemptFailure(one.id, one.attempt, one.run_id)
        for one in shown
        if one.kind == "attempt" and one.error is not None and one.attempt is not None
    )
    following = shown[-1].id if start + size < len(spans) else UNSET
    return SpanPage(tuple(map(show_flat, shown)), failures, SpanCursors(following, truncated or UNSET))


ROUTES = [trace, span, events]
