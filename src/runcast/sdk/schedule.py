"""A schedule as a developer declares it, and the payload that its runs get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from runcast.domain.cron import parse_cron
from runcast.domain.errors import InvalidInput, InvalidPayload
from runcast.domain.schedule import EXAMPLE_PAYLOAD, CatchUp, Overlap, ScheduleSettings
from runcast.domain.window import parse_window
from runcast.sdk.codec import encode_json
from runcast.sdk.options import check_key

if TYPE_CHECKING:
    from runcast.sdk.task import TaskDefinition

OverlapName = Literal["allow", "skip", "queue"]
CatchUpName = Literal["none", "last", "all"]

NOTHING = "{}"


class Schedule:
    """When a task is triggered by itself: `@task(schedule=Schedule("0 9 * * 1-5", timezone="Europe/Zurich"))`.

    `cron` has five fields, six with seconds first, or is an alias such as `@daily`. `overlap` says what a tick does while
    a run of the schedule is live: start another (`"allow"`), nothing (`"skip"`), or wait for its end (`"queue"`, of
    several ticks the newest). `catch_up` says what becomes of ticks that were missed by more than a minute: nothing
    (`"none"`), one run (`"last"`), or a run for each (`"all"`, at most 100). Each run gets a `ScheduledRun`, or
    `payload`, the object of the task's parameters. `window` ("30m", "2h", or "50%" of the time between two ticks) lets
    runs start later than their ticks: each schedule by an amount of its own, always the same, so that many do not start
    at once.

    >>> Schedule("0 9 * * *", timezone="Europe/Zurich", overlap="skip")
    Schedule('0 9 * * *', timezone='Europe/Zurich')
    """

    __slots__ = ("settings",)

    def __init__(
        self,
        cron: str,
        *,
        timezone: str = "UTC",
        overlap: OverlapName = "allow",
        catch_up: CatchUpName = "last",
        payload: Any = None,
        external_id: str | None = None,
        window: str | None = None,
    ) -> None:
        parse_cron(cron, timezone)
        if window is not None:
            parse_window(window)
        self.settings = ScheduleSettings(
            cron=cron,
            timezone=timezone,
            overlap=parse_overlap(overlap),
            catch_up=parse_catch_up(catch_up),
            payload=None if payload is None else encode_json(payload, what="payload of a schedule"),
            external_id=check_key(external_id, "external_id"),
            window=window,
        )

    def __repr__(self) -> str:
        return f"Schedule({self.settings.cron!r}, timezone={self.settings.timezone!r})"


def parse_schedule(schedule: Schedule | str | None) -> Schedule | None:
    """What `@task(schedule=…)` was given, as a schedule. Raises `InvalidInput`."""
    if schedule is None or isinstance(schedule, Schedule):
        return schedule
    if isinstance(schedule, str):
        return Schedule(schedule)
    raise InvalidInput(f'schedule is a cron expression such as "0 9 * * 1-5", or a Schedule, got {schedule!r}')


def parse_overlap(name: str) -> Overlap:
    if name not in get_args(OverlapName):
        raise InvalidInput(f"overlap is one of {', '.join(get_args(OverlapName))}, got {name!r}")
    return Overlap(name)


def parse_catch_up(name: str) -> CatchUp:
    if name not in get_args(CatchUpName):
        raise InvalidInput(f"catch_up is one of {', '.join(get_args(CatchUpName))}, got {name!r}")
    return CatchUp(name)


def fitting_payload(definition: TaskDefinition[..., Any], payload: str | None) -> str | None:
    """The payload of a schedule of this task: a task that takes no `ScheduledRun` and nothing else gets nothing.

    Raises `InvalidPayload` when the task could not read what it would get.
    """
    if payload is not None:
        definition.decode_payload(payload)
        return payload
    if _takes(definition, EXAMPLE_PAYLOAD):
        return None
    if _takes(definition, NOTHING):
        return NOTHING
    raise InvalidPayload(
        f"task {definition.name!r} is scheduled, but takes neither a ScheduledRun nor nothing: give its schedule a "
        "payload, the object of its parameters"
    )


def _takes(definition: TaskDefinition[..., Any], text: str) -> bool:
    try:
        definition.decode_payload(text)
    except InvalidPayload:
        return False
    return True
