"""`schedules`: create, change, pause, run and preview schedules at run time, from any process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack
from zoneinfo import ZoneInfo

import msgspec

from runcast.domain.cron import parse_cron
from runcast.domain.errors import InvalidInput, NotFound, UnknownTask
from runcast.domain.ids import RunId
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.schedule import (
    NewSchedule,
    ScheduleChanges,
    ScheduleFilter,
    ScheduleId,
    SchedulePage,
    ScheduleState,
    ScheduleType,
    Tick,
)
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_door, current_environment
from runcast.sdk.call import Call
from runcast.sdk.codec import encode_json
from runcast.sdk.doors import Door
from runcast.sdk.durations import instant_ms
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.handle import RunHandle
from runcast.sdk.options import check_key
from runcast.sdk.registry import registry
from runcast.sdk.schedule import (
    CatchUpName,
    OverlapName,
    Schedule,
    fitting_payload,
    parse_catch_up,
    parse_overlap,
)
from runcast.sdk.task import TaskDefinition

AnyTask = str | TaskDefinition[..., Any]


class ScheduleArguments(TypedDict, total=False):
    """What `schedules.update` may change."""

    task: AnyTask
    cron: str
    timezone: str
    overlap: OverlapName
    catch_up: CatchUpName
    payload: Any
    external_id: str | None
    window: str | None


class Schedules:
    """Schedules of an engine; every method that asks it returns a call. `schedules` is the one of this process.

    >>> report = await schedules.create(  # doctest: +SKIP
    ...     weekly_report, cron="0 9 * * 1", timezone="Europe/Zurich", deduplication_key="acme"
    ... )

    What it does inside a run is not journaled: give `create` a `deduplication_key`, so that a retry changes nothing.
    """

    def __init__(self, find_door: Callable[[], Door] = current_door) -> None:
        self._find_door = find_door

    # The arguments are those of a `Schedule`, and of what it is for.
    def create(
        self,
        task: AnyTask,
        *,
        cron: str,
        timezone: str = "UTC",
        overlap: OverlapName = "allow",
        catch_up: CatchUpName = "last",
        payload: Any = None,
        external_id: str | None = None,
        window: str | None = None,
        deduplication_key: str | None = None,
        active: bool = True,
    ) -> Call[ScheduleState]:
        """Create a schedule. With a `deduplication_key` that exists, that schedule gets these settings.

        `external_id` is whose schedule it is in your own terms; runs get it in their `ScheduledRun`. Raises
        `InvalidInput` for a rule that is none, `UnknownTask` for a name that no worker has declared.
        """
        declared = Schedule(
            cron,
            timezone=timezone,
            overlap=overlap,
            catch_up=catch_up,
            payload=payload,
            external_id=external_id,
            window=window,
        )
        known = _definition(task)
        settings = declared.settings
        if known is not None:
            settings = msgspec.structs.replace(settings, payload=fitting_payload(known, settings.payload))
        new = NewSchedule(
            ScheduleId(fresh_id("sched")),
            _name(task),
            settings,
            deduplication_key=check_key(deduplication_key, "deduplication_key"),
            active=active,
            environment=current_environment(),
        )

        async def ask(gateway: ClientGateway) -> ScheduleState:
            if known is None:
                await _refuse_unknown(gateway, new.task)
            return await gateway.put_schedule(new)

        return self._find_door().call(ask, again=ask)

    def list(
        self,
        *,
        task: AnyTask | Sequence[AnyTask] = (),
        type: ScheduleType | None = None,
        active: bool | None = None,
        external_id: str | None = None,
        offset: int = 0,
        limit: int = 100,
    ) -> Call[SchedulePage]:
        """Schedules, oldest first, and how many match."""
        tasks = [task] if isinstance(task, str | TaskDefinition) else task
        filter = ScheduleFilter(
            task=tuple(_name(one) for one in tasks), type=type, active=active, external_id=external_id
        )
        return self._ask(lambda gateway: gateway.list_schedules(filter, offset=offset, limit=limit))

    def retrieve(self, schedule_id: str) -> Call[ScheduleState]:
        """A schedule as it is now. Raises `NotFound`."""

        async def ask(gateway: ClientGateway) -> ScheduleState:
            found = await gateway.find_schedule(ScheduleId(schedule_id))
            if found is None:
                raise NotFound(f"no schedule {schedule_id}")
            return found

        return self._ask(ask)

    def update(self, schedule_id: str, **changes: Unpack[ScheduleArguments]) -> Call[ScheduleState]:
        """Change what is given. `payload=None` gives each run its `ScheduledRun` again.

        A changed rule ticks from now on. Raises `NotFound`, and `Conflict` for a schedule that code declares.
        """
        parsed = _parse_changes(changes)
        return self._ask(lambda gateway: gateway.update_schedule(ScheduleId(schedule_id), parsed))

    def activate(self, schedule_id: str) -> Call[ScheduleState]:
        """Let it tick again, from now on."""
        return self._ask(lambda gateway: gateway.pause_schedule(ScheduleId(schedule_id), paused=False))

    def deactivate(self, schedule_id: str) -> Call[ScheduleState]:
        """Stop it until `activate`; its runs go on. It works for declared ones, too, and outlives deploys."""
        return self._ask(lambda gateway: gateway.pause_schedule(ScheduleId(schedule_id), paused=True))

    def delete(self, schedule_id: str) -> Call[None]:
        """Remove it; its runs stay. Raises `NotFound`, and `Conflict` for a schedule that code declares."""
        return self._find_door().call(lambda gateway: gateway.delete_schedule(ScheduleId(schedule_id)))

    def run(self, schedule_id: str) -> Call[RunHandle[Any]]:
        """Start a run now, whatever the policies say."""
        run_id = RunId(fresh_id("run"))

        async def ask(gateway: ClientGateway) -> RunHandle[Any]:
            return self._handle((await gateway.run_schedule(ScheduleId(schedule_id), run_id)).id)

        return self._ask(ask)

    def backfill(self, schedule_id: str, start: datetime, end: datetime) -> Call[Sequence[RunHandle[Any]]]:
        """Start a run for every tick from `start` to `end` that had none. At most 10,000 at once.

        Overlap policies do not apply: limit the task's queue when its runs must not run together.
        """
        start_at, end_at = instant_ms(start, name="start"), instant_ms(end, name="end")

        async def ask(gateway: ClientGateway) -> Sequence[RunHandle[Any]]:
            found = await gateway.backfill_schedule(ScheduleId(schedule_id), start_at=start_at, end_at=end_at)
            return [self._handle(one.id) for one in found]

        return self._ask(ask)

    def ticks(self, schedule_id: str, *, limit: int = 50) -> Call[Sequence[Tick]]:
        """What was decided at its newest ticks, newest first."""
        return self._ask(lambda gateway: gateway.schedule_ticks(ScheduleId(schedule_id), limit=limit))

    def tick_of(self, run_id: str) -> Call[Tick | None]:
        """The tick, with its schedule's id, that a run was started for; None for any other run."""
        return self._ask(lambda gateway: gateway.find_tick(RunId(run_id)))

    @staticmethod
    def next(cron: str, *, timezone: str = "UTC", count: int = 5, after: datetime | None = None) -> Sequence[datetime]:
        """The next times of a rule, in its time zone. No engine is asked.

        >>> [
        ...     str(at)
        ...     for at in schedules.next(
        ...         "0 9 * * 1", timezone="Europe/Zurich", count=1, after=datetime(2026, 3, 28, tzinfo=UTC)
        ...     )
        ... ]
        ['2026-03-30 09:00:00+02:00']
        """
        if not 0 <= count <= PAGE_ROWS_MAX:
            raise InvalidInput(f"count is 0 to {PAGE_ROWS_MAX:,}, got {count}")
        since = time.time_ns() // 1_000_000 if after is None else instant_ms(after, name="after")
        rule = parse_cron(cron, timezone)
        zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
        return [datetime.fromtimestamp(at / 1000, zone) for at in rule.upcoming(since, count)]

    def _ask(self, ask: Any) -> Call[Any]:
        # Whatever is asked twice does no harm: ids are the caller's, and a tick has one run.
        return self._find_door().call(ask, again=ask)

    def _handle(self, run_id: str) -> RunHandle[Any]:
        return RunHandle(RunId(run_id), door=self._find_door)


schedules = Schedules()
"""The schedules of the engine that a bare `trigger()` reaches."""


def _definition(task: AnyTask) -> TaskDefinition[..., Any] | None:
    return registry.find(task) if isinstance(task, str) else task


def _name(task: AnyTask) -> str:
    return task if isinstance(task, str) else task.name


async def _refuse_unknown(gateway: ClientGateway, task: str) -> None:
    names = [info.name for info in await gateway.tasks()]
    if task not in names:
        known = ", ".join(names[:10]) or "none yet: start a worker that has it"
        raise UnknownTask(f"no task {task!r} (tasks: {known})")


def _parse_changes(changes: ScheduleArguments) -> ScheduleChanges:
    given: dict[str, Any] = dict(changes)
    unknown = given.keys() - ScheduleArguments.__annotations__.keys()
    if unknown:
        raise InvalidInput(f"a schedule has no {', '.join(map(repr, sorted(unknown)))}")
    if "task" in given:
        given["task"] = _name(given["task"])
    if "overlap" in given:
        given["overlap"] = parse_overlap(given["overlap"])
    if "catch_up" in given:
        given["catch_up"] = parse_catch_up(given["catch_up"])
    if given.get("payload") is not None:
        given["payload"] = encode_json(given["payload"], what="payload of a schedule")
    return ScheduleChanges(**given)
