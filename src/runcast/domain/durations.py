"""Durations as people write them: `"2m"`, `"1h 30m"`, a `timedelta`, or a number of seconds."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from runcast.domain.errors import InvalidInput

Duration = str | timedelta | int | float
"""`"500ms"`, `"2m"`, `"1h30m"`, `timedelta(days=1)`, or seconds."""

UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
DURATION_MS_MAX = 100 * 366 * UNIT_MS["d"]
"""A century: anything longer is a mistake in the unit."""

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.ASCII)
_WHOLE = re.compile(rf"\s*(?:{_PART.pattern}\s*)+", re.ASCII)


def duration_ms(value: Duration, *, name: str = "duration") -> int:
    """`value` in milliseconds; raises `InvalidInput` that names the option.

    >>> duration_ms("1h30m"), duration_ms(2.5), duration_ms("500ms")
    (5400000, 2500, 500)
    """
    milliseconds = _parse(value, name)
    if not 0 <= milliseconds <= DURATION_MS_MAX:
        raise InvalidInput(f"{name} must be between 0 and 100 years, got {value!r}")
    return round(milliseconds)


def duration_text(ms: int) -> str:
    """The shortest text that `duration_ms` reads back.

    >>> [duration_text(ms) for ms in (0, 1_500, 10_000, 5_400_000, 2_592_000_000)]
    ['0s', '1500ms', '10s', '90m', '30d']
    """
    unit = next(unit for unit in ("d", "h", "m", "s", "ms") if ms % UNIT_MS[unit] == 0) if ms else "s"
    return f"{ms // UNIT_MS[unit]}{unit}"


def _parse(value: object, name: str) -> float:
    if isinstance(value, timedelta):
        return value / timedelta(milliseconds=1)
    if isinstance(value, str):
        if _WHOLE.fullmatch(value):
            return sum(float(number) * UNIT_MS[unit] for number, unit in _PART.findall(value))
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value * 1000
    raise InvalidInput(f'{name} must be like "2m" or "1h30m", a timedelta, or seconds; got {value!r}')
