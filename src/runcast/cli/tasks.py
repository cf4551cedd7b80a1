"""`runcast tasks`: the tasks that workers have told of, and what one of them takes."""

from __future__ import annotations

from typing import Any

import click
import msgspec
from rich.text import Text

from runcast.cli.banner import place, sample_payload
from runcast.cli.command import Command, Lazy, LazyGroup, database_option
from runcast.cli.complete import complete_task
from runcast.cli.connect import with_gateway
from runcast.cli.look import one_line, printable
from runcast.cli.output import console, print_json, raw
from runcast.domain.durations import duration_text
from runcast.domain.errors import UnknownTask
from runcast.domain.nearest import did_you_mean
from runcast.gateway import ClientGateway, TaskInfo

COMMANDS = {
    "list": Lazy("runcast.cli.tasks:list_tasks", "Look", "List tasks: queue, attempts, schedule, place."),
    "show": Lazy("runcast.cli.tasks:show", "Look", "Show a task with its payload's schema and an example."),
}
LABEL_CELLS = 12


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    default="list",
    examples=(("runcast tasks", "all of them"), ("runcast tasks show enrich", "what it takes, and how to start it")),
)
def tasks() -> None:
    """Tasks, as the workers of this database have told of them."""


@click.command(
    cls=Command, name="list", examples=(("runcast tasks list --json | jq -r .name", "names, for a program"),)
)
@database_option
def list_tasks(database: str | None, as_json: bool) -> None:
    """List tasks: queue, attempts, schedule, and `file:line`."""
    found = _known(database)
    if as_json:
        for task in found:
            print_json(task_record(task))
    elif found:
        _print_tasks(found)
    else:
        console().print("No tasks yet: a worker tells of them. Start one with `runcast dev app.py`.")


@click.command(
    cls=Command,
    examples=(
        ("runcast tasks show enrich", "queue, retry, schema, and a command to start it"),
        ("runcast tasks show enrich --json | jq .schema", "the payload's JSON Schema"),
    ),
)
@click.argument("task_id", metavar="TASK", shell_complete=complete_task)
@database_option
def show(task_id: str, database: str | None, as_json: bool) -> None:
    """Show TASK: where it is, its queue and retries, the JSON Schema of its payload, and an example."""
    known = {task.name: task for task in _known(database)}
    task = known.get(task_id)
    if task is None:
        raise UnknownTask(f"no task {task_id!r}.{did_you_mean(task_id, known)} `runcast tasks` lists all")
    if as_json:
        print_json(task_record(task))
        return
    out = console()
    out.print(Text(printable(task.name), style="bold"))
    for label, value in _facts(task):
        out.print(Text.assemble((f"{label:<{LABEL_CELLS}}", "bright_black"), printable(value)), soft_wrap=True)
    out.print(Text("\npayload", style="bright_black"))
    out.print(msgspec.json.format(task.schema, indent=2), soft_wrap=True)
    out.print(Text("\ntry", style="bright_black"))
    out.print(f"runcast trigger {task.name} '{sample_payload(task.schema)}' --follow", soft_wrap=True)


def _known(database: str | None) -> list[TaskInfo]:
    async def work(gateway: ClientGateway) -> list[TaskInfo]:
        return sorted(await gateway.tasks(), key=lambda task: task.name)

    return with_gateway(database, work)


def task_record(task: TaskInfo) -> dict[str, Any]:
    """A task for programs: its fields with the schema as JSON, and a payload that fits it."""
    # Also the fields that have their defaults, which the wire leaves out.
    record: dict[str, Any] = msgspec.structs.asdict(task)
    return record | {"schema": raw(task.schema), "example": raw(sample_payload(task.schema))}


def _facts(task: TaskInfo) -> list[tuple[str, str]]:
    facts: list[tuple[str, object]] = [
        ("about", one_line(task.description)),
        ("place", place(task)),
        ("queue", task.queue),
        ("attempts", task.max_attempts),
        ("runs on", {"async": "the event loop", "thread": "a thread", "process": "a process of its own"}[task.lane]),
        ("at most", task.max_duration_ms and f"{duration_text(task.max_duration_ms)} of executing"),
        ("expires", task.ttl_ms and f"after {duration_text(task.ttl_ms)} in the queue"),
        ("schedule", schedule_text(task)),
    ]
    return [(label, str(value)) for label, value in facts if value]


def schedule_text(task: TaskInfo) -> str:
    """Its cron rule and time zone, or nothing."""
    schedule = task.schedule
    return "" if schedule is None else f"{schedule.cron} {schedule.timezone}"


def _print_tasks(found: list[TaskInfo]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    table.add_column("Task", overflow="fold")
    table.add_column("Queue", overflow="fold")
    table.add_column("Attempts", justify="right")
    if any(task.schedule for task in found):
        table.add_column("Schedule", overflow="fold")
    table.add_column("Place", style="bright_black", overflow="fold")
    for task in found:
        schedule = [schedule_text(task)] if len(table.columns) > 4 else []
        table.add_row(printable(task.name), printable(task.queue), str(task.max_attempts), *schedule, place(task))
    console().print(table)
