"""Schedules: those that programs create, and those that code declares, which the API shows and pauses but does not change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.packets import read_payload
from runcast.api.pages import PAGE_SIZE, Numbers, Page, PerPage, numbers
from runcast.api.times import moment
from runcast.api.trigger import read_date
from runcast.api.views.schedule import UPCOMING_SHOWN, PreviewView, ScheduleView, TickView, show_schedule, show_tick
from runcast.domain.cron import describe_cron, timezones
from runcast.domain.errors import Conflict, InvalidInput, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import CRON_CHARS_MAX
from runcast.domain.schedule import (
    CatchUp,
    NewSchedule,
    Overlap,
    ScheduleChanges,
    ScheduleFilter,
    ScheduleId,
    ScheduleSettings,
    ScheduleState,
    ScheduleType,
    preview_ticks,
)
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import check_key
from runcast.store import registered

TICKS_SHOWN = 50


class NewScheduleBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A schedule to be created."""

    task: str
    cron: str
    """Five fields, six with seconds first, or an alias such as `@daily`."""
    deduplication_key: str | None = None
    """A schedule that has it gets these settings, instead of another being created."""
    external_id: str | None = None
    """Whose it is, in your terms; its runs are told."""
    timezone: str = "UTC"
    window: str | None = None
    """Runs start up to this much later than their ticks: `30m`, `2h`, or a share of the time between ticks, `50%`."""
    overlap: Overlap = Overlap.ALLOW
    catch_up: CatchUp = CatchUp.LAST
    payload: dict[str, Any] | None = None
    """What each run gets, for a task that takes no `ScheduledRun`: the object of its parameters."""


class ChangedScheduleBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What of a schedule shall be different; what is left out stays, null clears."""

    task: str | UnsetType = UNSET
    cron: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    timezone: str | UnsetType = UNSET
    window: str | UnsetType | None = UNSET
    overlap: Overlap | UnsetType = UNSET
    catch_up: CatchUp | UnsetType = UNSET
    payload: dict[str, Any] | UnsetType | None = UNSET


class ScheduleList(msgspec.Struct, frozen=True):
    """A page of schedules, those that code declares first."""

    data: tuple[ScheduleView, ...]
    pagination: Numbers


class DeletedSchedule(msgspec.Struct, frozen=True):
    """The id of what was deleted."""

    id: str


class Timezones(msgspec.Struct, frozen=True):
    """Every name that a schedule takes."""

    timezones: tuple[str, ...]


class TickList(msgspec.Struct, frozen=True):
    """Ticks, newest first."""

    data: tuple[TickView, ...]


class BackfillBody(msgspec.Struct, frozen=True):
    """A time gone by. ISO 8601 with an offset."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")


class StartedRuns(msgspec.Struct, frozen=True):
    """The runs that were started."""

    data: tuple[str, ...]


class StartedRun(msgspec.Struct, frozen=True):
    """The run that was started."""

    id: str


@post("/api/v1/schedules", status_code=200, tags=["Schedules"], summary="Create a schedule")
async def create(data: NewScheduleBody, api: Api, caller: Caller) -> ScheduleView:
    """Trigger a task again and again. With a `deduplicationKey` that exists, that schedule gets these settings."""
    caller.require("write")
    with _unprocessable():
        await _check_task(api, caller, data.task)
        settings = ScheduleSettings(
            cron=data.cron,
            timezone=data.timezone,
            overlap=data.overlap,
            catch_up=data.catch_up,
            external_id=data.external_id,
            window=data.window,
            payload=_payload(data.payload),
        )
        new = NewSchedule(
            ScheduleId(fresh_id("sched")),
            data.task,
            settings,
            deduplication_key=check_key(data.deduplication_key or None, "deduplicationKey"),
            environment=caller.environment,
        )
        return show_schedule(await api.engine.put_schedule(new))


@get("/api/v1/schedules", tags=["Schedules"], summary="List schedules")
async def list_all(
    api: Api,
    caller: Caller,
    page: Page = 1,
    per_page: PerPage = PAGE_SIZE,
    task: Annotated[str | None, QueryParameter(name="filter[task]")] = None,
    type: Annotated[ScheduleType | None, QueryParameter(name="filter[type]")] = None,
) -> ScheduleList:
    """Schedules of the environment."""
    caller.require("read")
    filter = ScheduleFilter(environment=caller.environment, task=(task,) if task else (), type=type)
    found = await api.engine.list_schedules(filter, offset=(page - 1) * per_page, limit=per_page)
    return ScheduleList(tuple(map(show_schedule, found.schedules)), numbers(page, per_page, found.count))


@get("/api/v1/schedules/{schedule_id:str}", tags=["Schedules"], summary="Retrieve a schedule")
async def retrieve(schedule_id: FromPath[str], api: Api, caller: Caller) -> ScheduleView:
    """A schedule as it is now."""
    caller.require("read")
    return show_schedule(await _find(api, caller, schedule_id))


@put("/api/v1/schedules/{schedule_id:str}", tags=["Schedules"], summary="Change a schedule")
async def update(schedule_id: FromPath[str], data: ChangedScheduleBody, api: Api, caller: Caller) -> ScheduleView:
    """Change what is given; a changed rule ticks from now on. A schedule that code declares is changed there: 422."""
    caller.require("write")
    known = await _find(api, caller, schedule_id)
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    with _unprocessable():
        if "payload" in given:
            given["payload"] = _payload(given["payload"])
        if "task" in given:
            await _check_task(api, caller, given["task"])
        return show_schedule(await api.engine.update_schedule(known.id, ScheduleChanges(**given)))


@delete("/api/v1/schedules/{schedule_id:str}", status_code=200, tags=["Schedules"], summary="Delete a schedule")
async def remove(schedule_id: FromPath[str], api: Api, caller: Caller) -> DeletedSchedule:
    """Its runs stay. A schedule that code declares is removed there: 422."""
    caller.require("write")
    known = await _find(api, caller, schedule_id)
    await api.engine.delete_schedule(known.id)
    return DeletedSchedule(known.id)


@post(
    "/api/v1/schedules/{schedule_id:str}/activate",
    status_code=200,
    tags=["Schedules"],
    summary="Activate a schedule",
)
async def activate(schedule_id: FromPath[str], api: Api, caller: Caller) -> ScheduleView:
    """Let it tick again, from now on."""
    return await _pause(api, caller, schedule_id, paused=False)


@post(
    "/api/v1/schedules/{schedule_id:str}/deactivate",
    status_code=200,
    tags=["Schedules"],
    summary="Deactivate a schedule",
)
async def deactivate(schedule_id: FromPath[str], api: Api, caller: Caller) -> ScheduleView:
    """Stop it until it is activated; its runs go on. A declared one stays stopped through deploys."""
    return await _pause(api, caller, schedule_id, paused=True)


@post("/api/v1/schedules/{schedule_id:str}/run", status_code=200, tags=["Schedules"], summary="Run a schedule now")
async def run_now(schedule_id: FromPath[str], api: Api, caller: Caller) -> StartedRun:
    """Start a run, whatever its rule and its policies say."""
    caller.require("trigger")
    known = await _find(api, caller, schedule_id)
    return StartedRun((await api.engine.run_schedule(known.id, RunId(fresh_id("run")))).id)


@get("/api/v1/schedules/{schedule_id:str}/ticks", tags=["Schedules"], summary="List the newest ticks of a schedule")
async def list_ticks(schedule_id: FromPath[str], api: Api, caller: Caller) -> TickList:
    """What was decided at each, newest first."""
    caller.require("read")
    known = await _find(api, caller, schedule_id)
    return TickList(tuple(map(show_tick, await api.engine.schedule_ticks(known.id, limit=TICKS_SHOWN))))


@post(
    "/api/v1/schedules/{schedule_id:str}/backfill",
    status_code=200,
    tags=["Schedules"],
    summary="Start the runs of a time gone by",
)
async def backfill(schedule_id: FromPath[str], data: BackfillBody, api: Api, caller: Caller) -> StartedRuns:
    """A run for every tick from `from` to `to` that has none yet."""
    caller.require("trigger")
    known = await _find(api, caller, schedule_id)
    with _unprocessable():
        started = await api.engine.backfill_schedule(
            known.id, start_at=read_date(data.start, "from"), end_at=read_date(data.end, "to")
        )
    return StartedRuns(tuple(one.id for one in started))


@get("/api/v1/schedule-preview", tags=["Schedules"], summary="Ask when a rule would tick")
async def preview(
    api: Api,
    caller: Caller,
    cron: Annotated[str, QueryParameter(max_length=CRON_CHARS_MAX)],
    timezone: str = "UTC",
) -> PreviewView:
    """The rule in words, and its next times. 422 for one that is none."""
    caller.require("read")
    with _unprocessable():
        ticks = preview_ticks(cron, timezone, api.now_ms(), UPCOMING_SHOWN)
        return PreviewView(describe_cron(cron), tuple(map(moment, ticks)))


@get("/api/v1/timezones", opt={"open": True}, security=[{}], tags=["Schedules"], summary="List time zones")
async def list_timezones(
    exclude_utc: Annotated[bool, QueryParameter(name="excludeUtc")] = False,  # noqa: FBT002 - the client's
) -> Timezones:
    """Every name that a schedule takes, UTC first. No key is needed."""
    return Timezones(tuple(timezones()[1 if exclude_utc else 0 :]))


async def _pause(api: Api, caller: Caller, schedule_id: str, *, paused: bool) -> ScheduleView:
    caller.require("write")
    known = await _find(api, caller, schedule_id)
    return show_schedule(await api.engine.pause_schedule(known.id, paused=paused))


async def _find(api: Api, caller: Caller, schedule_id: str) -> ScheduleState:
    found = await api.engine.find_schedule(ScheduleId(schedule_id))
    if found is None or found.environment != caller.environment:
        raise NotFound("Schedule not found")
    return found


def _payload(value: dict[str, Any] | None) -> str | None:
    return None if value is None else read_payload(value, None)[0]


async def _check_task(api: Api, caller: Caller, task: str) -> None:
    if await api.engine.store.read(partial(registered.find_task, caller.environment, task)) is None:
        raise InvalidInput(f"no worker of the environment {caller.environment!r} has declared a task {task[:128]!r}")


@contextmanager
def _unprocessable() -> Iterator[None]:
    """What is wrong with a rule is a 422, as clients expect."""
    try:
        yield
    except (InvalidInput, Conflict) as error:
        raise Refused(422, str(error), code=error.code) from error


ROUTES = [
    create,
    list_all,
    list_timezones,
    retrieve,
    update,
    remove,
    activate,
    deactivate,
    run_now,
    backfill,
    preview,
    list_ticks,
]
