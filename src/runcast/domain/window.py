"""The window of a schedule: by how much its runs start later than its ticks, so that thousands do not start at once."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

from runcast.domain.errors import InvalidInput

WINDOW_MS_MAX = 86_400_000
_WINDOW = re.compile(r"(\d{1,5})([mh%])", re.ASCII)
_UNIT_MS = {"m": 60_000, "h": 3_600_000}


class Window(msgspec.Struct, frozen=True):
    """A time, or a share of the time between two ticks."""

    ms: int = 0
    percent: int = 0


def parse_window(text: str) -> Window:
    """Raises `InvalidInput`.

    >>> parse_window("90m"), parse_window("50%")
    (Window(ms=5400000, percent=0), Window(ms=0, percent=50))
    """
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise InvalidInput(
            f"a window is minutes (30m), hours (2h) or a share of the time between ticks (50%), got {text!r}"
        )
    number, unit = int(found[1]), found[2]
    if unit == "%":
        if number > 100:
            raise InvalidInput(f"a window is 0% to 100% of the time between two ticks, got {text!r}")
        return Window(percent=number)
    if number * _UNIT_MS[unit] > WINDOW_MS_MAX:
        raise InvalidInput(f"a window is at most 24h, got {text!r}")
    return Window(ms=number * _UNIT_MS[unit])


def lag_ms(schedule_id: str, text: str, interval_ms: int) -> int:
    """By how much runs of the schedule start later: always the same share of its window.

    >>> lag_ms("sched_1", "10m", 0) == lag_ms("sched_1", "10m", 3_600_000) < 600_000
    True
    """
    window = parse_window(text)
    span = window.ms or interval_ms * window.percent // 100
    share = int.from_bytes(blake2b(f"window\0{schedule_id}".encode(), digest_size=8).digest())
    return share * span >> 64
