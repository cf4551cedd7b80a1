"""Keeps `tallies`: how many ended runs were created in each minute, quarter of an hour and hour, by task and status.

A run is counted in the commit that ends it and taken off when it is removed, so that counts over time need not look at runs
that are over. Those that are not have indexes of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from runcast.store.rows import Holding
from runcast.store.script import Script, call

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
SPANS_MS = (HOUR_MS, 15 * MINUTE_MS, MINUTE_MS)
"""Of which there are counts, the longest first."""


def add(ended: Iterable[tuple[Holding, str]]) -> Script[None]:
    """Count runs that end now, with the statuses that they end in."""
    # By the minute first: runs that end together are often of one.
    counts = Counter((run.environment, run.created_at // MINUTE_MS, run.task, status) for run, status in ended)
    rows: Counter[tuple[str, int, int, str, str]] = Counter()
    for (environment, minute, task, status), count in counts.items():
        for span_ms in SPANS_MS:
            at = minute * MINUTE_MS // span_ms * span_ms
            rows[environment, span_ms, at, task, status] += count
    yield call("add_tallies", rows=[(*key, count) for key, count in rows.items()])


def span_of(width_ms: int) -> int | None:
    """The longest span that pieces of this width are made of; None: they are shorter than any.

    >>> span_of(300_000), span_of(7_200_000), span_of(90_000)
    (60000, 3600000, None)
    """
    return next((span_ms for span_ms in SPANS_MS if width_ms % span_ms == 0), None)
