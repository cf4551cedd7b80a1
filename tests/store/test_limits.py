"""Limits under anything: random triggers, claims, waits, deaths; never exceeded, and nothing is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runcast.domain.outcome import Failed, Released, Succeeded
from runcast.domain.queue import QueueSettings
from tests.store.houses import SqliteHouse
from tests.store.world import ERROR, World, sleep


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    concurrency=st.sampled_from([None, 1, 3]),
    per_key=st.sampled_from([None, 1, 2]),
    acts=st.lists(
        st.tuples(
            st.sampled_from(
                ["trigger", "claim", "claim", "finish", "sleep", "wake", "cancel", "release", "retry", "die"]
            ),
            st.integers(0, 7),
        ),
        max_size=60,
    ),
)
def test_limits_are_never_exceeded_and_nothing_is_forgotten(
    concurrency: int | None, per_key: int | None, acts: list[tuple[str, int]]
) -> None:
    world = World(SqliteHouse(":memory:"))
    try:
        world.worker(queues=[QueueSettings("work", concurrency, per_key)])
        for act, number in acts:
            _do(world, act, number)
            _within_limits(world, concurrency, per_key)
        assert world.findings() == []
        _drain(world)
    finally:
        world.close()


def _do(world: World, act: str, number: int) -> None:
    executing = world.sql("select id, epoch from runs where status = 'EXECUTING' order by id")
    chosen = executing[number % len(executing)] if executing else None
    match act:
        case "trigger":
            world.trigger_many(number % 3 + 1, concurrency_key=("", "a", "b")[number % 3], priority_ms=number % 2 * 100)
        case "claim":
            world.claim(room=number)
        case "wake":
            world.advance(10)
            world.fire()
        case "die":
            world.lose("w1", deaths=number % 2 == 0)
            world.sql("update workers set stopped_at = null")
        case "release":
            for row in world.sql("select id, epoch from runs where slot = 1 and finished_at is not null"):
                world.report(row, outcome=Released())
        case _ if chosen is None:
            pass
        case "finish":
            world.report(chosen, outcome=Succeeded("1"))
        case "sleep":
            world.wait(chosen, sleep(f"s{world.now}{number}", number), resident=number % 2 == 0)
        case "cancel":
            world.cancel(chosen[0])
        case "retry":
            world.report(chosen, outcome=Failed(ERROR, retry_in_ms=number))
        case _:
            raise AssertionError(act)


def _within_limits(world: World, concurrency: int | None, per_key: int | None) -> None:
    assert concurrency is None or world.slots() <= concurrency
    for key, count in world.sql("select concurrency_key, count(*) from runs where slot = 1 group by 1"):
        assert per_key is None or not key or count <= per_key


def _drain(world: World) -> None:
    """Whatever happened, the runs all come to their end."""
    for _ in range(400):
        world.advance(10)
        world.fire()
        _do(world, "release", 0)
        world.claim()
        for row in world.sql("select id, epoch from runs where status = 'EXECUTING'"):
            world.report(row, outcome=Succeeded("1"))
        if not world.one("select count(*) from runs where finished_at is null"):
            return
    pytest.fail(f"runs are left: {world.sql('select id, status, held from runs where finished_at is null')}")
