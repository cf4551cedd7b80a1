"""Schedules in a simulated world: who creates and pauses them, and the law I12: one run for each tick, none skipped or doubled."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from runcast.domain.cron import parse_cron
from runcast.domain.ids import make_id
from runcast.domain.limits import CATCH_UP_RUNS_MAX, ON_TIME_MS
from runcast.domain.schedule import CatchUp, NewSchedule, Overlap, ScheduleId, ScheduleSettings
from runcast.domain.window import lag_ms
from runcast.sdk.remote import RemoteClientGateway
from tests.sim.databases import Database
from tests.sim.programs import Program, Sleep, Step

if TYPE_CHECKING:
    from tests.sim.world import World

Ask = Callable[[RemoteClientGateway], Coroutine[Any, Any, None]]
HOUR_MS = 3_600_000
CHANGES = (
    datetime(2026, 3, 29, 0, 40, tzinfo=UTC),  # Zurich jumps over 2:00 to 3:00
    datetime(2026, 10, 25, 0, 10, tzinfo=UTC),  # Zurich has 2:00 to 3:00 twice
    datetime(2026, 10, 3, 15, 10, tzinfo=UTC),  # Lord Howe jumps by half an hour
    datetime(2026, 4, 4, 14, 10, tzinfo=UTC),
)
"""Starts of worlds: an hour or less before clocks change."""


class SimSchedule(msgspec.Struct, frozen=True):
    """A schedule of a world. Its runs execute `program`."""

    key: str
    settings: ScheduleSettings
    program: Program
    after_s: float
    lasts_s: float


def make_schedules(
    random: Random, *, minutes: int, crons: tuple[str, ...], zones: tuple[str, ...]
) -> tuple[SimSchedule, ...]:
    """One to three schedules that together live for that many minutes."""
    return tuple(_make(random, f"s{number}", minutes, crons, zones) for number in range(random.randint(1, 3)))


def _make(random: Random, key: str, minutes: int, crons: tuple[str, ...], zones: tuple[str, ...]) -> SimSchedule:
    takes_ms = random.choice([0, 100, 5_000, 70_000])
    body = Step(f"{key} step", random.randint(0, 99), takes_ms=takes_ms)
    program = Program(f"{key} program", body, "free")
    if random.random() < 0.5:
        # Some runs outlive the next ticks.
        program = Program(f"{key} program", Sleep(random.choice([1, 2_000, 25_000, minutes * 15_000])), "free")
    settings = ScheduleSettings(
        random.choice(crons),
        random.choice(zones),
        random.choice(list(Overlap)),
        random.choice([CatchUp.NONE, CatchUp.LAST, CatchUp.ALL, CatchUp.ALL]),
        payload=msgspec.json.encode({"program": program}).decode(),
        window=random.choice([None, "1m"]),
    )
    return SimSchedule(key, settings, program, random.random() * 30, 60 * minutes * (0.5 + random.random() / 2))


async def live(world: World, schedule: SimSchedule, retrying: Callable[[Ask], Awaitable[None]]) -> None:
    """Somebody outside creates the schedule, looks at it now and then, and pauses it when its time has come."""
    id = ScheduleId(make_id("sched", at_ms=0, chance=world.random.getrandbits(55)))
    new = NewSchedule(id, "free", schedule.settings, deduplication_key=schedule.key)
    await asyncio.sleep(schedule.after_s)
    await retrying(partial(_put, new))
    await asyncio.sleep(schedule.lasts_s / 2)
    await retrying(partial(_put, new))
    await asyncio.sleep(schedule.lasts_s / 2)
    await retrying(partial(_pause, id))


async def _put(new: NewSchedule, gateway: RemoteClientGateway) -> None:
    await gateway.put_schedule(new)


async def _pause(id: ScheduleId, gateway: RemoteClientGateway) -> None:
    await gateway.pause_schedule(id, paused=True)


# --- what must be there in the end


class _Row(msgspec.Struct, frozen=True):
    at: int
    outcome: str
    run_id: str | None
    decided_at: int


def verify_schedules(database: Database, schedules: tuple[SimSchedule, ...], *, jumps: bool) -> list[str]:
    """What is wrong, in sentences."""
    return [f"I12: {schedule.key}: {fault}" for schedule in schedules for fault in _verify(database, schedule, jumps)]


def _verify(database: Database, schedule: SimSchedule, jumps: bool) -> list[str]:
    found: list[tuple[Any, ...]] = database.execute(
        "select id, created_at, last_at, kept_at from schedules where deduplication_key = ?", (schedule.key,)
    )
    [(id, created_at, last_at, kept_at)] = found
    decided: list[tuple[Any, ...]] = database.execute(
        "select at, outcome, run_id, decided_at from schedule_ticks where schedule_id = ? order by at", (id,)
    )
    rows = [_Row(*row) for row in decided]
    rule = parse_cron(schedule.settings.cron, schedule.settings.timezone)
    ticks = list(rule.ticks(created_at, last_at)) if last_at is not None else []
    faults = [f"{row.at} is no tick of the rule" for row in rows if row.at not in ticks]
    if kept_at is not None:
        faults.append(f"{kept_at} is kept although it is paused")
    faults += _verify_runs(database, schedule, rows)
    faults += _verify_starts(database, ScheduleId(id), schedule.settings, rows)
    faults += _verify_gaps(schedule.settings.catch_up, ticks, rows)
    if schedule.settings.overlap is not Overlap.ALLOW and not jumps:
        faults += _verify_alone(database, schedule)
    return faults


def _verify_runs(database: Database, schedule: SimSchedule, rows: list[_Row]) -> list[str]:
    runs = Counter(
        str(id)
        for (id,) in database.execute(
            "select id from runs where payload ->> '$.program.id' = ? and resumed_from is null", (schedule.program.id,)
        )
    )
    started = Counter(str(row.run_id) for row in rows if row.outcome == "started")
    return [] if runs == started else [f"{len(runs)} runs, and {len(started)} ticks that started one: {runs - started}"]


def _verify_starts(database: Database, id: ScheduleId, settings: ScheduleSettings, rows: list[_Row]) -> list[str]:
    """No run starts before its share of the window is over."""
    if settings.window is None:
        return []
    begun = dict(database.execute("select id, started_at from runs where started_at is not null", ()))
    rule = parse_cron(settings.cron, settings.timezone)
    faults = []
    for row in rows:
        lag = lag_ms(id, settings.window, (rule.next_after(row.at) or row.at) - row.at)
        if (started := begun.get(row.run_id)) is not None and started < row.at + lag:
            faults.append(f"the run of {row.at} started {row.at + lag - started} ms too early")
    return faults


def _verify_gaps(catch_up: CatchUp, ticks: list[int], rows: list[_Row]) -> list[str]:
    """A tick without a decision was missed by more than a minute, and the policy allows that."""
    decided = {row.at for row in rows}
    faults = []
    for at in ticks:
        if at in decided:
            continue
        later = next((row for row in rows if row.at > at), None)
        if (
            later is None
            or later.decided_at - at < ON_TIME_MS
            or (catch_up is CatchUp.ALL and not _beyond(at, ticks, later))
        ):
            faults.append(f"tick {at} was lost ({catch_up})")
    return faults


def _beyond(at: int, ticks: list[int], later: _Row) -> bool:
    """A tick before the newest that a catch-up takes: a wall clock that jumps by an hour brings hundreds."""
    return sum(at < tick <= later.decided_at for tick in ticks) >= CATCH_UP_RUNS_MAX


def _verify_alone(database: Database, schedule: SimSchedule) -> list[str]:
    """No run was created while another of the schedule lived."""
    spans: list[tuple[Any, ...]] = database.execute(
        "select created_at, finished_at, id from runs where payload ->> '$.program.id' = ? order by created_at, id",
        (schedule.program.id,),
    )
    pairs = itertools.pairwise(spans)
    return [f"{later[2]} began while {first[2]} lived" for first, later in pairs if later[0] < first[1]]
