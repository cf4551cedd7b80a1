"""Points in time as people type them: `24h` (ago), a date, a time of day today, or a whole ISO 8601 text."""

from __future__ import annotations

from datetime import datetime

from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput


def moment_ms(typed: str, *, now: int, name: str) -> int:
    """`typed` as milliseconds since the epoch; without a zone it is local time. Raises `InvalidInput`.

    >>> moment_ms("90s", now=100_000, name="--since"), moment_ms("1970-01-01T00:01:00Z", now=0, name="--since")
    (10000, 60000)
    """
    try:
        return max(0, now - duration_ms(typed))
    except InvalidInput:
        pass
    today = datetime.fromtimestamp(now / 1000).astimezone().date().isoformat()
    for text in (typed, f"{today}T{typed}"):
        try:
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except ValueError:
            continue
    raise InvalidInput(
        f"{name} is how long ago (15m, 24h, 7d), a date (2024-06-01), a time of today (14:30), "
        f"or both (2024-06-01T14:30, with Z or +02:00 for another zone); got {typed!r}"
    )
