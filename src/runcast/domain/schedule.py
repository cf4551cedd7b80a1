"""A schedule: a cron rule that triggers a task, and what is decided at each of its ticks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NewType

import msgspec

from runcast.domain.cron import Cron, describe_cron, parse_cron, upcoming_of
from runcast.domain.ids import RunId, make_id
from runcast.domain.limits import CATCH_UP_RUNS_MAX, ON_TIME_MS, UPCOMING_TICKS
from runcast.domain.window import lag_ms

ScheduleId = NewType("ScheduleId", str)


class ScheduleType(StrEnum):
    """Where a schedule comes from."""

    DECLARATIVE = "DECLARATIVE"
    """From code: `@task(schedule=…)`."""
    IMPERATIVE = "IMPERATIVE"
    """Created at run time."""


class Overlap(StrEnum):
    """What a tick does while a run of the schedule is still live."""

    ALLOW = "allow"
    """It starts its run all the same."""
    SKIP = "skip"
    """It starts none."""
    QUEUE = "queue"
    """It is kept until the live run has ended; of several, the newest."""


class CatchUp(StrEnum):
    """What becomes of ticks that nobody saw in time: the engine was down, the machine asleep."""

    NONE = "none"
    LAST = "last"
    """One run, of the newest of them."""
    ALL = "all"
    """A run for each of the newest `CATCH_UP_RUNS_MAX`."""


class TickOutcome(StrEnum):
    """What was decided at a tick."""

    STARTED = "started"
    SKIPPED = "skipped"
    """A run was still live."""
    MISSED = "missed"
    """It was too late, and `catch_up` wanted no run for it."""


class ScheduleSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule and its policies, as code declares them."""

    cron: str
    timezone: str = "UTC"
    overlap: Overlap = Overlap.ALLOW
    catch_up: CatchUp = CatchUp.LAST
    payload: str | None = None
    """JSON text; None: each run gets its `ScheduledRun`."""
    external_id: str | None = None
    window: str | None = None
    """By how much runs may start later than their ticks, as `runcast.domain.window` reads it."""


class NewSchedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule to be created, or to replace the one that has its `deduplication_key`."""

    id: ScheduleId
    task: str
    settings: ScheduleSettings
    deduplication_key: str | None = None
    active: bool = True
    environment: str = "dev"


class ScheduleChanges(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a schedule shall be different; what is unset stays."""

    task: str | msgspec.UnsetType = msgspec.UNSET
    cron: str | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType = msgspec.UNSET
    overlap: Overlap | msgspec.UnsetType = msgspec.UNSET
    catch_up: CatchUp | msgspec.UnsetType = msgspec.UNSET
    payload: str | msgspec.UnsetType | None = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    window: str | msgspec.UnsetType | None = msgspec.UNSET


class ScheduleFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which schedules. Empty fields do not restrict."""

    environment: str | None = None
    task: tuple[str, ...] = ()
    type: ScheduleType | None = None
    active: bool | None = None
    external_id: str | None = None


class ScheduleState(msgspec.Struct, frozen=True):
    """A schedule as anyone may read it. Times are milliseconds since the epoch."""

    id: ScheduleId
    environment: str
    type: ScheduleType
    task: str
    cron: str
    timezone: str
    overlap: Overlap
    catch_up: CatchUp
    payload: str | None
    external_id: str | None
    window: str | None
    deduplication_key: str | None
    paused: bool
    removed: bool
    """Declared once, and gone from the code."""
    problem: str | None
    """Why it cannot tick."""
    next_at: int | None
    """The next tick; None while it is paused, removed, or has a problem."""
    last_at: int | None
    """The newest tick that was decided."""
    kept_at: int | None
    """A tick that waits for a run to end (`overlap="queue"`)."""
    revision: int
    """Raised by every change that somebody makes."""
    declared_by: str | None
    """The worker that declared it last."""
    created_at: int
    updated_at: int

    @property
    def active(self) -> bool:
        """It ticks."""
        return not (self.paused or self.removed or self.problem)

    @property
    def description(self) -> str:
        """The rule in words, such as `At 09:00 every day`."""
        return describe_cron(self.cron)

    @property
    def settings(self) -> ScheduleSettings:
        return ScheduleSettings(
            self.cron, self.timezone, self.overlap, self.catch_up, self.payload, self.external_id, self.window
        )

    def rule(self) -> Cron:
        """Raises `InvalidInput` when this machine does not know the zone."""
        return parse_cron(self.cron, self.timezone)

    def start_at(self, at: int) -> int:
        """When the run of tick `at` starts."""
        if self.window is None:
            return at
        return at + lag_ms(self.id, self.window, (self.rule().next_after(at) or at) - at)


class SchedulePage(msgspec.Struct, frozen=True):
    """Some schedules, oldest first, and how many there are."""

    schedules: tuple[ScheduleState, ...]
    count: int


class Tick(msgspec.Struct, frozen=True):
    """What was decided at one tick of a schedule."""

    schedule_id: ScheduleId
    at: int
    """The tick's own time."""
    manual: bool
    """Started by somebody with `run`; else by the rule, or by a back-fill over its times."""
    outcome: TickOutcome
    run_id: RunId | None
    decided_at: int


class ScheduledRun(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The payload of a scheduled run, in the shape of Trigger.dev's. Times are in UTC.

    >>> @task(schedule="0 9 * * 1-5")  # doctest: +SKIP
    ... async def digest(tick: ScheduledRun) -> None:
    ...     print(tick.local_timestamp, tick.upcoming[0])
    """

    schedule_id: str
    type: str
    timestamp: datetime
    """The time of the tick: not when the run started, but for which time."""
    timezone: str
    last_timestamp: datetime | None = None
    """The tick before."""
    external_id: str | None = None
    upcoming: tuple[datetime, ...] = ()
    """The next times."""

    @property
    def local_timestamp(self) -> datetime:
        """`timestamp` in the schedule's time zone."""
        from zoneinfo import ZoneInfo

        return self.timestamp.astimezone(ZoneInfo(self.timezone))


EXAMPLE_PAYLOAD = (
    '{"scheduleId":"sched_0","type":"DECLARATIVE","timestamp":"2026-01-01T09:00:00Z","timezone":"UTC",'
    '"lastTimestamp":"2025-12-31T09:00:00Z","externalId":"one","upcoming":["2026-01-02T09:00:00Z"]}'
)
"""A `ScheduledRun` with every field, to see whether a task takes one."""


class Plan(msgspec.Struct, frozen=True):
    """What the ticks that are due of one schedule come to, before looking at its runs."""

    fires: tuple[int, ...]
    """Ticks that want a run, oldest first."""
    missed: int | None
    """The newest tick that is passed over."""
    last_at: int
    next_at: int | None


def plan_ticks(schedule: ScheduleState, now: int) -> Plan:
    """Which of the due ticks want a run; the caller knows that one is due (`next_at <= now`).

    Raises `InvalidInput` when this machine does not know the zone.
    """
    assert schedule.next_at is not None
    rule, first = schedule.rule(), schedule.next_at
    late_until = now - ON_TIME_MS
    on_time = rule.newest(max(first - 1, late_until), now, CATCH_UP_RUNS_MAX)
    every = schedule.catch_up is CatchUp.ALL
    late = rule.newest(first - 1, late_until, CATCH_UP_RUNS_MAX if every else 1) if first <= late_until else []
    if not on_time and not late:
        # The zone's rules were others when `next_at` was written.
        on_time = [first]
    newest = (on_time or late)[-1]
    next_at = rule.next_after(newest)
    match schedule.catch_up:
        case CatchUp.NONE:
            return Plan(tuple(on_time), late[-1] if late else None, newest, next_at)
        case CatchUp.LAST:
            return Plan(tuple(on_time or late), late[-1] if late and on_time else None, newest, next_at)
        case CatchUp.ALL:
            return Plan(tuple([*late, *on_time][-CATCH_UP_RUNS_MAX:]), None, newest, next_at)


class Decision(msgspec.Struct, frozen=True):
    """What becomes of ticks that want a run."""

    starts: tuple[int, ...] = ()
    skips: tuple[int, ...] = ()
    kept_at: int | None = None


def decide(schedule: ScheduleState, fires: Sequence[int], *, live: bool) -> Decision:
    """Apply the overlap policy, tick by tick: the run of one is live when the next is looked at."""
    waiting = [*([] if schedule.kept_at is None else [schedule.kept_at]), *fires]
    if schedule.overlap is Overlap.ALLOW:
        return Decision(tuple(waiting))
    count = 0 if live else 1
    starts, rest = tuple(waiting[:count]), tuple(waiting[count:])
    if schedule.overlap is Overlap.QUEUE and rest:
        return Decision(starts, rest[:-1], rest[-1])
    return Decision(starts, rest)


def first_tick(settings: ScheduleSettings, after: int) -> int | None:
    """The first tick of a rule later than `after`. Raises `InvalidInput` for a rule that is none."""
    return parse_cron(settings.cron, settings.timezone).next_after(after)


def tick_payload(schedule: ScheduleState, at: int, last_at: int | None, upcoming: Sequence[int] | None = None) -> str:
    """The payload of the run for tick `at`: the schedule's own, or its `ScheduledRun`, as JSON text."""
    if schedule.payload is not None:
        return schedule.payload
    if upcoming is None:
        upcoming = upcoming_of(schedule.cron, schedule.timezone, at, UPCOMING_TICKS)
    run = ScheduledRun(
        schedule_id=schedule.id,
        type=schedule.type,
        timestamp=instant(at),
        timezone=schedule.timezone,
        last_timestamp=None if last_at is None else instant(last_at),
        external_id=schedule.external_id,
        upcoming=tuple(instant(tick) for tick in upcoming),
    )
    return msgspec.json.encode(run).decode()


def instant(at: int) -> datetime:
    """Milliseconds since the epoch as a `datetime` in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC)


def tick_run_id(schedule_id: str, at: int, now: int) -> RunId:
    """The id of the run that is made at `now` for a tick: the same whoever computes it."""
    return RunId(make_id("run", at_ms=now, chance=_digest(f"{schedule_id}\0{at}")))


def declared_schedule_id(environment: str, task: str) -> ScheduleId:
    """The id of the schedule that a task declares."""
    return ScheduleId(make_id("sched", at_ms=0, chance=_digest(f"{environment}\0{task}")))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def preview_ticks(cron: str, timezone: str, after: int, count: int) -> Sequence[int]:
    """The next `count` ticks of a rule later than `after` (ms)."""
    return parse_cron(cron, timezone).upcoming(after, count)
