"""Cron rules: read, checked with errors that point at the mistake, and asked for their next times in a time zone.

The text and the calendar are cronsim's, which keeps to Debian's cron; what a change of the clocks means is decided here
(ADR 0007). Times are milliseconds since the epoch, and a tick lies on a whole second.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from runcast.domain.errors import InvalidInput
from runcast.domain.limits import CRON_CHARS_MAX

if TYPE_CHECKING:  # most programs have no schedules: what these import takes 12 ms
    from zoneinfo import ZoneInfo

    from cronsim import CronSim

EXAMPLE = '"0 9 * * 1-5" is every weekday at 9:00'
ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
_TAKES = {
    "second": "0-59",
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L or LW",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 or SUN-SAT, 5L for the last, 5#2 for the second",
}
_DAY_MS = 86_400_000
_CALM_MS = 5 * _DAY_MS
"""No zone changes its clocks twice within this."""
_FIRST_WINDOW_MS = 120_000
_WINDOW_GROWTH = 4
_START = datetime(1970, 1, 1, tzinfo=None)  # noqa: DTZ001 - wall clocks have no zone


class Cron:
    """A rule in a time zone. Made by `parse_cron`.

    Minute and hour both without a leading star: the rule names times of the day. Each happens once a day: one that the
    clocks jump over happens when they have jumped, one that they repeat happens the first time. Any other rule follows
    the clock on the wall: it ticks whenever the clock shows a time that fits, as Debian's cron does.
    """

    def __init__(self, expression: str, timezone: str) -> None:
        self.expression = expression
        self.timezone = timezone
        fields = _fields(expression)
        self._calendar = _calendar(expression, fields)
        self._zone = _zone(timezone)
        minute, hour = fields[-5], fields[-4]
        self._daily = not (minute.startswith("*") or hour.startswith("*"))

    def next_after(self, at: int) -> int | None:
        """The first tick later than `at` (ms); None for a rule without one in the next fifty years.

        >>> from runcast.domain.cron import parse_cron
        >>> parse_cron("0 9 * * *").next_after(0)
        32400000
        """
        return self._next_of_day(at) if self._daily else self._next_on_wall(at)

    def ticks(self, after: int, until: int) -> Iterator[int]:
        """Every tick later than `after`, up to and with `until`."""
        at = self.next_after(after)
        while at is not None and at <= until:
            yield at
            at = self.next_after(at)

    def upcoming(self, after: int, count: int) -> list[int]:
        """The next `count` ticks later than `after`; fewer when the rule has no more."""
        found: list[int] = []
        at: int | None = after
        while len(found) < count and at is not None and (at := self.next_after(at)) is not None:
            found.append(at)
        return found

    def newest(self, after: int, until: int, count: int) -> list[int]:
        """The last `count` ticks later than `after`, up to and with `until`, oldest first.

        It looks back in growing windows: a rule that ticks every second for a year is not counted through.
        """
        window = _FIRST_WINDOW_MS
        while True:
            since = max(after, until - window)
            found = list(self.ticks(since, until))
            if len(found) >= count or since == after:
                return found[-count:]
            window *= _WINDOW_GROWTH

    # --- rules that name times of the day

    def _next_of_day(self, at: int) -> int | None:
        for wall in self._walls(self._wall_at(at)):
            found = self._instant_of(wall)
            if found > at:
                return found
        return None

    def _instant_of(self, wall: int) -> int:
        """When the clock first shows `wall`; of a time that is jumped over, when the clocks jump."""
        first = wall - self._offset_of(wall, fold=0)
        if first + self._offset_at(first) == wall:
            return first
        return self._change(wall - self._offset_of(wall, fold=1), first)

    # --- rules that follow the wall

    def _next_on_wall(self, at: int) -> int | None:
        while True:
            offset = self._offset_at(at)
            wall = next(self._walls(at + offset), None)
            if wall is None:
                return None
            changed_at = self._first_change(at, wall - offset)
            if changed_at is None:
                return wall - offset
            # The clocks change first: go on from the last second before they show something else.
            offset = self._offset_at(changed_at)
            wall = next(self._walls(changed_at + offset - 1000), None)
            if wall is None:
                return None
            if self._first_change(changed_at, wall - offset) is None:
                return wall - offset
            at = changed_at

    def _first_change(self, after: int, until: int) -> int | None:
        """When the clocks change first, later than `after` and not later than `until`."""
        while after < until:
            step = min(until, after + _CALM_MS)
            if self._offset_at(step) != self._offset_at(after):
                return self._change(after, step)
            after = step
        return None

    def _change(self, before: int, after: int) -> int:
        """The first second of another offset, between an instant before it and one not before it."""
        old = self._offset_at(before)
        low, high = before // 1000, -(-after // 1000)
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset_at(middle * 1000) == old:
                low = middle
            else:
                high = middle
        return high * 1000

    # --- walls: what clocks show, as milliseconds from their own 1970

    def _walls(self, after: int) -> Iterator[int]:
        calendar = copy(self._calendar)
        calendar.dt = _START + timedelta(seconds=after // 1000)
        for shown in calendar:
            yield int((shown - _START) / timedelta(seconds=1)) * 1000

    def _wall_at(self, at: int) -> int:
        return at + self._offset_at(at)

    def _offset_at(self, at: int) -> int:
        if self._zone is None:
            return 0
        offset = datetime.fromtimestamp(at / 1000, self._zone).utcoffset()
        assert offset is not None
        return offset // timedelta(milliseconds=1)

    def _offset_of(self, wall: int, *, fold: int) -> int:
        if self._zone is None:
            return 0
        shown = (_START + timedelta(milliseconds=wall)).replace(tzinfo=self._zone, fold=fold)
        offset = shown.utcoffset()
        assert offset is not None
        return offset // timedelta(milliseconds=1)


@lru_cache(maxsize=512)
def parse_cron(expression: str, timezone: str = "UTC") -> Cron:
    """The rule of a cron expression: five fields, six with seconds first, or an alias such as `@daily`.

    Raises `InvalidInput` that shows the expression, the place of the mistake and an example.
    """
    return Cron(expression, timezone)


@lru_cache(maxsize=1_024)
def upcoming_of(expression: str, timezone: str, after: int, count: int) -> tuple[int, ...]:
    """`Cron.upcoming`, remembered: thousands of schedules often share a rule."""
    return tuple(parse_cron(expression, timezone).upcoming(after, count))


def describe_cron(expression: str) -> str:
    """The rule in words.

    >>> describe_cron("0 9 * * 1-5")
    'At 09:00 on Monday through Friday'
    """
    text: str = _calendar(expression, _fields(expression)).explain()
    return text


def _fields(expression: str) -> list[str]:
    if len(expression) > CRON_CHARS_MAX:
        raise InvalidInput(f"a cron expression has at most {CRON_CHARS_MAX} characters, got {len(expression)}")
    stripped = expression.strip()
    if stripped.startswith("@") and stripped.lower() not in ALIASES:
        raise InvalidInput(
            f"cron expression {expression!r}: no alias of that name (aliases: {', '.join(ALIASES)}). Example: {EXAMPLE}"
        )
    fields = ALIASES.get(stripped.lower(), stripped).split()
    if len(fields) not in (5, 6):
        raise InvalidInput(
            f"cron expression {expression!r} has {len(fields)} fields; it needs 5 ({', '.join(_FIELDS)}), or 6 with "
            f"seconds first. Example: {EXAMPLE}"
        )
    return fields


def _calendar(expression: str, fields: list[str]) -> CronSim:
    from cronsim import CronSim, CronSimError

    try:
        calendar = CronSim(" ".join(fields), _START)
    except (CronSimError, ValueError, AssertionError) as error:
        raise InvalidInput(_complaint(expression, fields, str(error))) from error
    if next(copy(calendar), None) is None:
        raise InvalidInput(f"cron expression {expression!r} never ticks: no day fits it. Example: {EXAMPLE}")
    return calendar


def _complaint(expression: str, fields: list[str], told: str) -> str:
    names = _FIELDS if len(fields) == 5 else ("second", *_FIELDS)
    name = told.removeprefix("Bad ")
    if name not in names:
        return f"cron expression {expression!r} is not understood: {told}. Example: {EXAMPLE}"
    number = names.index(name)
    shown = " ".join(fields)
    position = len(" ".join(fields[:number])) + (number > 0) + 1
    return (
        f"cron expression {expression!r}: {name} is {fields[number]!r}, it takes {_TAKES[name]} (field {number + 1}, "
        f"position {position})\n  {shown}\n  {' ' * (position - 1)}{'^' * len(fields[number])}\nExample: {EXAMPLE}"
    )


def _zone(name: str) -> ZoneInfo | None:
    """None for UTC, whose clocks never change."""
    if name == "UTC":
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:  # a name that is a folder, or tries to leave it
        raise InvalidInput(_no_zone(name)) from error
    except KeyError as error:  # zoneinfo's own error is one
        raise InvalidInput(_no_zone(name)) from error


def _no_zone(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    known = sorted(available_timezones())
    near = (
        get_close_matches(name, known, n=3, cutoff=0.6) or [zone for zone in known if name.lower() in zone.lower()][:3]
    )
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"no time zone {name!r}.{hint} Use a name of the IANA list, such as 'Europe/Zurich', or 'UTC'"


def timezones() -> list[str]:
    """Every name that a schedule takes, UTC first."""
    from zoneinfo import available_timezones

    return ["UTC", *sorted(available_timezones() - {"UTC"})]


def at_text(at: int, timezone: str = "UTC") -> str:
    """An instant in a zone, for people: `2026-03-29 09:00:00 +02:00`."""
    zone = _zone(timezone) or UTC
    return datetime.fromtimestamp(at / 1000, zone).isoformat(" ", "seconds").replace("+", " +")
