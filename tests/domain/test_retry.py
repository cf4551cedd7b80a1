"""The retry formula: Trigger.dev's, bounded and randomised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.limits import ATTEMPTS_MAX
from runcast.domain.retry import Retry

policies = st.builds(
    Retry,
    factor=st.floats(min_value=1, max_value=100),
    min_s=st.floats(min_value=0, max_value=600),
    max_s=st.floats(min_value=0, max_value=86_400),
    randomize=st.booleans(),
)
attempts = st.integers(min_value=1, max_value=ATTEMPTS_MAX)
rolls = st.floats(min_value=0, max_value=1, exclude_max=True)


@pytest.mark.parametrize(
    ("attempt", "least_ms", "most_ms"), [(1, 1_000, 1_999), (2, 2_000, 3_999), (5, 16_000, 31_999), (7, 60_000, 60_000)]
)
def test_the_default_doubles_from_one_second_up_to_a_minute(attempt: int, least_ms: int, most_ms: int) -> None:
    assert Retry().delay_ms(attempt, roll=0.0) == least_ms
    assert Retry().delay_ms(attempt, roll=0.9999999) == most_ms


@given(policies, attempts, rolls)
def test_a_delay_is_never_negative_and_never_over_the_maximum(policy: Retry, attempt: int, roll: float) -> None:
    assert 0 <= policy.delay_ms(attempt, roll=roll) <= policy.max_s * 1000


@given(policies, st.integers(min_value=1, max_value=ATTEMPTS_MAX - 1), rolls)
def test_a_later_attempt_never_waits_less_for_the_same_chance(policy: Retry, attempt: int, roll: float) -> None:
    assert policy.delay_ms(attempt, roll=roll) <= policy.delay_ms(attempt + 1, roll=roll)


@given(policies, attempts, rolls)
def test_chance_stretches_a_delay_to_less_than_double(policy: Retry, attempt: int, roll: float) -> None:
    least, delay = policy.delay_ms(attempt, roll=0.0), policy.delay_ms(attempt, roll=roll)
    assert least <= delay <= 2 * least + 2


@given(attempts, rolls)
def test_without_randomising_chance_changes_nothing(attempt: int, roll: float) -> None:
    policy = Retry(randomize=False)
    assert policy.delay_ms(attempt, roll=roll) == policy.delay_ms(attempt, roll=0.0)
