"""The rate limit of a queue: a burst, then an even flow, never more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.queue import rate_allowance, rate_consume, rate_ready_at

NOW = 1_700_000_000_000

counts = st.integers(min_value=1, max_value=1_000)
periods = st.integers(min_value=1, max_value=86_400_000)
visits = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 2_000)), max_size=40)
"""Milliseconds until the next look at the bucket, and how many attempts would like to start then."""


def taken(visits: list[tuple[int, int]], count: int, period_ms: int) -> list[tuple[int, int]]:
    """When how many attempts started, for a bucket that nobody used before."""
    now, tat_us, starts = NOW, 0, []
    for pause_ms, wanted in visits:
        now += pause_ms
        start = min(wanted, rate_allowance(now, tat_us, count, period_ms))
        tat_us = rate_consume(now, tat_us, count, period_ms, start)
        starts.append((now, start))
    return starts


@given(visits, counts, periods)
def test_no_stretch_of_time_sees_more_than_the_burst_and_the_even_flow(
    visits: list[tuple[int, int]], count: int, period_ms: int
) -> None:
    starts = taken(visits, count, period_ms)
    interval_us = max(1, period_ms * 1000 // count)
    for first, (since, _) in enumerate(starts):
        total = 0
        for now, start in starts[first:]:
            total += start
            assert total <= count + (now - since) * 1000 // interval_us


@given(counts, periods)
def test_an_idle_bucket_admits_exactly_the_burst(count: int, period_ms: int) -> None:
    assert rate_allowance(NOW, 0, count, period_ms) == count
    spent = rate_consume(NOW, 0, count, period_ms, count)
    assert rate_allowance(NOW, spent, count, period_ms) == 0


@given(counts, periods)
def test_a_bucket_that_rested_for_a_period_is_full_again(count: int, period_ms: int) -> None:
    spent = rate_consume(NOW, 0, count, period_ms, count)
    assert rate_allowance(NOW + period_ms, spent, count, period_ms) == count


@given(st.integers(0, 2_000), counts, periods)
def test_the_bucket_is_ready_at_the_first_millisecond_that_admits_one(used: int, count: int, period_ms: int) -> None:
    tat_us = rate_consume(NOW, 0, count, period_ms, used)
    ready = rate_ready_at(NOW, tat_us, count, period_ms)
    assert rate_allowance(ready, tat_us, count, period_ms) >= 1
    assert ready == NOW or rate_allowance(ready - 1, tat_us, count, period_ms) == 0


@given(st.integers(0, 100), st.integers(0, 100), counts, periods)
def test_taking_in_two_steps_is_taking_at_once(one: int, other: int, count: int, period_ms: int) -> None:
    at_once = rate_consume(NOW, 0, count, period_ms, one + other)
    first = rate_consume(NOW, 0, count, period_ms, one)
    assert rate_consume(NOW, first, count, period_ms, other) == at_once


@given(st.integers(0, 1_000), counts, periods, st.integers(0, 10_000))
def test_waiting_never_lowers_the_allowance(used: int, count: int, period_ms: int, pause_ms: int) -> None:
    tat_us = rate_consume(NOW, 0, count, period_ms, used)
    now_allowed = rate_allowance(NOW, tat_us, count, period_ms)
    assert now_allowed <= rate_allowance(NOW + pause_ms, tat_us, count, period_ms) <= count


def test_a_rate_finer_than_the_clock_is_still_a_rate() -> None:
    assert rate_allowance(NOW, 0, 5_000_000, 1_000) == 5_000_000
    assert rate_ready_at(NOW, 0, 5_000_000, 1_000) == NOW
