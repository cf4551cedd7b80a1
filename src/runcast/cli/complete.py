"""What the shell completes beside commands and options: tasks, runs and statuses, read beside whoever has the file open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click
from click.shell_completion import CompletionItem

from runcast.domain.errors import RuncastError

if TYPE_CHECKING:
    from runcast.domain.run import Run
    from runcast.gateway import TaskInfo
    from runcast.store.script import Script

T = TypeVar("T")

RUNS_OFFERED = 30


def complete_task(context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names of the tasks that workers have told of."""
    tasks = _tasks(context)
    return [_item(task.name, task.description) for task in tasks if task.name.startswith(typed)]


def complete_run(context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """The newest runs by the end of their ids, which are short; by their whole ids after `run_`; and `latest`."""
    from runcast.cli.look import short_id

    found = [] if not "latest".startswith(typed) else [CompletionItem("latest", help="the newest run")]
    for run in _runs(context):
        name = run.id if typed.startswith("run_") else short_id(run.id)
        if name.startswith(typed):
            found.append(_item(name, f"{run.task}, {run.label.lower()}"))
    return found


def complete_status(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Labels of statuses, `live` and `final`."""
    from runcast.domain.run import LABELS

    words = [*dict.fromkeys(label.lower().replace(" ", "-") for label in LABELS.values()), "live", "final"]
    return [CompletionItem(word) for word in words if word.startswith(typed)]


def _item(name: str, help: str) -> CompletionItem:
    from runcast.cli.look import one_line

    return CompletionItem(name, help=one_line(help, limit=60))


def _tasks(context: click.Context) -> tuple[TaskInfo, ...]:
    from runcast.store import reads

    return _read(context, reads.tasks) or ()


def _runs(context: click.Context) -> list[Run]:
    from functools import partial

    from runcast.gateway import RunFilter
    from runcast.store import reads

    page = _read(context, partial(reads.list_runs, RunFilter(roots_only=True), cursor=None, limit=RUNS_OFFERED))
    return [] if page is None else list(page.runs)


def _read(context: click.Context, factory: Callable[[], Script[T]]) -> T | None:
    """What a script finds in the database that the line so far means; None when there is none to read."""
    from runcast.cli.connect import database_path
    from runcast.cli.shared import shared_database

    try:
        named = context.params.get("database")
        if (url := shared_database(named)) is not None:
            from runcast.store.postgres import beside

            return beside.read_beside(url, factory)
        from runcast.store.sqlite.beside import read_beside

        path = database_path(named)
        return read_beside(path, factory) if path.is_file() else None
    except (RuncastError, ImportError):
        return None  # nobody wants an error between two keys
