"""A schedule as REST shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.cron import upcoming_of
from runcast.domain.errors import InvalidInput
from runcast.domain.schedule import CatchUp, Overlap, ScheduleState, ScheduleType, Tick, TickOutcome

UPCOMING_SHOWN = 5
_TYPES = {"dev": "DEVELOPMENT", "staging": "STAGING", "prod": "PRODUCTION", "preview": "PREVIEW"}


class GeneratorView(msgspec.Struct, frozen=True):
    """The rule."""

    expression: str
    description: str
    """In words."""
    type: str = "CRON"


class EnvironmentView(msgspec.Struct, frozen=True, rename="camel"):
    """Where a schedule's runs are started."""

    id: str
    type: str


class ScheduleView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A schedule."""

    id: str
    type: ScheduleType
    task: str
    active: bool
    deduplication_key: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    generator: GeneratorView
    timezone: str
    window: str | UnsetType = UNSET
    """By how much its runs may start later than their ticks."""
    next_run: datetime | UnsetType = UNSET
    """The next tick."""
    next_run_effective_at: datetime | UnsetType = UNSET
    """When that tick's run starts."""
    environments: tuple[EnvironmentView, ...]
    overlap: Overlap
    catch_up: CatchUp
    problem: str | UnsetType = UNSET
    """Why it cannot tick."""
    upcoming: tuple[datetime, ...]
    """The next ticks."""
    last_run: datetime | UnsetType = UNSET
    """The newest tick that was decided."""
    payload: Any = UNSET
    """What each run gets; absent: a `ScheduledRun`."""


class PreviewView(msgspec.Struct, frozen=True):
    """What a rule comes to."""

    description: str
    upcoming: tuple[datetime, ...]


class TickView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What was decided at a tick."""

    timestamp: datetime
    outcome: TickOutcome
    manual: bool
    run_id: str | UnsetType = UNSET
    decided_at: datetime


def show_schedule(schedule: ScheduleState) -> ScheduleView:
    return ScheduleView(
        id=schedule.id,
        type=schedule.type,
        task=schedule.task,
        active=schedule.active,
        deduplication_key=schedule.deduplication_key or UNSET,
        external_id=schedule.external_id or UNSET,
        generator=GeneratorView(schedule.cron, schedule.description),
        timezone=schedule.timezone,
        window=schedule.window or UNSET,
        next_run=UNSET if schedule.next_at is None else moment(schedule.next_at),
        next_run_effective_at=_starts(schedule),
        environments=(EnvironmentView(schedule.environment, environment_type(schedule.environment)),),
        overlap=schedule.overlap,
        catch_up=schedule.catch_up,
        problem=schedule.problem or UNSET,
        upcoming=_upcoming(schedule),
        last_run=UNSET if schedule.last_at is None else moment(schedule.last_at),
        payload=UNSET if schedule.payload is None else msgspec.json.decode(schedule.payload),
    )


def show_tick(tick: Tick) -> TickView:
    return TickView(
        timestamp=moment(tick.at),
        outcome=tick.outcome,
        manual=tick.manual,
        run_id=tick.run_id or UNSET,
        decided_at=moment(tick.decided_at),
    )


def environment_type(environment: str) -> str:
    """How the official clients name a kind of environment.

    >>> environment_type("prod"), environment_type("shop/dev")
    ('PRODUCTION', 'DEVELOPMENT')
    """
    return _TYPES.get(environment.rpartition("/")[2], "PREVIEW")


def _upcoming(schedule: ScheduleState) -> tuple[datetime, ...]:
    if schedule.next_at is None:
        return ()
    try:
        return tuple(map(moment, upcoming_of(schedule.cron, schedule.timezone, schedule.next_at - 1, UPCOMING_SHOWN)))
    except InvalidInput:  # another machine knows the zone, this one does not
        return (moment(schedule.next_at),)


def _starts(schedule: ScheduleState) -> datetime | UnsetType:
    if schedule.next_at is None:
        return UNSET
    try:
        return moment(schedule.start_at(schedule.next_at))
    except InvalidInput:  # another machine knows the zone, this one does not
        return UNSET
