"""Spans of runs and steps, one trace for each tree of runs: what a worker makes of OpenTelemetry, where it is set up."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from runcast.domain.journal import Entry
from runcast.domain.outcome import Outcome
from runcast.gateway import Assignment

if TYPE_CHECKING:
    from runcast.sdk.otel.spans import RunSpans


class RunSpan(Protocol):
    """The span of one execution of a run."""

    async def around_step(self, key: str, name: str, work: Callable[[], Awaitable[Entry]]) -> Entry:
        """Do a step's work inside a span of its own."""
        ...

    def log(self, level: str, value: str) -> None:
        """A line of the run's log; `value` is JSON with `message` and perhaps `data`."""

    def end(self, outcome: Outcome | None, *, stopped: str = "") -> None:
        """The body is gone; without an outcome, `stopped` says why."""


class Spans(Protocol):
    """Makes them, for one worker."""

    def begin(self, assignment: Assignment) -> RunSpan | None:
        """The span of an execution, current from now on in the context of the caller; None: it could not be made."""
        ...


def find_spans() -> Spans | None:
    """OpenTelemetry's, if this program has set up a tracer provider that records; asked once for each worker."""
    provider = _provider()
    if provider is None:
        return None
    from runcast.sdk.otel.spans import RunSpans

    spans: RunSpans = RunSpans(provider)
    return spans


def callers_span() -> str | None:
    """The current span of whoever triggers, as a W3C `traceparent`. Nobody pays for it who has not imported OpenTelemetry.

    >>> callers_span() is None
    True
    """
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    found = api.get_current_span().get_span_context()
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags) & 1:02x}" if found.is_valid else None


def _provider() -> Any | None:
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    provider = api.get_tracer_provider()
    return None if isinstance(provider, api.ProxyTracerProvider | api.NoOpTracerProvider) else provider
