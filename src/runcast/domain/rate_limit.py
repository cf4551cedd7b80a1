"""What an HTTP server says about when to come again: pure reading of statuses and headers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from runcast.domain.errors import InvalidInput

RETRIED_STATUSES = "408,409,429,5xx"
RESET_HEADERS = (
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-reset",
    "ratelimit-reset",
    "x-rate-limit-reset",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-reset",
)
"""Where servers say when a limit is open again. Of several limits those count that are used up."""
_UNITS_S = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001, "µs": 0.000001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|d|h|m|s)")
_ISO_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE)
_SECONDS_MAX = 10**9
"""A larger number is a moment in seconds since 1970, a smaller one a duration."""
_MILLISECONDS_MIN = 10**11
"""A larger number is a moment in milliseconds."""


def parse_statuses(pattern: str) -> frozenset[int]:
    """The statuses of a pattern: single ones, classes and ranges.

    >>> sorted(parse_statuses("429, 408, 50x"))
    Traceback (most recent call last):
    runcast.domain.errors.InvalidInput: a status is like 429, 5xx or 500-599; got '50x'
    >>> len(parse_statuses("429,5xx")), len(parse_statuses("500-503"))
    (101, 4)
    """
    found: set[int] = set()
    for part in pattern.replace(" ", "").lower().split(","):
        first, dash, last = part.partition("-")
        if re.fullmatch(r"[1-5]xx", part):
            found.update(range(int(part[0]) * 100, int(part[0]) * 100 + 100))
        elif first.isdecimal() and (last.isdecimal() if dash else True):
            low, high = int(first), int(last or first)
            if not 100 <= low <= high <= 599:
                raise InvalidInput(f"a status is between 100 and 599, got {part!r}")
            found.update(range(low, high + 1))
        else:
            raise InvalidInput(f"a status is like 429, 5xx or 500-599; got {part!r}")
    return frozenset(found)


def wait_s(headers: Mapping[str, str], now_s: float, *, reset_headers: Sequence[str] = RESET_HEADERS) -> float | None:
    """How long the server asks to wait, in seconds; None if it does not say. Unreadable headers say nothing.

    `retry-after-ms` and `Retry-After` count first, then the resets of limits with nothing remaining.
    """
    text = headers.get("retry-after-ms")
    if text is not None and (found := _number(text)) is not None:
        return found / 1000
    text = headers.get("retry-after")
    if text is not None and (found := _retry_after(text.strip(), now_s)) is not None:
        return found
    resets = [(name, headers[name]) for name in reset_headers if name in headers]
    waits = {name: parsed for name, text in resets if (parsed := reset_s(text, now_s)) is not None}
    used_up = [waits[name] for name in waits if _number(headers.get(_remaining_of(name), "")) == 0]
    if used_up:
        return max(used_up)
    return min(waits.values(), default=None)


def reset_s(text: str, now_s: float) -> float | None:
    """Seconds until a reset, written as unix seconds or milliseconds, seconds to go, ISO 8601 time or duration, or
    in OpenAI's way; None if it is none of these.

    >>> reset_s("6m0s", 0), reset_s("1s500ms", 0), reset_s("PT1M30S", 0), reset_s("1970-01-01T00:00:09Z", 4)
    (360.0, 1.5, 90.0, 5.0)
    >>> reset_s("1700000010", 1_700_000_000), reset_s("1700000010000", 1_700_000_000), reset_s("30", 0)
    (10.0, 10.0, 30.0)
    """
    text = text.strip()
    number = _number(text)
    if number is not None:
        if number >= _MILLISECONDS_MIN:
            return max(0.0, number / 1000 - now_s)
        return max(0.0, number - now_s) if number >= _SECONDS_MAX else number
    parts = _DURATION.findall(text)
    if parts and "".join(value + unit for value, unit in parts) == text:
        return sum(float(value) * _UNITS_S[unit] for value, unit in parts)
    iso = _ISO_DURATION.fullmatch(text)
    if iso is not None and any(iso.groups()):
        days, hours, minutes, seconds = (float(group or 0) for group in iso.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    try:
        # Without dashes any row of digits would be a time.
        moment = datetime.fromisoformat(text) if "-" in text else None
    except ValueError:
        moment = None
    if moment is None:
        return None
    return max(0.0, _timestamp(moment) - now_s)


def _retry_after(text: str, now_s: float) -> float | None:
    number = _number(text)
    if number is not None:
        return number
    try:
        return max(0.0, _timestamp(parsedate_to_datetime(text)) - now_s)
    except ValueError:
        return None


def _timestamp(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,16}(\.\d{1,9})?", text.strip(), re.ASCII) else None


def _remaining_of(reset: str) -> str:
    return reset.replace("reset", "remaining")
