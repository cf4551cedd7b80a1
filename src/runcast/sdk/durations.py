"""Times and durations of the SDK: what users write for a point in time, and for how long."""

from __future__ import annotations

from datetime import datetime

from runcast.domain.durations import DURATION_MS_MAX, UNIT_MS, Duration, duration_ms
from runcast.domain.errors import InvalidInput

__all__ = ["DURATION_MS_MAX", "UNIT_MS", "Duration", "duration_ms", "instant_ms"]


def instant_ms(value: datetime, *, name: str = "time") -> int:
    """An aware `datetime` as milliseconds since the epoch; a naive one is refused, because its zone is a guess."""
    if value.tzinfo is None:
        raise InvalidInput(f"{name} needs a time zone: write datetime.now(UTC), not a naive {value!r}")
    return round(value.timestamp() * 1000)
