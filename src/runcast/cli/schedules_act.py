"""`runcast schedules pause`, `resume`, `delete`, `run` and `backfill`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import now_ms, short_id
from runcast.cli.output import console, note, print_json
from runcast.cli.schedules import find_schedule
from runcast.cli.schedules_look import schedule_record
from runcast.cli.trigger import new_run_id
from runcast.domain.errors import InvalidInput
from runcast.domain.run import Triggered
from runcast.domain.schedule import ScheduleState
from runcast.gateway import ClientGateway

Change = Callable[[ClientGateway, ScheduleState], Awaitable[ScheduleState]]


@click.command(cls=Command, examples=(("runcast schedules pause report", "no ticks until it is resumed"),))
@click.argument("typed", metavar="SCHEDULE...", nargs=-1, required=True)
@database_option
def pause(typed: Sequence[str], database: str | None, as_json: bool) -> None:
    """Stop SCHEDULEs until they are resumed, also those that code declares. Their runs go on."""

    async def change(gateway: ClientGateway, found: ScheduleState) -> ScheduleState:
        return await gateway.pause_schedule(found.id, paused=True)

    _change(typed, change, "paused", database=database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast schedules resume report", "tick again, from now on"),))
@click.argument("typed", metavar="SCHEDULE...", nargs=-1, required=True)
@database_option
def resume(typed: Sequence[str], database: str | None, as_json: bool) -> None:
    """Let SCHEDULEs tick again, from now on: nothing is caught up (see backfill)."""

    async def change(gateway: ClientGateway, found: ScheduleState) -> ScheduleState:
        return await gateway.pause_schedule(found.id, paused=False)

    _change(typed, change, "resumed", database=database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast schedules delete acme", "its runs stay"),))
@click.argument("typed", metavar="SCHEDULE...", nargs=-1, required=True)
@database_option
def delete(typed: Sequence[str], database: str | None, as_json: bool) -> None:
    """Remove SCHEDULEs and the record of their ticks; their runs stay."""

    async def change(gateway: ClientGateway, found: ScheduleState) -> ScheduleState:
        await gateway.delete_schedule(found.id)
        return found

    _change(typed, change, "deleted", database=database, as_json=as_json)


@click.command(cls=Command, name="run", examples=(("runcast schedules run report", "now, whatever its policies say"),))
@click.argument("typed", metavar="SCHEDULE")
@database_option
def run_now(typed: str, database: str | None, as_json: bool) -> None:
    """Start a run of SCHEDULE now, also when it is paused or another run is live."""

    async def work(gateway: ClientGateway) -> Triggered:
        found = await find_schedule(gateway, typed)
        return await gateway.run_schedule(found.id, new_run_id())

    started = with_gateway(database, work)
    if as_json:
        print_json({"event": "triggered", "id": started.id})
    else:
        console().print(started.id)
        note(f"watch it: runcast watch {short_id(started.id)}")


@click.command(
    cls=Command,
    examples=(
        ("runcast schedules backfill report --from 2026-03-01 --to 2026-03-08", "a week, in the schedule's zone"),
        ("runcast schedules backfill report --from 2026-03-29T01:00:00+01:00", "until now"),
    ),
)
@click.argument("typed", metavar="SCHEDULE")
@click.option("--from", "start", required=True, metavar="TIME", help="A date or time; without a zone, the schedule's.")
@click.option("--to", "end", metavar="TIME", help="The same  [default: now]")
@database_option
def backfill(typed: str, start: str, end: str | None, database: str | None, as_json: bool) -> None:
    """Start a run of SCHEDULE for every tick of a time gone by that had none. Both ends are included."""

    async def work(gateway: ClientGateway) -> Sequence[Triggered]:
        found = await find_schedule(gateway, typed)
        end_at = now_ms() if end is None else _instant(end, found.timezone, "--to")
        return await gateway.backfill_schedule(
            found.id, start_at=_instant(start, found.timezone, "--from"), end_at=end_at
        )

    started = with_gateway(database, work)
    for one in started:
        if as_json:
            print_json({"event": "triggered", "id": one.id})
        else:
            console().print(one.id)
    if not as_json:
        note(f"{len(started):,} started" if started else "every tick of that time has its run")


def _change(typed: Sequence[str], change: Change, done: str, *, database: str | None, as_json: bool) -> None:
    async def work(gateway: ClientGateway) -> list[ScheduleState]:
        found = [await find_schedule(gateway, one) for one in typed]
        return [await change(gateway, one) for one in found]

    for schedule in with_gateway(database, work):
        if as_json:
            print_json(schedule_record(schedule))
        else:
            console().print(f"{done} {schedule.id} ({schedule.task}, {schedule.cron})")


def _instant(text: str, timezone: str, option: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"{option} is a date or time such as 2026-03-01 or 2026-03-01T09:00, got {text!r}"
        ) from error
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    return round((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)
