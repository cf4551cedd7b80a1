"""Spans: OpenTelemetry's where the program has set it up, else entries in the run's log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from runcast.domain.limits import LOG_CHARS_MAX
from runcast.sdk.codec import encode_shown
from runcast.sdk.effects import emit_log
from runcast.sdk.execution import current_execution

LEVEL = "trace"
"""The level of a span among the log lines."""


class Span:
    """A piece of work being timed."""

    def __init__(self, name: str, attributes: dict[str, Any], otel: Any | None) -> None:
        self.name = name
        self.attributes = attributes
        self._otel = otel
        self._began = perf_counter()

    @property
    def duration_ms(self) -> float:
        """How long it has been under way."""
        return (perf_counter() - self._began) * 1000

    def set(self, **attributes: Any) -> None:
        """Add what is known only now.

        >>> span.set(rows=len(found))  # doctest: +SKIP
        """
        self.attributes |= attributes
        if self._otel is not None:
            self._otel.set_attributes(_plain(attributes))


@contextmanager
def trace(name: str, **attributes: Any) -> Iterator[Span]:
    """Time what happens inside, as a span with this name.

    With OpenTelemetry set up (a tracer provider that records) it is a span of it, a child of the current one, with the
    run's id and task. Else it is a line of the run's log, of level `trace`, with its duration in milliseconds and the
    error that ended it, if one did; lines of spans that a re-execution repeats are muted like all others.

    >>> with logger.trace("rank", candidates=40) as span:  # doctest: +SKIP
    ...     best = await rank(candidates)
    ...     span.set(best=best.id)
    """
    tracer = _tracer()
    if tracer is None:
        with _logged(Span(name, dict(attributes), None)) as span:
            yield span
        return
    with tracer.start_as_current_span(name, attributes=_plain(attributes | _of_run())) as otel:
        yield Span(name, dict(attributes), otel)


@contextmanager
def _logged(span: Span) -> Iterator[Span]:
    error: BaseException | None = None
    try:
        yield span
    except BaseException as raised:
        error = raised
        raise
    finally:
        data = {**span.attributes, "duration_ms": round(span.duration_ms, 3)}
        if error is not None:
            data["error"] = f"{type(error).__name__}: {error}"[:LOG_CHARS_MAX]
        emit_log(LEVEL, encode_shown({"message": span.name[:LOG_CHARS_MAX], "data": data}, what="span"))


def _tracer() -> Any | None:
    """The tracer of a program that has set OpenTelemetry up. Whoever did has imported it: nobody else pays for it."""
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    provider = api.get_tracer_provider()
    if isinstance(provider, api.ProxyTracerProvider | api.NoOpTracerProvider):
        return None
    return api.get_tracer("runcast")


def _of_run() -> dict[str, Any]:
    execution = current_execution()
    if execution is None or execution.scope.is_far:
        return {}
    run = execution.assignment
    return {"runcast.run_id": run.run_id, "runcast.task": run.task, "runcast.attempt": run.attempt}


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """What OpenTelemetry takes; other values as their text."""
    return {
        name: value if isinstance(value, str | bool | int | float) else str(value) for name, value in attributes.items()
    }
