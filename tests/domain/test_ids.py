"""Ids sort by time, differ by chance, and are derived the same by whoever computes them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.ids import ALPHABET, CHANCE_BITS, TIME_CHARS, RunId, child_run_id, derived_id, make_id

times = st.integers(min_value=0, max_value=(1 << 50) - 1)
chances = st.integers(min_value=0, max_value=(1 << CHANCE_BITS) - 1)
keys = st.text(max_size=40)


def read(digits: str) -> int:
    """The number that base 32 digits stand for."""
    value = 0
    for digit in digits:
        value = value * 32 + ALPHABET.index(digit)
    return value


def run_id(at_ms: int, chance: int) -> RunId:
    return RunId(make_id("run", at_ms=at_ms, chance=chance))


@given(times, chances)
def test_an_id_holds_its_time_and_its_chance(at_ms: int, chance: int) -> None:
    digits = make_id("run", at_ms=at_ms, chance=chance).removeprefix("run_")
    assert read(digits[:TIME_CHARS]) == at_ms
    assert read(digits[TIME_CHARS:]) == chance


@given(times, chances)
def test_an_id_is_a_prefix_and_21_characters_that_survive_any_case_and_url(at_ms: int, chance: int) -> None:
    assert re.fullmatch(r"wait_[0-9abcdefghjkmnpqrstvwxyz]{21}", make_id("wait", at_ms=at_ms, chance=chance))


@given(st.tuples(times, chances), st.tuples(times, chances))
def test_ids_sort_by_time_and_then_by_chance(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (run_id(*one) < run_id(*other)) == (one < other)
    assert (run_id(*one) == run_id(*other)) == (one == other)


@given(times, st.integers(min_value=0))
def test_chance_beyond_its_bits_is_dropped(at_ms: int, chance: int) -> None:
    assert run_id(at_ms, chance) == run_id(at_ms, chance % (1 << CHANCE_BITS))


@given(times, chances, keys, st.integers(min_value=0, max_value=1_000))
def test_a_child_is_the_same_run_whoever_computes_it_and_sorts_beside_its_parent(
    at_ms: int, chance: int, key: str, generation: int
) -> None:
    parent = run_id(at_ms, chance)
    child = child_run_id(parent, key, generation)
    assert child == child_run_id(parent, key, generation)
    assert len(child) == len(parent)
    assert child[: 4 + TIME_CHARS] == parent[: 4 + TIME_CHARS]


@given(times, chances, st.lists(st.tuples(keys, st.integers(0, 50)), unique=True, min_size=2, max_size=20))
def test_children_of_other_keys_and_generations_are_other_runs(
    at_ms: int, chance: int, names: list[tuple[str, int]]
) -> None:
    parent = run_id(at_ms, chance)
    assert len({child_run_id(parent, key, generation) for key, generation in names}) == len(names)


def test_a_key_with_a_number_in_it_is_not_mistaken_for_a_generation() -> None:
    parent = run_id(1, 1)
    assert child_run_id(parent, "a", 11) != child_run_id(parent, "a1", 1)


@given(times, chances, keys)
def test_waits_and_batches_of_one_key_have_ids_of_their_own(at_ms: int, chance: int, key: str) -> None:
    owner = run_id(at_ms, chance)
    wait, batch = derived_id("wait", owner, key), derived_id("batch", owner, key)
    assert wait == derived_id("wait", owner, key)
    assert wait.removeprefix("wait_") != batch.removeprefix("batch_")
    assert wait.removeprefix("wait_")[:TIME_CHARS] == owner.removeprefix("run_")[:TIME_CHARS]
