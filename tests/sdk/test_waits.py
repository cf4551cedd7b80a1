"""Waits as a developer writes them: a time in the past, and a wait that a program looks at."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from runcast import InvalidInput, NotFound, task, wait
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine

home = Registry()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@task(registry=home)
async def sleep_until(at: datetime, refuse_past: bool) -> str:
    await wait.until(at, refuse_past=refuse_past)
    await wait.for_("1h")
    return "slept"


async def test_a_time_in_the_past_does_not_sleep_or_is_refused_for_good() -> None:
    async with TestEngine(list(home)) as engine:
        slept = await sleep_until.trigger(LONG_AGO, refuse_past=False)
        refused = await sleep_until.trigger(LONG_AGO, refuse_past=True)
        await engine.advance("1h")
        assert (await slept.fetch()).output == "slept"
        found = await refused.fetch()
        assert (found.status, found.attempt) == ("FAILED", 1)
        assert found.error is not None
        assert "is in the past" in found.error.message


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
async def test_a_sleep_that_was_recorded_is_not_refused_when_the_body_comes_by_again(evict_after: int | None) -> None:
    async with TestEngine(list(home), evict_after=evict_after) as engine:
        at = datetime.fromtimestamp(engine.clock.now_ms() / 1000, UTC) + timedelta(minutes=1)
        run = await sleep_until.trigger(at, refuse_past=True)
        await engine.advance("2h")
        assert (await run.fetch()).output == "slept"


def test_outside_of_a_run_the_past_is_refused_too() -> None:
    with pytest.raises(InvalidInput, match="is in the past"):
        wait.until(LONG_AGO, refuse_past=True)
    asyncio.run(_plain())


async def _plain() -> None:
    await wait.until(LONG_AGO)


async def test_a_wait_can_be_looked_at_before_and_after_it_is_completed() -> None:
    async with TestEngine(list(home)) as engine:
        made = await engine.client.create_wait(tags="approval")
        assert (await engine.client.retrieve_wait(made.id)).status == "WAITING"
        await engine.client.complete_wait(made.id, {"ok": True})
        found = await engine.client.retrieve_wait(made.id)
        assert (found.status, found.value) == ("COMPLETED", '{"ok":true}')
        with pytest.raises(NotFound, match="no wait 'waitpoint_none'"):
            await engine.client.retrieve_wait("waitpoint_none")
