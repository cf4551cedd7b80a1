"""`runcast queues`: queues with their limits and what is in them, and changing them live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec
from msgspec import UNSET, UnsetType
from rich.text import Text

from runcast.cli.command import Command, Lazy, LazyGroup, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.look import bar, now_ms, printable
from runcast.cli.output import console, is_plain, print_json
from runcast.domain.durations import duration_ms, duration_text
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.nearest import did_you_mean
from runcast.domain.queue import QueueChange, QueueSettings, QueueState
from runcast.gateway import ClientGateway
from runcast.sdk.queues import parse_rate

BAR_CELLS = 12
COMMANDS = {
    "list": Lazy("runcast.cli.queues:list_queues", "Look", "Show queues: limits, runs executing and queued, pauses."),
    "show": Lazy("runcast.cli.queues:show", "Look", "Show one queue: limits as they are, and as the code says."),
    "set": Lazy("runcast.cli.queues:set_limits", "Act", "Change limits, live."),
    "pause": Lazy("runcast.cli.queues:pause", "Act", "Start nothing more of a queue."),
    "resume": Lazy("runcast.cli.queues:resume", "Act", "End a pause."),
    "reset": Lazy("runcast.cli.queues:reset", "Act", "Back to the limits that the code declares."),
}
F = TypeVar("F", bound=Callable[..., Any])


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    examples=(
        ("runcast queues list", "who is full, who is paused"),
        ("runcast queues set web --concurrency 5", "until it is reset, whatever the code says"),
        ("runcast queues pause web", "what executes goes on"),
    ),
)
def queues() -> None:
    """Queues: list, show, set, pause, resume, reset. A change holds at once."""


def environment_option(command: F) -> F:
    """Add `--environment`."""
    return click.option(
        "--environment", "-e", metavar="NAME", default="dev", show_default=True, help="The queue's environment."
    )(command)


@click.command(cls=Command, name="list", examples=(("runcast queues list", "who is full, who is paused"),))
@click.option("--environment", "-e", metavar="NAME", help="Only those of one environment.")
@database_option
def list_queues(environment: str | None, database: str | None, as_json: bool) -> None:
    """Show queues: limits, runs executing and queued, pauses. A `*` marks limits that a person changed."""

    async def work(gateway: ClientGateway) -> list[QueueState]:
        return [queue for queue in await gateway.queues() if environment in (None, queue.environment)]

    found = with_gateway(database, work)
    if as_json:
        for queue in found:
            print_json(record(queue))
    elif found:
        _print_queues(found)
    else:
        console().print("No queues yet: they appear with the first worker. Start one with `runcast dev app.py`.")


@click.command(cls=Command, examples=(("runcast queues show web", "limits as they are, and as the code says"),))
@click.argument("name", metavar="QUEUE")
@environment_option
@database_option
def show(name: str, environment: str, database: str | None, as_json: bool) -> None:
    """Show QUEUE: its limits as they are, and as the code declares them."""

    async def work(gateway: ClientGateway) -> QueueState:
        found = await gateway.queues()
        for queue in found:
            if (queue.name, queue.environment) == (name, environment):
                return queue
        raise _not_found(name, environment, list(found))

    _tell(with_gateway(database, work), as_json=as_json)


@click.command(
    cls=Command,
    name="set",
    examples=(
        ("runcast queues set web --concurrency 5 --rate 100/60s", "both, the other limits stay"),
        ("runcast queues set web --max-length none", "take a limit away"),
        ("runcast queues set web --concurrency 50 --for 1h", "and as the code says from then on"),
    ),
)
@click.argument("name", metavar="QUEUE")
@click.option("--concurrency", metavar="N", help="Runs that may execute at once, or `none`.")
@click.option("--per-key", metavar="N", help="The same for each concurrency key, or `none`.")
@click.option("--rate", metavar="RATE", help="New attempts, such as 100/60s, or `none`.")
@click.option("--max-length", metavar="N", help="Runs that may be queued at once, or `none`.")
@click.option("--for", "lasting", metavar="DURATION", help="How long, such as 1h  [default: until `queues reset`]")
@environment_option
@database_option
def set_limits(
    name: str, lasting: str | None, environment: str, database: str | None, as_json: bool, **given: str | None
) -> None:
    """Change limits of QUEUE. Those that are not given stay; the change stays for as long as --for says, or until
    `runcast queues reset`. With --for alone the limits that were set before end then."""
    if not any(given.values()) and lasting is None:
        raise InvalidInput("nothing to change: give --concurrency, --per-key, --rate, --max-length or --for")
    for_ms = UNSET if lasting is None else duration_ms(lasting, name="--for")
    _change(name, msgspec.structs.replace(_wanted(given), for_ms=for_ms), environment, database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast queues pause web", "what executes goes on"),))
@click.argument("name", metavar="QUEUE")
@environment_option
@database_option
def pause(name: str, environment: str, database: str | None, as_json: bool) -> None:
    """Start nothing more of QUEUE; what executes goes on, and triggers are still taken."""
    _change(name, QueueChange(paused=True), environment, database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast queues resume web", "runs start at once"),))
@click.argument("name", metavar="QUEUE")
@environment_option
@database_option
def resume(name: str, environment: str, database: str | None, as_json: bool) -> None:
    """End the pause of QUEUE."""
    _change(name, QueueChange(paused=False), environment, database, as_json=as_json)


@click.command(cls=Command, examples=(("runcast queues reset web", "forget what a person set"),))
@click.argument("name", metavar="QUEUE")
@environment_option
@database_option
def reset(name: str, environment: str, database: str | None, as_json: bool) -> None:
    """Give QUEUE back the limits that the code declares. A pause stays."""
    _change(name, QueueChange(reset=True), environment, database, as_json=as_json)


def record(queue: QueueState) -> dict[str, Any]:
    """A queue as programs read it."""
    built: dict[str, Any] = msgspec.to_builtins(queue)
    return built


def _wanted(given: dict[str, str | None]) -> QueueChange:
    return QueueChange(
        concurrency=_number("concurrency", given["concurrency"]),
        per_key=_number("per_key", given["per_key"]),
        rate=_rate_of(given["rate"]),
        max_length=_number("max_length", given["max_length"]),
    )


def _rate_of(text: str | None) -> tuple[int, int] | UnsetType | None:
    if text is None:
        return UNSET
    count, period_ms = parse_rate(None if text == "none" else text)
    return None if count is None or period_ms is None else (count, period_ms)


def _number(field: str, text: str | None) -> int | UnsetType | None:
    if text is None:
        return UNSET
    if text == "none":
        return None
    if not text.isascii() or not text.isdigit():
        raise InvalidInput(f"--{field.replace('_', '-')} is a whole number from 1, or none; got {text!r}")
    return int(text)


def _change(name: str, change: QueueChange, environment: str, database: str | None, *, as_json: bool) -> None:
    async def work(gateway: ClientGateway) -> QueueState:
        try:
            return await gateway.change_queue(name, change, environment=environment)
        except NotFound:
            raise _not_found(name, environment, list(await gateway.queues())) from None

    _tell(with_gateway(database, work), as_json=as_json)


def _not_found(name: str, environment: str, known: list[QueueState]) -> NotFound:
    names = [queue.name for queue in known if queue.environment == environment]
    return NotFound(f"no queue {name!r} in environment {environment!r}.{did_you_mean(name, names)}")


def _tell(queue: QueueState, *, as_json: bool) -> None:
    if as_json:
        print_json(record(queue))
        return
    _print_queues([queue])
    if queue.overridden:
        declared = "nothing" if queue.declared is None else limits_text(queue.declared)
        back = "`runcast queues reset` goes back to it."
        if queue.override_ends_at is not None:
            left = duration_text(max(1_000, (queue.override_ends_at - now_ms()) // 1_000 * 1_000))
            back = f"It goes back to that in {left}, or by `runcast queues reset`."
        console().print(f"A person changed its limits; the code says: {declared}. {back}")


def limits_text(queue: QueueSettings | QueueState) -> str:
    """Limits in words.

    >>> limits_text(QueueSettings("web", concurrency=5, rate_count=1, rate_period_ms=1000))
    'concurrency 5, rate 1/1s'
    """
    shown = {
        "concurrency": queue.concurrency,
        "per key": queue.per_key,
        "rate": _rate(queue) or None,
        "max length": queue.max_length,
    }
    return ", ".join(f"{what} {value}" for what, value in shown.items() if value is not None) or "no limits"


def _print_queues(found: list[QueueState]) -> None:
    from rich.table import Table

    out = console()
    several = len({queue.environment for queue in found}) > 1
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    if several:
        table.add_column("Environment")
    table.add_column("Queue", overflow="fold")
    table.add_column("Running", justify="right")
    table.add_column("")
    table.add_column("Queued", justify="right")
    for heading in ("Per key", "Rate", "Health"):
        table.add_column(heading, no_wrap=True)
    for queue in sorted(found, key=lambda queue: (-queue.queued, -queue.executing, queue.name)):
        first = (printable(queue.environment),) if several else ()
        table.add_row(*first, *_cells(queue, plain=is_plain(out)))
    out.print(table)


def _cells(queue: QueueState, *, plain: bool) -> tuple[str | Text, ...]:
    limit = queue.concurrency
    busy = f"{queue.executing:,}" if limit is None else f"{queue.executing:,} of {limit:,}"
    load = Text() if not limit else bar(100 * queue.executing / limit, BAR_CELLS, style="blue", plain=plain)
    per_key = "" if queue.per_key is None else str(queue.per_key)
    queued = f"{queue.queued:,}" if queue.max_length is None else f"{queue.queued:,} of {queue.max_length:,}"
    name = printable(queue.name) + ("*" if queue.overridden else "")
    return name, busy, load, queued, per_key, _rate(queue), _health(queue)


def _rate(queue: QueueSettings | QueueState) -> str:
    return (
        f"{queue.rate_count}/{duration_text(queue.rate_period_ms)}" if queue.rate_count and queue.rate_period_ms else ""
    )


def _health(queue: QueueState) -> Text:
    if queue.paused:
        return Text("paused", style="yellow")
    if queue.max_length is not None and queue.queued >= queue.max_length:
        return Text("full", style="red")
    if queue.concurrency is not None and queue.queued and queue.executing >= queue.concurrency:
        return Text("at limit", style="yellow")
    return Text("ok", style="green")
