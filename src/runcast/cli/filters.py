"""Which runs: the filter options that every command on many runs has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from runcast.cli.complete import complete_status, complete_task
from runcast.cli.look import now_ms
from runcast.cli.moments import moment_ms
from runcast.domain.errors import InvalidInput
from runcast.domain.nearest import did_you_mean
from runcast.domain.run import FINAL, LABELS, LIVE, RunStatus
from runcast.gateway import RunFilter

F = TypeVar("F", bound=Callable[..., Any])


def filter_options(command: F) -> F:
    """Add the options; the command gets their values as `**filters`, for `run_filter`."""
    options = [
        click.option(
            "--status",
            "statuses",
            multiple=True,
            metavar="STATUS",
            shell_complete=complete_status,
            help="failed, running, waiting, …, live or final.",
        ),
        click.option(
            "--task",
            "tasks",
            multiple=True,
            metavar="NAME",
            shell_complete=complete_task,
            help="Only runs of this task.",
        ),
        click.option("--tag", "tags", multiple=True, metavar="TEXT", help="Only runs with this tag."),
        click.option("--queue", "queues", multiple=True, metavar="NAME", help="Only runs of this queue."),
        click.option("--since", metavar="WHEN", help="Created in the last 15m, 24h, 7d, or since 2024-06-01, 14:30, …"),
        click.option("--until", metavar="WHEN", help="Created before then; said like --since."),
        click.option("--all", "children", is_flag=True, help="Child runs too, not only roots."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def run_filter(
    *,
    statuses: Sequence[str],
    tasks: Sequence[str],
    tags: Sequence[str],
    queues: Sequence[str],
    since: str | None,
    until: str | None,
    children: bool,
) -> RunFilter:
    """What the options ask for. Raises `InvalidInput`."""
    now = now_ms()
    return RunFilter(
        status=tuple(status for typed in statuses for status in parse_status(typed)),
        task=tuple(tasks),
        tag=tuple(tags),
        queue=tuple(queues),
        created_from=None if since is None else moment_ms(since, now=now, name="--since"),
        created_to=None if until is None else moment_ms(until, now=now, name="--until"),
        roots_only=not children,
    )


def parse_status(typed: str) -> tuple[RunStatus, ...]:
    """Statuses by their label, their name, or the words `live` and `final`.

    >>> parse_status("running") == parse_status("EXECUTING") == (RunStatus.EXECUTING,)
    True
    """
    word = typed.strip().lower().replace("_", " ").replace("-", " ")
    words: dict[str, tuple[RunStatus, ...]] = {status.lower().replace("_", " "): (status,) for status in RunStatus}
    words |= {label.lower(): (status,) for status, label in LABELS.items()}
    words |= {"live": tuple(sorted(LIVE)), "final": tuple(sorted(FINAL))}
    if word not in words:
        known = ", ".join(dict.fromkeys([*(label.lower() for label in LABELS.values()), "live", "final"]))
        raise InvalidInput(f"no status {typed!r}.{did_you_mean(word, words)} Known: {known}")
    return words[word]
