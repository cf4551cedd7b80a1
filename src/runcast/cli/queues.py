"""`runcast queues`: queues with their limits and what is in them."""

from __future__ import annotations

import click
import msgspec
from rich.text import Text

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import bar, duration, printable
from runcast.cli.output import console, is_plain, print_json
from runcast.domain.queue import QueueState
from runcast.gateway import ClientGateway

BAR_CELLS = 12


@click.command(cls=Command, examples=(("runcast queues", "who is full, who is paused"),))
@database_option
def queues(database: str | None, as_json: bool) -> None:
    """Show queues: limits, runs executing and queued, pauses."""

    async def work(gateway: ClientGateway) -> list[QueueState]:
        return list(await gateway.queues())

    found = with_gateway(database, work)
    if as_json:
        for queue in found:
            print_json(msgspec.structs.asdict(queue))
    elif found:
        _print_queues(found)
    else:
        console().print("No queues yet: they appear with the first worker. Start one with `runcast dev app.py`.")


def _print_queues(found: list[QueueState]) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    table.add_column("Queue", overflow="fold")
    table.add_column("Running", justify="right")
    table.add_column("")
    table.add_column("Queued", justify="right")
    for heading in ("Per key", "Rate", "Health"):
        table.add_column(heading, no_wrap=True)
    for queue in sorted(found, key=lambda queue: (-queue.queued, -queue.executing, queue.name)):
        table.add_row(*_cells(queue, plain=is_plain(out)))
    out.print(table)


def _cells(queue: QueueState, *, plain: bool) -> tuple[str | Text, ...]:
    limit = queue.concurrency
    busy = f"{queue.executing:,}" if limit is None else f"{queue.executing:,} of {limit:,}"
    load = Text() if not limit else bar(100 * queue.executing / limit, BAR_CELLS, style="blue", plain=plain)
    per_key = "" if queue.per_key is None else str(queue.per_key)
    rate = f"{queue.rate_count}/{duration(queue.rate_period_ms)}" if queue.rate_count and queue.rate_period_ms else ""
    return printable(queue.name), busy, load, f"{queue.queued:,}", per_key, rate, _health(queue)


def _health(queue: QueueState) -> Text:
    if queue.paused:
        return Text("paused", style="yellow")
    if queue.concurrency is not None and queue.queued and queue.executing >= queue.concurrency:
        return Text("at limit", style="yellow")
    return Text("ok", style="green")
