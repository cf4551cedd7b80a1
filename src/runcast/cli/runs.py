"""`runcast runs`: the table of its commands."""

from __future__ import annotations

import click

from runcast.cli.command import Lazy, LazyGroup

COMMANDS = {
    "list": Lazy("runcast.cli.runs_list:list_runs", "Look", "List runs, newest first."),
    "show": Lazy("runcast.cli.runs_show:show", "Look", "Show one run with its steps and children."),
    "logs": Lazy("runcast.cli.runs_show:logs", "Look", "Print a run's logs."),
    "export": Lazy("runcast.cli.runs_export:export", "Look", "Write runs as JSON lines or CSV."),
    "cancel": Lazy("runcast.cli.runs_act:cancel", "Act", "Cancel runs with everything below them."),
    "resume": Lazy(
        "runcast.cli.runs_act:resume", "Act", "Go on with a failed or parked run; repeats only what is not done."
    ),
    "reschedule": Lazy("runcast.cli.runs_act:reschedule", "Act", "Move the start of a delayed run."),
    "send": Lazy("runcast.cli.runs_send:send", "Act", "Send a message to a running run."),
    "messages": Lazy("runcast.cli.runs_send:messages", "Look", "Show what a run was sent."),
    "fork": Lazy("runcast.cli.runs_fork:fork", "Act", "Go on from a chosen step, with another payload if need be."),
    "replay": Lazy("runcast.cli.runs_act:replay", "Act", "Start a run again from the beginning."),
}

EXAMPLES = (
    ("runcast runs list --status failed --since 24h", "what went wrong today"),
    ("runcast runs show latest", "the newest run"),
    ("runcast runs resume 8f2kqa3m --follow", "go on where it failed, and watch"),
)


@click.group(cls=LazyGroup, lazy=COMMANDS, examples=EXAMPLES)
def runs() -> None:
    """Runs: list, show, logs, export, cancel, resume, reschedule, send, messages, fork, replay.

    RUN is a whole id, a unique beginning or ending of one, or `latest`.
    """
