"""`runcast waits`: what runs wait for from people and programs, and completing it."""

from __future__ import annotations

import click
import msgspec

from runcast.cli.command import Command, Lazy, LazyGroup, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import ago, duration, now_ms, printable
from runcast.cli.output import console, print_json, raw
from runcast.cli.trigger import read_json
from runcast.domain.errors import NotFound
from runcast.domain.journal import Wait
from runcast.domain.nearest import did_you_mean
from runcast.gateway import ClientGateway

COMMANDS = {
    "list": Lazy("runcast.cli.waits:list_waits", "Commands", "Show waits that nobody has completed yet."),
    "complete": Lazy("runcast.cli.waits:complete", "Commands", "Complete a wait; its run goes on."),
}
WAITS_MAX = 1_000


@click.group(cls=LazyGroup, lazy=COMMANDS, examples=(("runcast waits complete 8f2kqa3m true", "approve"),))
def waits() -> None:
    """What runs wait for from people and programs."""


@click.command(cls=Command, name="list", examples=(("runcast waits list", "oldest first"),))
@click.option("--limit", default=100, type=click.IntRange(1, WAITS_MAX), show_default=True)
@database_option
def list_waits(limit: int, database: str | None, as_json: bool) -> None:
    """Show waits that nobody has completed yet, oldest first."""

    async def work(gateway: ClientGateway) -> list[Wait]:
        return list(await gateway.list_waits(limit=limit))

    found = with_gateway(database, work)
    if as_json:
        for wait in found:
            print_json(wait_record(wait))
    elif found:
        _print_waits(found)
    else:
        console().print("Nothing waits for a person or program.")


@click.command(
    cls=Command,
    examples=(
        ("runcast waits complete waitpoint_01m7ynt4ph… true", "approve"),
        ('runcast waits complete 8f2kqa3m \'{"approved": false, "why": "too short"}\'', "by the end of its id"),
    ),
)
@click.argument("wait_id", metavar="ID")
@click.argument("value", metavar="[JSON]", default="null")
@database_option
def complete(wait_id: str, value: str, database: str | None, as_json: bool) -> None:
    """Complete the wait ID with a JSON value (text, @file or -). The first completion wins."""
    text = read_json(value)

    async def work(gateway: ClientGateway) -> Wait:
        return await gateway.complete_wait(await _find_wait_id(gateway, wait_id), text)

    wait = with_gateway(database, work)
    if as_json:
        print_json(wait_record(wait))
    elif wait.value == text:
        console().print(f"completed {wait.id}" + (f"; run {wait.run_id} goes on" if wait.run_id else ""))
    else:
        console().print(f"{wait.id} was already {wait.status.lower().replace('_', ' ')}: {printable(wait.value or '')}")


async def _find_wait_id(gateway: ClientGateway, typed: str) -> str:
    """A whole id, or the unique beginning or ending of a wait that is still open."""
    if await gateway.find_wait(typed) is not None:
        return typed
    ids = [wait.id for wait in await gateway.list_waits(limit=WAITS_MAX)]
    found = [wait_id for wait_id in ids if wait_id.startswith(typed) or wait_id.endswith(typed)]
    if len(found) == 1 and len(typed) >= 4:
        return found[0]
    many = f" It matches {len(found)} waits; type more." if found else did_you_mean(typed, ids)
    raise NotFound(f"no wait {typed!r}.{many} `runcast waits list` shows the open ones")


def wait_record(wait: Wait) -> dict[str, object]:
    """A wait for programs, with its value and schema as JSON."""
    return {**msgspec.structs.asdict(wait), "value": raw(wait.value), "schema": raw(wait.schema)}


def _print_waits(found: list[Wait]) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("Wait", "Run", "Since", "Due", "Question", "Tags"):
        table.add_column(heading, no_wrap=heading not in ("Question", "Tags"))
    for wait in found:
        due = f"in {duration(wait.due_at - now)}" if wait.due_at else ""
        question = printable(wait.question or "")
        since = ago(wait.created_at, now)
        table.add_row(wait.id, wait.run_id or "", since, due, question, printable(", ".join(wait.tags)))
    out = console()
    out.print(table)
    out.print(f"\ncomplete one: runcast waits complete {found[0].id} true", style="bright_black")
