"""A time that counts are asked for, cut into pieces that begin at whole minutes, hours or days."""

from __future__ import annotations

from itertools import takewhile
from typing import Annotated

from litestar.params import QueryParameter

from runcast.api.context import Api
from runcast.api.filters import CreatedFrom, CreatedTo, Period, created_range
from runcast.domain.errors import InvalidInput
from runcast.store.history import Pieces

DAY_MS = 86_400_000
BUCKETS = 48
BUCKETS_MAX = 400
_SECOND_MS = 1_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_ROUND_MS = (
    1,
    10,
    100,
    *(n * _SECOND_MS for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE_MS for n in (1, 2, 5, 10, 15, 20, 30)),
    *(n * _HOUR_MS for n in (1, 2, 3, 4, 6, 8, 12, 24)),
)
"""How long pieces are; longer ones are of two days, four, eight and so on."""


def asked_pieces(
    api: Api,
    period: Period = None,
    since: CreatedFrom = None,
    until: CreatedTo = None,
    buckets: Annotated[
        int,
        QueryParameter(name="buckets", ge=1, le=BUCKETS_MAX, description="How many pieces of time; one more at most."),
    ] = BUCKETS,
) -> Pieces:
    """A dependency of the routes that count over time: the last day, unless told otherwise. Raises `InvalidInput`."""
    now = api.now_ms()
    start, end = created_range(period, since, until, now_ms=now)
    end = now + 1 if end is None else end
    start = end - DAY_MS if start is None else start
    if not 0 <= start < end:
        raise InvalidInput("the time to count runs in has its start before its end, and both after 1970")
    return cut(start, end, buckets, now_ms=now)


def cut(start: int, end: int, buckets: int, *, now_ms: int) -> Pieces:
    """A time with whole pieces on both sides, but for the one that is not over yet.

    >>> cut(1_000_000, 4_600_000, 60, now_ms=4_599_999)
    Pieces(since=960000, until=4600000, width=60000)
    """
    width = _width(start, end, buckets)
    since = start // width * width
    until = -(-end // width) * width
    return Pieces(since, max(end, min(until, now_ms + 1)), width)


def _width(start: int, end: int, buckets: int) -> int:
    """The shortest of which there are at most one more than asked for: the first and the last may be in it only in part."""
    longer = takewhile(lambda width: width <= 2 * end, (DAY_MS << doubled for doubled in range(1, 64)))
    return next(width for width in (*_ROUND_MS, *longer) if -(-end // width) - start // width <= buckets + 1)
