"""Filters of lists, as clients write them: words with commas between, and times as a period or from and to."""

from __future__ import annotations

import re
from typing import Annotated

from litestar.params import QueryParameter

from runcast.api.trigger import read_date
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput

WORDS_MAX = 100
FILTER_CHARS_MAX = 10_000
LATEST_MS = 253_402_300_799_999
"""The last millisecond that a date can say."""
_PERIOD = re.compile(r"\d{1,9}[smhdw]", re.ASCII)
_MILLISECONDS = re.compile(r"\d{1,15}", re.ASCII)

Period = Annotated[
    str | None,
    QueryParameter(name="filter[createdAt][period]", description="Not older than this, such as `1d` or `30m`."),
]
CreatedFrom = Annotated[
    str | None,
    QueryParameter(name="filter[createdAt][from]", description="Milliseconds since the epoch, or an ISO 8601 time."),
]
CreatedTo = Annotated[
    str | None, QueryParameter(name="filter[createdAt][to]", description="The same; without the end.")
]


def words(text: str | None, name: str) -> tuple[str, ...]:
    """The words of a comma list.

    >>> words("a, b", "filter[tag]"), words(None, "filter[tag]")
    (('a', 'b'), ())
    """
    found = tuple(word for part in (text or "").split(",") if (word := part.strip()))
    if len(found) > WORDS_MAX:
        raise InvalidInput(f"{name} names at most {WORDS_MAX}, got {len(found)}")
    return found


def created_range(
    period: str | None, since: str | None, until: str | None, *, now_ms: int
) -> tuple[int | None, int | None]:
    """The time from which and up to which (without it) something was created. Raises `InvalidInput`."""
    start, end = _instant(since, "filter[createdAt][from]"), _instant(until, "filter[createdAt][to]")
    if period:
        if not _PERIOD.fullmatch(period):
            raise InvalidInput(f"filter[createdAt][period] is like 30m, 12h, 7d or 4w, got {period[:100]!r}")
        start = max(now_ms - duration_ms(period, name="filter[createdAt][period]"), start or 0)
    return start, end


def _instant(text: str | None, name: str) -> int | None:
    if not text:
        return None
    at = int(text) if _MILLISECONDS.fullmatch(text) else read_date(text, name)
    if at > LATEST_MS:
        raise InvalidInput(f"{name} is before the year 10000, got {text[:100]!r}")
    return at
