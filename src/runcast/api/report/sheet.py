"""A report as a table for spreadsheets: a line for each thing that took time."""

from __future__ import annotations

import csv
import io

from runcast.api.report.gather import Report
from runcast.api.times import moment
from runcast.domain.trace import Span

COLUMNS = (
    "run_id", "kind", "name", "key", "status", "attempt", "tries", "started_at", "finished_at", "duration_ms", "error_name",
    "error_message",
)  # fmt: skip
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def write_sheet(report: Report) -> str:
    """CSV, in the order of the trace."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for span in report.spans:
        writer.writerow([harmless(cell) for cell in _cells(span)])
    return out.getvalue()


def _cells(span: Span) -> tuple[object, ...]:
    error = span.error
    return (
        span.run_id,
        span.kind,
        short_name(span.message),
        span.properties.get("key", ""),
        state_of(span),
        "" if span.attempt is None else span.attempt,
        span.properties.get("tries", ""),
        moment(span.started_at).isoformat(),
        "" if span.finished_at is None else moment(span.finished_at).isoformat(),
        "" if span.finished_at is None else span.duration_ms,
        "" if error is None else error.name,
        "" if error is None else error.user_message or error.message,
    )


def short_name(name: str) -> str:
    """What tells it apart, of a function within others.

    >>> short_name("make.<locals>.send"), short_name("send")
    ('send', 'send')
    """
    return name.rpartition("<locals>.")[2]


def state_of(span: Span) -> str:
    """What became of it, in a word."""
    if span.is_canceled:
        return "Canceled"
    if span.error is not None:
        return "Failed"
    return "Running" if span.finished_at is None else "Completed"


def harmless(cell: object) -> object:
    """A text that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("1+1"), harmless(-5)
    ("'=1+1", '1+1', -5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
