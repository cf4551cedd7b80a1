"""`runcast schedules list`, `show` and `next`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import msgspec
from rich.text import Text

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import ago, duration, now_ms, printable
from runcast.cli.output import console, print_json, raw
from runcast.cli.schedules import find_schedule
from runcast.domain.cron import at_text, describe_cron
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.domain.schedule import ScheduleFilter, SchedulePage, ScheduleState, Tick, instant, preview_ticks
from runcast.gateway import ClientGateway

UPCOMING = 5


@click.command(
    cls=Command,
    name="list",
    examples=(
        ("runcast schedules list", "what runs when"),
        ("runcast schedules list --task report --json | jq -r .id", "ids of the schedules of one task"),
    ),
)
@click.option("--task", "tasks", multiple=True, metavar="NAME", help="Only schedules of this task.")
@click.option("--external-id", metavar="TEXT", help="Only schedules with this external id.")
@click.option("--active/--paused", default=None, help="Only those that tick, or only those that do not.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, PAGE_ROWS_MAX))
@click.option("--offset", default=0, type=click.IntRange(0), help="Continue after a page.")
@database_option
def list_schedules(
    tasks: Sequence[str],
    external_id: str | None,
    active: bool | None,
    limit: int,
    offset: int,
    database: str | None,
    as_json: bool,
) -> None:
    """List schedules: rule, task, next time, state."""
    wanted = ScheduleFilter(task=tuple(tasks), external_id=external_id, active=active)

    async def work(gateway: ClientGateway) -> SchedulePage:
        return await gateway.list_schedules(wanted, offset=offset, limit=limit)

    page = with_gateway(database, work)
    if as_json:
        for schedule in page.schedules:
            print_json(schedule_record(schedule))
    elif page.schedules:
        _print_page(page, offset + len(page.schedules))
    elif wanted == ScheduleFilter():
        console().print('No schedules yet. Declare one, @task(schedule="0 9 * * *"), or `runcast schedules create`.')
    else:
        console().print("No schedules match.")


@click.command(cls=Command, examples=(("runcast schedules show report", "its rule, its next times, its ticks"),))
@click.argument("schedule", metavar="SCHEDULE")
@click.option("--ticks", "limit", default=10, show_default=True, type=click.IntRange(0, PAGE_ROWS_MAX))
@database_option
def show(schedule: str, limit: int, database: str | None, as_json: bool) -> None:
    """Show SCHEDULE: rule, policies, next times, and what was decided at its newest ticks."""

    async def work(gateway: ClientGateway) -> tuple[ScheduleState, Sequence[Tick]]:
        found = await find_schedule(gateway, schedule)
        return found, await gateway.schedule_ticks(found.id, limit=limit) if limit else ()

    found, ticks = with_gateway(database, work)
    if as_json:
        print_json(schedule_record(found) | {"ticks": [tick_record(tick) for tick in ticks]})
        return
    out = console()
    for name, value in _facts(found):
        out.print(Text().append(f"{name:<11} ", style="bright_black").append(printable(value)))
    if ticks:
        out.print()
        _print_ticks(found, ticks)


@click.command(
    cls=Command,
    name="next",
    examples=(
        ('runcast schedules next "0 9 * * 1-5" --timezone Europe/Zurich', "the next five weekdays at nine"),
        ('runcast schedules next "30 2 * * *" --timezone Europe/Zurich --count 200', "over a change of the clocks"),
    ),
)
@click.argument("cron")
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="An IANA name: Europe/Zurich.")
@click.option("--count", default=UPCOMING, show_default=True, type=click.IntRange(1, PAGE_ROWS_MAX))
def preview(cron: str, timezone: str, count: int, as_json: bool) -> None:
    """Show the next times of the expression CRON, and what it says in words. No database is needed."""
    words = describe_cron(cron)
    now = now_ms()
    ticks = preview_ticks(cron, timezone, now, count)
    if as_json:
        for at in ticks:
            print_json({"at": instant(at), "local": at_text(at, timezone).replace(" ", "T", 1).replace(" ", "")})
        return
    out = console()
    out.print(Text(words, style="bold"))
    for at in ticks:
        out.print(Text(at_text(at, timezone)).append(f"  in {duration(at - now)}", style="bright_black"))


def schedule_record(schedule: ScheduleState) -> dict[str, Any]:
    """A schedule for programs, with its rule in words."""
    record: dict[str, Any] = msgspec.to_builtins(schedule)
    return record | {
        "active": schedule.active,
        "description": schedule.description,
        "payload": raw(schedule.payload),
    }


def tick_record(tick: Tick) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(tick)
    return record


def state_of(schedule: ScheduleState) -> tuple[str, str]:
    """A word and its colour."""
    if schedule.problem:
        return "broken", "red"
    if schedule.removed:
        return "removed", "bright_black"
    return ("paused", "yellow") if schedule.paused else ("active", "green")


def _print_page(page: SchedulePage, shown: int) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("State", "Task", "Rule", "Zone", "Next", "Schedule", "Key"):
        table.add_column(heading, no_wrap=heading in ("State", "Next", "Schedule"), overflow="fold")
    for one in page.schedules:
        word, style = state_of(one)
        soon = f"in {duration(max(0, one.next_at - now))}" if one.next_at is not None else ""
        owner = one.deduplication_key or ("in code" if one.type == "DECLARATIVE" else "")
        table.add_row(
            Text(word, style=style), printable(one.task), one.cron, one.timezone, soon, one.id, printable(owner)
        )
    out = console()
    out.print(table)
    if shown < page.count:
        out.print(f"{page.count:,} in all; more: --offset {shown}", style="bright_black")


def _facts(one: ScheduleState) -> list[tuple[str, str]]:
    facts = [
        ("schedule", one.id),
        ("task", one.task),
        ("rule", f"{one.cron}  {one.description}"),
        ("time zone", one.timezone),
        ("state", state_of(one)[0]),
        ("overlap", one.overlap.value),
        ("catch up", one.catch_up.value),
        ("declared", "in code" if one.type == "DECLARATIVE" else "at run time"),
    ]
    optional = {
        "key": one.deduplication_key,
        "external id": one.external_id,
        "window": one.window,
        "payload": one.payload,
        "problem": one.problem,
    }
    facts += [(name, value) for name, value in optional.items() if value is not None]
    if one.next_at is not None:
        times = [one.next_at, *preview_ticks(one.cron, one.timezone, one.next_at, UPCOMING - 1)]
        facts += [("next" if n == 0 else "", at_text(at, one.timezone)) for n, at in enumerate(times)]
    return facts


def _print_ticks(one: ScheduleState, ticks: Sequence[Tick]) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("Tick", "", "Decision", "Run"):
        table.add_column(heading, no_wrap=True)
    for tick in ticks:
        decision = f"{tick.outcome.value}, by hand" if tick.manual else tick.outcome.value
        table.add_row(at_text(tick.at, one.timezone), ago(tick.at, now), decision, tick.run_id or "")
    console().print(table)
