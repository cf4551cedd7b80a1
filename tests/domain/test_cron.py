"""Cron rules: what they take, when they tick, and what a change of the clocks does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.cron import at_text, describe_cron, parse_cron, timezones
from runcast.domain.errors import InvalidInput

ZURICH = "Europe/Zurich"
DAY_MS = 86_400_000


def ms(*parts: int, zone: str = "UTC", fold: int = 0) -> int:
    return int(datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)  # type: ignore[arg-type,misc]


def local(ticks: list[int], zone: str = ZURICH) -> list[str]:
    return [at_text(tick, zone) for tick in ticks]


# --- what they take


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("0 9 * * 1-5", (2026, 1, 1, 9)),
        ("*/15 8-10 * * *", (2026, 1, 1, 8)),
        ("0 0 L * *", (2026, 1, 31)),
        ("0 0 LW * *", (2026, 1, 30)),
        ("0 12 * * FRIL", None),
        ("0 12 * * 5L", (2026, 1, 30, 12)),
        ("0 12 * * MON#2", (2026, 1, 12, 12)),
        ("0 0 1 jan,MAR *", (2026, 3, 1)),
        ("0 0 13 * 5", (2026, 1, 2)),
        ("30 5 9 * * *", (2026, 1, 1, 9, 5, 30)),
        ("@daily", (2026, 1, 2)),
        ("@YEARLY", (2027, 1, 1)),
        ("  @hourly ", (2026, 1, 1, 1)),
        ("0 0 29 2 *", (2028, 2, 29)),
        ("0 0 * * 7", (2026, 1, 4)),
    ],
)
def test_fields_names_ranges_steps_and_last_days_are_read(expression: str, first: tuple[int, ...] | None) -> None:
    if first is None:
        with pytest.raises(InvalidInput):
            parse_cron(expression)
        return
    assert parse_cron(expression).next_after(ms(2026, 1, 1)) == ms(*first, *([0] * (3 - len(first))))


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("61 * * * *", "minute is '61', it takes 0-59 (field 1, position 1)"),
        ("0 9 * * MON-FOO", "day-of-week is 'MON-FOO', it takes 0-7 or SUN-SAT"),
        ("0 9 * * MON-FOO", "          ^^^^^^^"),
        ("0 0 30 2 *", "day-of-month is '30'"),
        ("70 0 0 * * *", "second is '70'"),
        ("* * *", "has 3 fields; it needs 5"),
        ("@reboot", "no alias of that name"),
        ("", "has 0 fields"),
        ("* " * 300, "at most 256 characters"),
        ("0 0 29 2 1#5,9", "day-of-week is '1#5,9'"),
    ],
)
def test_a_mistake_is_shown_with_its_place_and_an_example(expression: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_cron(expression)
    assert told in str(caught.value)
    assert "Example: " in str(caught.value) or "characters" in told


@given(st.text(alphabet="0123456789*/-,#L?W@ MONJANday\0é", max_size=30))
def test_any_text_is_a_rule_or_a_clear_error(text: str) -> None:
    try:
        rule = parse_cron(text)
    except InvalidInput:
        return
    assert rule.next_after(0) is not None


@pytest.mark.parametrize("name", ["Europe/Zuric", "zurich", "America", "../etc/passwd", "", "nope\0"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        parse_cron("* * * * *", name)


def test_a_misspelt_zone_is_answered_with_those_that_are_near() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'Europe/Zurich'"):
        parse_cron("* * * * *", "Europe/Zuric")


def test_every_zone_is_taken_and_utc_comes_first() -> None:
    assert timezones()[0] == "UTC"
    assert ZURICH in timezones()


def test_a_rule_is_told_in_words() -> None:
    assert describe_cron("0 9 * * 1-5") == "At 09:00 on Monday through Friday"
    assert describe_cron("@hourly") == describe_cron("0 * * * *")


# --- the clocks change


def test_a_time_that_the_clocks_jump_over_ticks_once_when_they_have_jumped() -> None:
    ticks = parse_cron("30 2 * * *", ZURICH).upcoming(ms(2026, 3, 28), 3)
    assert local(ticks) == [
        "2026-03-28 02:30:00 +01:00",
        "2026-03-29 03:00:00 +02:00",
        "2026-03-30 02:30:00 +02:00",
    ]


def test_a_time_that_the_clocks_repeat_ticks_once_the_first_time() -> None:
    ticks = parse_cron("30 2 * * *", ZURICH).upcoming(ms(2026, 10, 24), 3)
    assert local(ticks) == [
        "2026-10-24 02:30:00 +02:00",
        "2026-10-25 02:30:00 +02:00",
        "2026-10-26 02:30:00 +01:00",
    ]


def test_asked_in_the_repeated_hour_a_time_of_day_is_over() -> None:
    again = ms(2026, 10, 25, 2, 10, zone=ZURICH, fold=1)
    assert local(parse_cron("30 2 * * *", ZURICH).upcoming(again, 1)) == ["2026-10-26 02:30:00 +01:00"]


def test_with_seconds_a_time_of_day_is_one_too() -> None:
    rule = parse_cron("15 30 2 * * *", ZURICH)
    for start in (ms(2026, 3, 28, 12), ms(2026, 10, 24, 12)):
        assert len(list(rule.ticks(start, start + DAY_MS))) == 1


def test_an_hourly_rule_follows_the_hours_that_pass() -> None:
    rule = parse_cron("0 * * * *", ZURICH)
    assert len(list(rule.ticks(ms(2026, 3, 28, 23), ms(2026, 3, 29, 22)))) == 23
    assert len(list(rule.ticks(ms(2026, 10, 24, 22), ms(2026, 10, 25, 23)))) == 25


ZONES = [
    "Australia/Lord_Howe",  # half an hour
    "Africa/Cairo",  # at midnight
    "America/Havana",
    "America/New_York",
    "Pacific/Apia",  # a day that never was
    "Africa/Casablanca",  # four times a year
    ZURICH,
    "UTC",
]
FOLLOWING = ["0 */6 * * *", "*/15 5 * * *", "*/20 * * * *", "*/30 0 * 3-5 5", "* 2 * * *", "7 * * * *"]
STARTS = [(2026, 3, 20), (2026, 10, 20), (2026, 4, 1), (2011, 12, 28)]


@pytest.mark.parametrize("zone", ZONES)
def test_a_rule_that_follows_the_wall_ticks_whenever_the_clock_shows_a_time_that_fits(zone: str) -> None:
    for expression in FOLLOWING:
        calendar = CronSim(expression, datetime(2026, 1, 1))  # noqa: DTZ001
        for start in STARTS:
            begin, end = ms(*start), ms(*start) + 10 * DAY_MS
            minutes = range(begin, end, 60_000)
            shown = ((at, datetime.fromtimestamp(at / 1000, ZoneInfo(zone))) for at in minutes)
            expected = [
                at
                for at, wall in shown
                if wall.minute in calendar.minutes
                and wall.hour in calendar.hours
                and wall.month in calendar.months
                and calendar.match_day(wall.date())
            ]
            assert list(parse_cron(expression, zone).ticks(begin - 1, end - 1)) == expected, expression


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 1, 2, 23])
def test_a_time_of_day_ticks_once_on_each_day_that_there_is(zone: str, hour: int) -> None:
    rule = parse_cron(f"30 {hour} * * *", zone)
    for year in (2011, 2026):
        start = datetime(year, 1, 1, tzinfo=ZoneInfo(zone))
        ticks = list(rule.ticks(int(start.timestamp() * 1000), ms(year + 1, 1, 1, zone=zone) - 1))
        assert ticks == sorted(set(ticks))
        days = {datetime.fromtimestamp(tick / 1000, ZoneInfo(zone)).date() for tick in ticks}
        assert len(ticks) == 365
        # Samoa had no 30th of December 2011: its tick is that of the moment in which the day went.
        assert len(days) >= 364


@given(
    st.sampled_from(["30 2 * * *", "*/7 * * * *", "0 */6 * * *", "0 9 * * 1-5", "@monthly", "*/10 0 2,3 * * *"]),
    st.sampled_from(ZONES),
    st.integers(ms(2011, 1, 1), ms(2030, 1, 1)),
)
def test_the_next_tick_is_later_and_none_lies_between(expression: str, zone: str, at: int) -> None:
    rule = parse_cron(expression, zone)
    found = rule.next_after(at)
    assert found is not None
    assert found > at
    assert found % 1000 == 0
    assert rule.next_after(found - 1) == found
    assert rule.next_after((at + found) // 2) == found


# --- looking back


def test_the_newest_ticks_are_found_without_counting_through() -> None:
    now = ms(2026, 1, 1)
    assert parse_cron("* * * * * *").newest(0, now, 3) == [now - 2000, now - 1000, now]
    assert parse_cron("@yearly").newest(0, now - 1, 2) == [ms(2024, 1, 1), ms(2025, 1, 1)]


def test_no_tick_is_found_before_the_beginning() -> None:
    rule = parse_cron("@hourly")
    now = ms(2026, 1, 1, 5)
    assert rule.newest(now - 1, now, 10) == [now]
    assert rule.newest(now, now, 10) == []
    assert len(rule.newest(now - timedelta(hours=3) // timedelta(milliseconds=1), now, 10)) == 3


def test_an_instant_is_shown_in_its_zone() -> None:
    at = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp() * 1000)
    assert at_text(at, ZURICH) == "2026-03-29 03:00:00 +02:00"
