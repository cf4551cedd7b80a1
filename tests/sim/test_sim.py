"""Fifteen hundred worlds, by turns with evict_after 0 and never: whatever goes wrong, the promises hold.

`make sim` gives each world both.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import fresh_schema
from tests.sim.databases import PostgresSchema
from tests.sim.run import EVICT_AFTER_MS, replay, run_seed

# A world ends in the middle of things; what its garbage says about that is no news.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::RuntimeWarning")

SEEDS = 1_500
BLOCK = 50


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, SEEDS, BLOCK))
def test_the_promises_hold_in_every_world(start: int) -> None:
    broken = []
    for seed in range(start, start + BLOCK):
        evict_after_ms = EVICT_AFTER_MS[seed % 2]
        if failures := run_seed(seed, evict_after_ms):
            broken.append(replay(seed, evict_after_ms, failures))
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
def test_the_promises_hold_in_a_few_worlds(evict_after_ms: int) -> None:
    for seed in range(1_000_000, 1_000_020):
        failures = run_seed(seed, evict_after_ms)
        assert not failures, replay(seed, evict_after_ms, failures)


@pytest.fixture(scope="module")
def schema(postgres_server: str) -> Iterator[PostgresSchema]:
    """Worlds use it one after the other."""
    with fresh_schema(postgres_server) as url:
        schema = PostgresSchema(url)
        yield schema
        schema.close()


@pytest.mark.slow
@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
def test_the_promises_hold_in_worlds_on_postgresql(schema: PostgresSchema, evict_after_ms: int) -> None:
    for seed in range(1_000_002, 1_000_008):
        failures = run_seed(seed, evict_after_ms, schema)
        assert not failures, replay(seed, evict_after_ms, failures, schema)
