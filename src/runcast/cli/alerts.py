"""`runcast alerts`: what alerts were raised."""

from __future__ import annotations

import click

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import ago, now_ms, printable, short_id
from runcast.cli.output import console, print_json
from runcast.domain.alert import AlertEvent
from runcast.domain.ids import RunId
from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.gateway import ClientGateway


@click.command(cls=Command, examples=(("runcast alerts --limit 20", "the newest twenty"),))
@click.option("--limit", default=50, type=click.IntRange(1, PAGE_ROWS_MAX), show_default=True)
@database_option
def alerts(limit: int, database: str | None, as_json: bool) -> None:
    """Show what alerts were raised, newest first, and the runs that handled them."""

    async def work(gateway: ClientGateway) -> list[AlertEvent]:
        return list(await gateway.alerts(limit=limit))

    found = with_gateway(database, work)
    if as_json:
        for event in found:
            print_json(event)
    elif found:
        _print_events(found)
    else:
        console().print("No alerts.")


def _print_events(found: list[AlertEvent]) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("Alert", "Last", "Times", "About", "Run", "Message"):
        table.add_column(heading, no_wrap=heading != "Message")
    for event in found:
        run = short_id(RunId(event.run_id)) if event.run_id else ""
        subject, message = printable(event.subject), printable(event.message, limit=200)
        table.add_row(printable(event.alert), ago(event.last_at, now), str(event.count), subject, run, message)
    console().print(table)
