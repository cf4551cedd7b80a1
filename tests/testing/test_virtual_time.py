"""The virtual clock fires what falls due, in order, at its own time; it may begin anywhere and outlive an engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runcast import Continue, InvalidInput, Retry, metadata, now, step, task, wait
from runcast.testing import TestEngine, virtual_time

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@step
async def charge(month: int) -> str:
    return f"charged {month}"


@task
async def virtual_subscription(month: int = 1) -> None:
    metadata.append("receipts", await charge(month))
    metadata.append("at", now().isoformat())
    await wait.for_("30d")
    raise Continue(month + 1)


async def test_a_year_of_a_subscription_takes_no_time() -> None:
    clock = virtual_time(START)
    async with TestEngine(clock=clock) as engine:
        run = await virtual_subscription.trigger()
        await clock.advance("360d")
        snapshot = await run.fetch()
        assert snapshot.metadata["receipts"] == [f"charged {month}" for month in range(1, 14)]
        assert snapshot.metadata["at"][1] == (START + timedelta(days=30)).isoformat()
        assert clock.now == START + timedelta(days=360)
        await engine.client.cancel(run.id)


async def test_the_clock_can_be_moved_to_a_time() -> None:
    clock = virtual_time(START)
    async with TestEngine(clock=clock):
        run = await virtual_subscription.trigger()
        await clock.advance_to(datetime(2026, 3, 31, tzinfo=UTC))
        assert len((await run.fetch()).metadata["receipts"]) == 2
        with pytest.raises(InvalidInput, match="never goes back"):
            await clock.advance_to(START)
        await run.cancel()


async def test_a_clock_needs_a_time_zone() -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        virtual_time(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(InvalidInput, match="time zone"):
        await virtual_time().advance_to(datetime(2026, 1, 1))  # noqa: DTZ001


async def test_an_engine_on_a_file_goes_on_where_the_one_before_ended(tmp_path: Path) -> None:
    clock = virtual_time(START)
    async with TestEngine(clock=clock, database=tmp_path / "shop.db"):
        run = await virtual_subscription.trigger()
        await clock.advance("15d")
    async with TestEngine(clock=clock, database=tmp_path / "shop.db") as engine:
        await clock.advance("15d")
        snapshot = await engine.client.retrieve(run.id)
        assert snapshot.metadata["receipts"] == ["charged 1", "charged 2"]
        await engine.client.cancel(run.id)


async def test_a_clock_without_an_engine_simply_moves() -> None:
    clock = virtual_time(START)
    await clock.advance("1d")
    assert clock.now == START + timedelta(days=1)


TRIES: list[int] = []


@step(retry=Retry(max_attempts=4, min_s=3600, max_s=3600))
async def stubborn_step() -> int:
    TRIES.append(1)
    raise ValueError("no")


@task(retry=Retry(max_attempts=3, min_s=7200, max_s=7200))
async def virtual_stubborn() -> int:
    return await stubborn_step()


async def test_retries_of_runs_follow_the_clock_and_those_of_steps_take_no_time() -> None:
    clock = virtual_time(START)
    TRIES.clear()
    async with TestEngine(clock=clock) as engine:
        run = await virtual_stubborn.trigger()
        await engine.settle()
        assert len(TRIES) == 4
        assert clock.now == START
        await engine.finish(run)
        assert clock.now >= START + timedelta(hours=2)
