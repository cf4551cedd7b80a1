"""`runcast trigger`: start a run, and follow it if asked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click
import msgspec

from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.complete import complete_task
from runcast.cli.connect import with_gateway
from runcast.cli.find import get_run
from runcast.cli.look import short_id
from runcast.cli.output import note, print_json
from runcast.cli.watch import leave, show_live
from runcast.domain.errors import InvalidInput, InvalidPayload, UnknownTask
from runcast.domain.fits import misfit
from runcast.domain.ids import RunId
from runcast.domain.nearest import did_you_mean
from runcast.domain.run import NewRun, Run, Triggered
from runcast.gateway import ClientGateway, TaskInfo
from runcast.sdk.ambient import current_environment
from runcast.sdk.debounce import Debounce
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import OptionArguments, TriggerOptions, parse_options

EXAMPLES = (
    ('runcast trigger hello \'{"name": "Ada"}\'', "the payload is the object of the task's parameters"),
    ("runcast trigger research @topics.json --follow", "payload from a file; watch the run to its end"),
    ("echo '{}' | runcast trigger digest - --delay 1h --key digest-2024-06", "from stdin, later, and only once"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("task", shell_complete=complete_task)
@click.argument("payload", metavar="[JSON]", default="{}")
@click.option("--follow", "-f", is_flag=True, help="Watch the run live; exit 0 if it completes, 1 if not.")
@click.option("--delay", metavar="DURATION", help="Start later: 30s, 10m, 2h, 1d.")
@click.option("--ttl", metavar="DURATION", help="Expire if it has not started by then.")
@click.option("--key", metavar="TEXT", help="Idempotency key: the same key means the same run.")
@click.option("--tag", "tags", metavar="TEXT", multiple=True, help="Add a tag; may be repeated.")
@click.option("--queue", metavar="NAME", help="Another queue than the task's own.")
@click.option("--priority", metavar="SECONDS", help="Head start over other runs of its key.")
@click.option("--concurrency-key", metavar="TEXT", help="The group inside the queue.")
@click.option("--debounce", metavar="KEY", help="Push the run of this key by --delay, if it has not started.")
@click.option("--machine", metavar="LABEL", help="Only workers that serve this machine take the run.")
@click.option("--max-attempts", type=int, metavar="N", help="Other than the task's own.")
@database_option
def trigger(
    task: str,
    payload: str,
    follow: bool,
    delay: str | None,
    ttl: str | None,
    key: str | None,
    tags: Sequence[str],
    queue: str | None,
    priority: str | None,
    concurrency_key: str | None,
    debounce: str | None,
    machine: str | None,
    max_attempts: int | None,
    database: str | None,
    as_json: bool,
) -> int:
    """Start a run of TASK with the payload JSON: text, @file, or - for stdin.

    Prints the run's id once the run is on disk.
    """
    given = {
        "delay": None if debounce else _seconds(delay),
        "debounce": _debounce(debounce, delay),
        "machine": machine,
        "ttl": _seconds(ttl),
        "idempotency_key": key,
        "tags": tags,
        "queue": queue,
        "priority": _seconds(priority),
        "concurrency_key": concurrency_key,
        "max_attempts": max_attempts,
    }
    options = parse_options(
        **cast(OptionArguments, {name: value for name, value in given.items() if value is not None})
    )
    run = _new_run(task, read_json(payload), options)

    async def start(gateway: ClientGateway) -> Run:
        await _check_task(gateway, task, run.payload)
        (triggered,) = await gateway.trigger([run])
        _say(triggered, as_json=as_json, follow=follow)
        return await get_run(gateway, triggered.id)

    started = with_gateway(database, start)
    if follow:
        return leave(lambda: asyncio.run(show_live(started, database, as_json=as_json)), started.id)
    return exits.OK


def _debounce(key: str | None, delay: str | None) -> Debounce | None:
    if key is None:
        return None
    seconds = _seconds(delay)
    if seconds is None:
        raise InvalidInput("--debounce needs --delay: how long after the newest trigger the run starts")
    return Debounce(key, seconds)


def read_json(text: str) -> str:
    """JSON from the argument itself, `@file`, or `-` (stdin); raises `InvalidInput` that shows where it is wrong."""
    source = "the payload"
    if text == "-":
        text, source = sys.stdin.read(), "stdin"
    elif text.startswith("@"):
        path = Path(text[1:])
        try:
            text, source = path.read_text("utf-8"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"cannot read the payload from {path}: {error}") from error
    try:
        return msgspec.json.encode(msgspec.json.decode(text)).decode()
    except RecursionError as error:
        raise InvalidInput(f"{source} is nested too deeply: nothing could read it again") from error
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        hint = "" if text[:1] in '{["' else f"; a text needs quotes inside quotes: '\"{text[:20]}\"'"
        raise InvalidInput(f"{source} is not JSON: {error}{hint}") from error


def new_run_id() -> RunId:
    return RunId(fresh_id("run"))


def _new_run(task: str, payload: str, options: TriggerOptions) -> NewRun:
    return NewRun(
        id=new_run_id(),
        task=task,
        payload=payload,
        queue=options.queue,
        concurrency_key=options.concurrency_key,
        delay_ms=options.delay_ms,
        ttl_ms=options.ttl_ms,
        priority_ms=options.priority_ms,
        idempotency_key=options.idempotency_key,
        tags=options.tags,
        max_attempts=options.max_attempts,
        debounce=options.debounce,
        machine=options.machine,
        environment=current_environment(),
    )


def _seconds(text: str | None) -> str | float | None:
    """A bare number is seconds."""
    try:
        return text if text is None else float(text)
    except ValueError:
        return text


async def _check_task(gateway: ClientGateway, task: str, payload: str) -> None:
    """Refuse what would fail at once, as far as the workers have told of their tasks."""
    known = {info.name: info for info in await gateway.tasks()}
    if task in known:
        _check_payload(known[task], payload)
        return
    if not known:
        raise UnknownTask(f"no task {task!r}: this database knows no tasks yet; start `runcast dev app.py` first")
    near = did_you_mean(task, known) or f" Known tasks: {', '.join(sorted(known)[:12])}"
    raise UnknownTask(f"no task {task!r}.{near}")


async def check_payload(gateway: ClientGateway, task: str, payload: str | None) -> None:
    """Refuse another payload for a run of `task` that would fail at once; a task that no worker told of takes any."""
    if payload is None:
        return
    for info in await gateway.tasks():
        if info.name == task:
            _check_payload(info, payload)


def _check_payload(task: TaskInfo, payload: str) -> None:
    if what := misfit(task.schema, payload):
        raise InvalidPayload(f"payload of task {task.name!r}: {what}")


def _say(triggered: Triggered, *, as_json: bool, follow: bool) -> None:
    if as_json:
        print_json({"event": "triggered", "id": triggered.id, "cached": triggered.cached})
    elif not follow:
        sys.stdout.write(f"{triggered.id}\n")
        if sys.stdout.isatty():
            note(f"watch it: runcast watch {short_id(triggered.id)}")
    if triggered.cached and not as_json:
        note("this idempotency key already had a run: nothing new was started")
