"""`runcast schedules create` and `update`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.output import console, print_json
from runcast.cli.schedules import find_schedule
from runcast.cli.schedules_look import schedule_record
from runcast.cli.trigger import read_json
from runcast.domain.cron import at_text, parse_cron
from runcast.domain.errors import InvalidInput, UnknownTask
from runcast.domain.nearest import did_you_mean
from runcast.domain.schedule import (
    CatchUp,
    NewSchedule,
    Overlap,
    ScheduleChanges,
    ScheduleId,
    ScheduleSettings,
    ScheduleState,
)
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_environment
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.schedule import CatchUpName, OverlapName

F = TypeVar("F", bound=Callable[..., Any])


def _rule_options(command: F) -> F:
    for option in (
        click.option("--external-id", metavar="TEXT", help="Whose schedule it is, in your terms."),
        click.option("--window", metavar="TIME", help="Runs start up to this much later: 30m, 2h or 50%."),
        click.option("--payload", metavar="JSON", help="For each run, instead of its tick: text, @file or -."),
        click.option("--catch-up", type=click.Choice(get_args(CatchUpName)), help="Missed ticks  [default: last]"),
        click.option(
            "--overlap", type=click.Choice(get_args(OverlapName)), help="While a run is live  [default: allow]"
        ),
        click.option("--timezone", metavar="ZONE", help="An IANA name  [default: UTC]"),
    ):
        command = option(command)
    return command


@click.command(
    cls=Command,
    examples=(
        ('runcast schedules create report --cron "0 9 * * 1-5" --timezone Europe/Zurich', "weekdays at nine"),
        (
            "runcast schedules create report --cron @daily --payload '{\"days\": 7}' --key acme",
            "once for this key, however often you say it",
        ),
    ),
)
@click.argument("task")
@click.option("--cron", required=True, metavar="CRON", help="Five fields, six with seconds, or an alias.")
@click.option("--key", metavar="TEXT", help="Deduplication key: the same key means the same schedule.")
@_rule_options
@database_option
def create(task: str, cron: str, key: str | None, database: str | None, as_json: bool, **rule: str | None) -> None:
    """Create a schedule of TASK, or give the one with its --key these settings."""
    given = _given(rule)
    parse_cron(cron, given.get("timezone", "UTC"))
    id = ScheduleId(fresh_id("sched"))
    new = NewSchedule(
        id, task, ScheduleSettings(cron, **given), deduplication_key=key, environment=current_environment()
    )

    async def work(gateway: ClientGateway) -> ScheduleState:
        names = [info.name for info in await gateway.tasks()]
        if task not in names:
            known = did_you_mean(task, names) or f" Known: {', '.join(names[:10]) or 'none yet, start a worker'}"
            raise UnknownTask(f"no task {task!r}.{known}")
        return await gateway.put_schedule(new)

    _say(with_gateway(database, work), as_json=as_json)


@click.command(
    cls=Command,
    examples=(('runcast schedules update acme --cron "0 10 * * 1-5"', "an hour later, from now on"),),
)
@click.argument("schedule", metavar="SCHEDULE")
@click.option("--task", metavar="NAME", help="Another task.")
@click.option("--cron", metavar="CRON", help="Another rule.")
@_rule_options
@database_option
def update(
    schedule: str,
    task: str | None,
    cron: str | None,
    database: str | None,
    as_json: bool,
    **rule: str | None,
) -> None:
    """Change what is given of SCHEDULE. A schedule that code declares is changed there."""
    given = _given({"task": task, "cron": cron, **rule})
    if not given:
        raise InvalidInput("nothing to change: give at least one option, see --help")

    async def work(gateway: ClientGateway) -> ScheduleState:
        found = await find_schedule(gateway, schedule)
        return await gateway.update_schedule(found.id, ScheduleChanges(**given))

    _say(with_gateway(database, work), as_json=as_json)


def _given(options: dict[str, str | None]) -> dict[str, Any]:
    """The options that were given, as the values that they mean."""
    meaning: dict[str, Callable[[str], Any]] = {"overlap": Overlap, "catch_up": CatchUp, "payload": read_json}
    return {name: meaning.get(name, str)(value) for name, value in options.items() if value is not None}


def _say(schedule: ScheduleState, *, as_json: bool) -> None:
    if as_json:
        print_json(schedule_record(schedule))
        return
    out = console()
    out.print(schedule.id)
    if schedule.next_at is not None:
        out.print(f"{schedule.description}; next: {at_text(schedule.next_at, schedule.timezone)}", style="bright_black")
