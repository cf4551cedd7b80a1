"""Schedules as a program declares and creates them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from runcast import Schedule, ScheduledRun, schedules, task
from runcast.domain.errors import Conflict, InvalidInput, InvalidPayload, NotFound, UnknownTask
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine

hidden = Registry()


@task(registry=hidden, schedule=Schedule("0 9 * * 1-5", timezone="Europe/Zurich", overlap="skip"))
async def digest(tick: ScheduledRun) -> str:
    """Each weekday."""
    last = tick.last_timestamp and tick.last_timestamp.isoformat()
    return f"{tick.local_timestamp:%a %H:%M} after {last}, then {tick.upcoming[0]:%a}"


@task(registry=hidden, schedule="@hourly")
def sweep() -> str:
    """Takes nothing."""
    return "swept"


@dataclass
class Tick:
    """What a task may take of its tick."""

    scheduleId: str  # noqa: N815
    timestamp: datetime


@task(registry=hidden)
async def tick_of_its_own(tick: Tick) -> str:
    return tick.scheduleId


@task(registry=hidden)
async def report(days: int, title: str = "report") -> str:
    return f"{title} of {days}"


async def outputs(engine: TestEngine, name: str) -> list[object]:
    page = await engine.client.list(task=name, limit=1000)
    return [run.output for run in reversed(page.runs)]


# --- declared


async def test_a_declared_schedule_runs_its_task() -> None:
    async with TestEngine([digest]) as engine:  # it is Tuesday, the 14th of November 2023, 22:13 UTC
        await engine.advance("4d")
        assert await outputs(engine, "digest") == [
            "Wed 09:00 after None, then Thu",
            "Thu 09:00 after 2023-11-15T08:00:00+00:00, then Fri",
            "Fri 09:00 after 2023-11-16T08:00:00+00:00, then Mon",
        ]


async def test_a_task_without_parameters_is_run_without_a_payload() -> None:
    async with TestEngine([sweep]) as engine:
        await engine.advance("2h")
        assert await outputs(engine, "sweep") == ["swept", "swept"]


async def test_a_run_by_hand_of_a_declared_schedule() -> None:
    async with TestEngine([digest]):
        (found,) = (await schedules.list(task=digest)).schedules
        assert found.description == "At 09:00 on Monday through Friday"
        assert "after None" in await (await schedules.run(found.id)).result()


@pytest.mark.parametrize("rule", ["61 * * * *", "never", 5])
def test_a_rule_that_is_none_is_refused_where_it_is_written(rule: object) -> None:
    with pytest.raises(InvalidInput):
        task(registry=Registry(), schedule=rule)(lambda: None)  # type: ignore[call-overload]


def test_a_policy_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidInput, match="allow, skip, queue"):
        Schedule("@daily", overlap="buffer")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="none, last, all"):
        Schedule("@daily", catch_up="some")  # type: ignore[arg-type]


def test_a_task_that_cannot_read_its_tick_says_so_before_it_runs() -> None:
    @task(registry=Registry(), schedule="@daily")
    def weekly(days: int) -> int:
        return days

    with pytest.raises(InvalidPayload, match="give its schedule a payload"):
        weekly.info()


def test_a_declared_payload_must_be_one_that_the_task_takes() -> None:
    @task(registry=Registry(), schedule=Schedule("@daily", payload={"days": "many"}))
    def weekly(days: int) -> int:
        return days

    with pytest.raises(InvalidPayload):
        weekly.info()


# --- at run time


async def test_a_schedule_is_created_once_for_its_key() -> None:
    async with TestEngine([report]) as engine:
        for days in (7, 7, 30):
            made = await schedules.create(report, cron="@hourly", payload={"days": days}, deduplication_key="acme")
        assert (await schedules.list()).count == 1
        await engine.advance("1h")
        assert await outputs(engine, "report") == ["report of 30"]
        assert (await schedules.retrieve(made.id)).last_at is not None


async def test_a_schedule_is_created_by_the_name_of_its_task() -> None:
    async with TestEngine([report]):
        assert (await schedules.create("report", cron="@hourly", payload={"days": 1})).task == "report"
        with pytest.raises(UnknownTask, match="tasks: report"):
            await schedules.create("repotr", cron="@hourly")
        with pytest.raises(InvalidPayload):
            await schedules.create("report", cron="@hourly")
        with pytest.raises(InvalidPayload):
            schedules.create(report, cron="@hourly", payload={"days": "many"})


async def test_a_class_with_the_fields_of_a_tick_takes_it_too() -> None:
    async with TestEngine([tick_of_its_own]) as engine:
        made = await schedules.create(tick_of_its_own, cron="@hourly")
        await engine.advance("1h")
        assert await outputs(engine, "tick_of_its_own") == [made.id]


async def test_a_schedule_is_changed_stopped_and_removed() -> None:
    async with TestEngine([report]) as engine:
        made = await schedules.create(report, cron="@hourly", payload={"days": 1}, external_id="acme")
        changed = await schedules.update(made.id, payload={"days": 2, "title": "x"}, overlap="skip", external_id=None)
        assert (changed.external_id, changed.overlap.value, changed.next_at) == (None, "skip", made.next_at)
        await schedules.deactivate(made.id)
        await engine.advance("2h")
        assert await outputs(engine, "report") == []
        assert (await schedules.activate(made.id)).active
        await engine.advance("1h")
        assert await outputs(engine, "report") == ["x of 2"]
        await schedules.delete(made.id)
        with pytest.raises(NotFound):
            await schedules.retrieve(made.id)
        with pytest.raises(InvalidInput, match="'colour'"):
            schedules.update(made.id, colour="red")  # type: ignore[call-arg]


async def test_a_back_fill_runs_what_is_past() -> None:
    async with TestEngine([report]) as engine:
        made = await schedules.create(report, cron="@daily", payload={"days": 1})
        now = datetime.fromtimestamp(engine.clock.now_ms() / 1000, UTC)
        handles = await schedules.backfill(made.id, now - timedelta(days=3), now)
        assert [await handle.result() for handle in handles] == ["report of 1"] * 3
        assert len(await schedules.ticks(made.id)) == 3
        with pytest.raises(InvalidInput, match="time zone"):
            schedules.backfill(made.id, datetime(2023, 1, 1), now)  # noqa: DTZ001


async def test_a_declared_schedule_is_not_changed_at_run_time() -> None:
    async with TestEngine([sweep]):
        (found,) = (await schedules.list(active=True)).schedules
        with pytest.raises(Conflict, match="declared in the code"):
            await schedules.update(found.id, cron="@daily")


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../UTC"])
def test_a_preview_refuses_a_zone_that_is_none(timezone: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        schedules.next("0 9 * * *", timezone=timezone)


def test_a_preview_asks_no_engine() -> None:
    after = datetime(2026, 10, 24, tzinfo=UTC)
    times = schedules.next("30 2 * * *", timezone="Europe/Zurich", count=3, after=after)
    assert [str(at) for at in times] == [
        "2026-10-24 02:30:00+02:00",
        "2026-10-25 02:30:00+02:00",
        "2026-10-26 02:30:00+01:00",
    ]
