"""Schedules and their ticks: a tick, its run and the next time are one transaction, so that each tick happens once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import LIVE_LOOK_BACK_ROWS, UPCOMING_TICKS
from runcast.domain.origin import Origin, write_origin
from runcast.domain.run import NewRun, Triggered
from runcast.domain.schedule import (
    Decision,
    Overlap,
    Plan,
    ScheduleFilter,
    SchedulePage,
    ScheduleState,
    Tick,
    TickOutcome,
    decide,
    tick_payload,
    tick_run_id,
)
from runcast.store.enqueue import enqueue
from runcast.store.rows import KnownTick, Name
from runcast.store.script import Script, call

TickRow = tuple[str, int, int, str, str | None, int]
"""The columns of `put_ticks`."""


class Planned(msgspec.Struct, frozen=True):
    """A schedule as it was read, with what its due ticks come to; `plan` None: only a kept tick is looked at."""

    schedule: ScheduleState
    plan: Plan | None


# --- reading


def find(schedule_id: str) -> Script[ScheduleState | None]:
    found: ScheduleState | None = yield call("find_schedule", id=schedule_id)
    return found


def get(schedule_id: str) -> Script[ScheduleState]:
    """Raises `NotFound`."""
    found = yield from find(schedule_id)
    if found is None:
        raise NotFound(f"no schedule {schedule_id}")
    return found


def page(filter: ScheduleFilter, offset: int, limit: int) -> Script[SchedulePage]:
    """Schedules in the order of their ids, and how many match."""
    wanted = {
        "environment": filter.environment,
        "type": filter.type,
        "external_id": filter.external_id,
        "active": None if filter.active is None else int(filter.active),
        "any_task": int(not filter.task),
        "tasks": [[task] for task in filter.task],
    }
    rows: list[ScheduleState] = yield call("list_schedules", **wanted, offset=offset, limit=limit)
    count: int = yield call("count_schedules", **wanted)
    return SchedulePage(tuple(rows), count)


def ticks(schedule_id: str, limit: int) -> Script[list[Tick]]:
    """The newest ticks, newest first."""
    found: list[Tick] = yield call("ticks_of", id=schedule_id, limit=limit)
    return found


def tick_of_run(run_id: str) -> Script[Tick | None]:
    found: Tick | None = yield call("tick_of_run", run_id=run_id)
    return found


class Due(msgspec.Struct, frozen=True):
    """What wants to be looked at, and when the next tick is."""

    due: list[ScheduleState]
    kept: list[ScheduleState]
    """Those with a kept tick whose predecessor has ended."""
    keeping: bool
    """Some tick is kept."""
    next_at: int | None


def due(now: int, limit: int) -> Script[Due]:
    """Schedules with a tick that is due, those whose kept tick may start, and the time of the next tick."""
    next_at: int | None = yield call("next_tick")
    ready: list[ScheduleState] = []
    if next_at is not None and next_at <= now:
        ready = yield call("due_schedules", now=now, limit=limit)
    keeping: int | None = yield call("any_kept")
    kept: list[ScheduleState] = []
    if keeping:
        kept = yield call("kept_schedules", look_back=LIVE_LOOK_BACK_ROWS, limit=limit)
    return Due(ready, kept, bool(keeping), next_at)


# --- ticking


def fire(planned: Sequence[Planned], now: int) -> Script[int]:
    """Decide ticks, start their runs, and set the next times, for schedules that nobody changed meanwhile.

    The number of runs that were started.
    """
    current = yield from _unchanged(planned)
    live = yield from _live(one.schedule for one in current)
    done = yield from _decided_before(
        (one.schedule.id, at) for one in current if one.plan is not None for at in (*one.plan.fires, one.plan.missed)
    )
    runs: list[NewRun] = []
    rows: list[TickRow] = []
    advances: list[list[object]] = []
    for one in current:
        schedule, plan = one.schedule, one.plan
        fires = [] if plan is None else [at for at in plan.fires if (schedule.id, at) not in done]
        decision = decide(schedule, fires, live=schedule.id in live)
        started = [_run(schedule, at, _before(schedule, fires, at), now) for at in decision.starts]
        runs += started
        missed = None if plan is None or (schedule.id, plan.missed) in done else plan.missed
        rows += _rows(schedule, decision, started, missed, now)
        next_at = schedule.next_at if plan is None else plan.next_at
        last_at = schedule.last_at if plan is None else plan.last_at
        advances.append([schedule.id, schedule.revision, next_at, last_at, decision.kept_at])
    if runs:
        yield from enqueue(runs, now, owed=True)
    if rows:
        yield call("put_ticks", rows=rows)
    if advances:
        yield call("advance_schedules", rows=advances)
    return len(runs)


def _unchanged(planned: Sequence[Planned]) -> Script[list[Planned]]:
    rows: list[ScheduleState] = yield call("schedules_by_id", ids=[[one.schedule.id] for one in planned])
    now_stored = {row.id: row for row in rows}
    return [one for one in planned if now_stored.get(one.schedule.id) == one.schedule]


def _live(schedules: Iterable[ScheduleState]) -> Script[set[str]]:
    asked = [[one.id] for one in schedules if one.overlap is not Overlap.ALLOW]
    if not asked:
        return set()
    rows: list[Name] = yield call("live_schedules", ids=asked, look_back=LIVE_LOOK_BACK_ROWS)
    return {row.name for row in rows}


def _decided_before(asked: Iterable[tuple[str, int | None]]) -> Script[set[tuple[str, int | None]]]:
    """Ticks that are stored: after a clock that jumped, or a back-fill that was quicker."""
    pairs = [[id, at] for id, at in asked if at is not None]
    if not pairs:
        return set()
    rows: list[KnownTick] = yield call("known_ticks", ticks=pairs)
    return {(row.schedule_id, row.at) for row in rows}


def _before(schedule: ScheduleState, fires: Sequence[int], at: int) -> int | None:
    return max((other for other in (schedule.last_at, *fires) if other is not None and other < at), default=None)


def _run(schedule: ScheduleState, at: int, last_at: int | None, now: int) -> NewRun:
    run = _new_run(schedule, tick_run_id(schedule.id, at, now), tick_payload(schedule, at, last_at))
    return run if schedule.window is None else msgspec.structs.replace(run, start_at=schedule.start_at(at))


def _new_run(schedule: ScheduleState, run_id: RunId, payload: str) -> NewRun:
    origin = write_origin(Origin(schedule_id=schedule.id))
    return NewRun(run_id, schedule.task, payload, environment=schedule.environment, origin=origin)


def _rows(
    schedule: ScheduleState, decision: Decision, started: Sequence[NewRun], missed: int | None, now: int
) -> list[TickRow]:
    passed = [(at, TickOutcome.SKIPPED) for at in decision.skips]
    if missed is not None:
        passed.append((missed, TickOutcome.MISSED))
    return [
        *(started_row(schedule.id, at, run.id, now) for at, run in zip(decision.starts, started, strict=True)),
        *(passed_row(schedule.id, at, outcome, now) for at, outcome in passed),
    ]


def started_row(schedule_id: str, at: int, run_id: str, now: int, *, manual: bool = False) -> TickRow:
    return (schedule_id, at, int(manual), TickOutcome.STARTED.value, run_id, now)


def passed_row(schedule_id: str, at: int, outcome: TickOutcome, now: int) -> TickRow:
    return (schedule_id, at, 0, outcome.value, None, now)


# --- by hand


def run_now(schedule_id: str, run_id: RunId, now: int) -> Script[Triggered]:
    """Start a run of a schedule now, whatever its policies say. Asked twice with one id, it starts one."""
    schedule = yield from get(schedule_id)
    known: Tick | None = yield call("tick_of_run", run_id=run_id)
    if known is not None:
        return Triggered(run_id)
    newest: int | None = yield call("newest_manual", id=schedule_id, now=now)
    at = now if newest is None else newest + 1
    payload = tick_payload(schedule, at, schedule.last_at)
    answers = yield from enqueue([_new_run(schedule, run_id, payload)], now)
    yield call("put_ticks", rows=[started_row(schedule.id, at, run_id, now, manual=True)])
    return answers[0]


def backfill(schedule: ScheduleState, wanted: Sequence[int], now: int) -> Script[list[Triggered]]:
    """Start a run for each of `wanted`, ticks of the rule in their order, that has none yet.

    Raises `Conflict` when the schedule was changed since its ticks were counted, `NotFound` when it is gone.
    """
    current = yield from get(schedule.id)
    if current.revision != schedule.revision:
        raise Conflict(f"schedule {schedule.id} was changed meanwhile: ask again")
    if not wanted:
        return []
    rows: list[KnownTick] = yield call("known_ticks", ticks=[[schedule.id, at] for at in wanted])
    done = {row.at for row in rows if row.run_id is not None}
    # A tick that is kept for its predecessor's end is going to have its run.
    done |= {current.kept_at} if current.kept_at is not None else set()
    later = [*wanted, *schedule.rule().upcoming(wanted[-1], UPCOMING_TICKS)]
    fresh = [
        (at, tick_payload(schedule, at, wanted[n - 1] if n else None, later[n + 1 : n + 1 + UPCOMING_TICKS]))
        for n, at in enumerate(wanted)
        if at not in done
    ]
    runs = [_new_run(schedule, tick_run_id(schedule.id, at, now), payload) for at, payload in fresh]
    if not runs:
        return []
    answers = yield from enqueue(runs, now)
    rows_of = [started_row(schedule.id, at, run.id, now) for (at, _), run in zip(fresh, runs, strict=True)]
    yield call("put_ticks", rows=rows_of)
    return answers
