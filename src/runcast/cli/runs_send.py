"""`runcast runs send` and `messages`: what a running run is told, and what it was told."""

from __future__ import annotations

import click
import msgspec

from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.find import find_run
from runcast.cli.look import ago, now_ms, printable
from runcast.cli.output import console, print_json, raw
from runcast.cli.trigger import read_json
from runcast.domain.limits import INBOX_MESSAGES_MAX, PAGE_ROWS_MAX
from runcast.domain.message import Message, NewMessage
from runcast.gateway import ClientGateway
from runcast.sdk.fresh_ids import fresh_id


@click.command(
    cls=Command,
    examples=(
        ("runcast runs send latest approvals true", "answer the newest run"),
        ("runcast runs send 8f2kqa3m orders @order.json --key order-17", "once, however often this is repeated"),
    ),
)
@click.argument("run_id", metavar="RUN")
@click.argument("inbox", metavar="NAME")
@click.argument("message", metavar="JSON")
@click.option("--key", metavar="TEXT", help="Two messages of one key are one.")
@database_option
def send(run_id: str, inbox: str, message: str, key: str | None, database: str | None, as_json: bool) -> None:
    """Send the message JSON (text, @file or -) to the inbox NAME of RUN. A run that waits for it goes on."""
    text = read_json(message)

    async def work(gateway: ClientGateway) -> Message:
        run = await find_run(gateway, run_id)
        (sent,) = await gateway.send([NewMessage(run.id, inbox, text, key or fresh_id("message"))])
        return sent

    sent = with_gateway(database, work)
    if as_json:
        print_json(message_record(sent))
    else:
        console().print(f"sent to {sent.run_id}" + ("" if sent.received else "; it waits in the inbox"))


@click.command(cls=Command, examples=(("runcast runs messages latest", "what the newest run was sent"),))
@click.argument("run_id", metavar="RUN")
@click.option("--limit", default=100, type=click.IntRange(1, INBOX_MESSAGES_MAX), show_default=True)
@database_option
def messages(run_id: str, limit: int, database: str | None, as_json: bool) -> None:
    """Show what RUN was sent, in order, and what of it its body has."""

    async def work(gateway: ClientGateway) -> list[Message]:
        run = await find_run(gateway, run_id)
        found: list[Message] = []
        while len(found) < limit:
            after = found[-1].seq if found else 0
            page = await gateway.messages(run.id, after=after, limit=min(limit - len(found), PAGE_ROWS_MAX))
            if not page:
                break
            found.extend(page)
        return found

    found = with_gateway(database, work)
    if as_json:
        for message in found:
            print_json(message_record(message))
    elif found:
        _print_messages(found)
    else:
        console().print("This run was sent nothing.")


def message_record(message: Message) -> dict[str, object]:
    """A message for programs, with its value as JSON."""
    return {**msgspec.structs.asdict(message), "value": raw(message.value)}


def _print_messages(found: list[Message]) -> None:
    from rich.table import Table

    now = now_ms()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    for heading in ("Inbox", "Message", "Sent", "State"):
        table.add_column(heading, no_wrap=heading != "Message")
    for message in found:
        state = "received" if message.received else "unread"
        table.add_row(printable(message.inbox), printable(message.value), ago(message.sent_at, now), state)
    console().print(table)
