"""Times on the wire: REST says the zone, realtime rows must not."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(ms: int) -> datetime:
    """A time in UTC, which is written with `Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def naive(ms: int) -> str:
    """As realtime rows say it: milliseconds, without a zone.

    >>> naive(1767225600120)
    '2026-01-01T00:00:00.120'
    """
    return moment(ms).isoformat(timespec="milliseconds").removesuffix("+00:00")
