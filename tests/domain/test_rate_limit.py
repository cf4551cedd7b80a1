"""What servers say about when to come again, in all the ways in which they say it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.errors import InvalidInput
from runcast.domain.rate_limit import RESET_HEADERS, parse_statuses, reset_s, wait_s

NOW = 1_700_000_000.0
"""Tuesday, 14 November 2023, 22:13:20 UTC."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1700000060", 60),
        ("1700000060.5", 60.5),
        ("1700000060500", 60.5),
        ("1699999990", 0),
        ("59", 59),
        ("0", 0),
        ("6m0s", 360),
        ("1h2m3s", 3_723),
        ("1m26.4s", 86.4),
        ("20ms", 0.02),
        ("1s250ms", 1.25),
        ("2d", 172_800),
        ("2023-11-14T22:14:20Z", 60),
        ("2023-11-14T23:14:20+01:00", 60),
        ("2023-11-14T22:14:20", 60),
        ("2023-11-14T22:13:00Z", 0),
        ("PT1M30S", 90),
        ("P1DT1H", 90_000),
        (" 30 ", 30),
    ],
)
def test_a_reset_is_read_in_every_format(text: str, seconds: float) -> None:
    assert reset_s(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "P", "PT", "-5", "5 minutes", "1x", "m5", "１２", "nan", "1" * 30])
def test_what_is_no_reset_says_nothing(text: str) -> None:
    assert reset_s(text, NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Tue, 14 Nov 2023 22:15:20 GMT"}, 120),
        ({"retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"}, 0),
        ({"retry-after": "whenever"}, None),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "2", "x-ratelimit-reset": "60"}, 2),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 1),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-tokens": "0",
            },
            360,
        ),
    ],
)
def test_what_the_server_asks_for_first_counts(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_s(headers, NOW) == seconds


def test_other_reset_headers_can_be_named() -> None:
    assert wait_s({"x-my-reset": "7"}, NOW, reset_headers=["x-my-reset"]) == 7
    assert wait_s({"x-my-reset": "7"}, NOW) is None


@given(st.sampled_from(["retry-after", "retry-after-ms", *RESET_HEADERS]), st.text(max_size=40))
def test_no_header_is_a_fault_or_a_negative_wait(name: str, text: str) -> None:
    found = wait_s({name: text}, NOW)
    assert found is None or found >= 0


@given(st.text(alphabet="0123456789PTDHMS:-.+ZWedOctGMT, ", max_size=40))
def test_nothing_that_looks_like_a_time_is_a_fault(text: str) -> None:
    for name in ("retry-after", "x-ratelimit-reset"):
        found = wait_s({name: text}, NOW)
        assert found is None or found >= 0


@pytest.mark.parametrize(
    ("pattern", "statuses"),
    [("429", {429}), ("429, 408", {408, 429}), ("500-502", {500, 501, 502}), ("5XX", set(range(500, 600)))],
)
def test_statuses_are_single_ones_classes_and_ranges(pattern: str, statuses: set[int]) -> None:
    assert parse_statuses(pattern) == statuses


@pytest.mark.parametrize("pattern", ["", "50x", "abc", "99", "600", "503-500", "500-", "-500", "429,,500"])
def test_a_pattern_that_names_no_status_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="status"):
        parse_statuses(pattern)
