"""The `runcast` command: its table of sub-commands, and the door through which every error leaves."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from runcast.cli.command import Lazy, LazyGroup
from runcast.cli.exits import EXITS, INTERRUPTED
from runcast.cli.version import VERSION_HELP, note_json, show_version

COMMANDS = {
    "init": Lazy("runcast.cli.init:init", "Start", "Create a starter project that runs."),
    "dev": Lazy("runcast.cli.dev:dev", "Start", "Run engine and worker in one process; reload on change."),
    "serve": Lazy("runcast.cli.serve:serve", "Start", "Run the engine as a service."),
    "worker": Lazy("runcast.cli.worker:worker", "Start", "Run a worker process for an engine."),
    "trigger": Lazy("runcast.cli.trigger:trigger", "Start", "Start a run of a task."),
    "watch": Lazy("runcast.cli.watch:watch", "Look", "Follow a run live: tree, progress, logs, streams."),
    "tasks": Lazy("runcast.cli.tasks:tasks", "Look", "List tasks; show what one takes."),
    "runs": Lazy("runcast.cli.runs:runs", "Look", "List, show, export, cancel, resume and replay runs; read logs."),
    "why": Lazy("runcast.cli.why:why", "Look", "Say why a run is not running."),
    "queues": Lazy("runcast.cli.queues:queues", "Look", "Show queues; change their limits, pause and resume them."),
    "schedules": Lazy("runcast.cli.schedules:schedules", "Act", "List, create, pause, run and preview schedules."),
    "alerts": Lazy("runcast.cli.alerts:alerts", "Look", "Show what alerts were raised."),
    "waits": Lazy("runcast.cli.waits:waits", "Act", "List and complete what runs wait for."),
    "journals": Lazy("runcast.cli.journals:journals", "Check", "Check new code against what real runs recorded."),
    "lint": Lazy("runcast.cli.lint:lint", "Check", "Find code that breaks when it is executed again."),
    "keys": Lazy("runcast.cli.keys:keys", "Care", "Create, rotate and revoke keys to the HTTP API; public tokens."),
    "users": Lazy("runcast.cli.users:users", "Care", "Say who may sign in, and as what."),
    "db": Lazy("runcast.cli.db:db", "Care", "Back up, prune, migrate, and look at the database."),
    "doctor": Lazy("runcast.cli.doctor:doctor", "Care", "Check a database against the engine's invariants."),
    "config": Lazy("runcast.cli.settings:show_config", "Care", "Show every setting and where it comes from."),
    "completion": Lazy("runcast.cli.completion:completion", "Care", "Teach your shell to complete."),
}

EXAMPLES = (
    ("runcast init shop && cd shop && runcast dev app.py", "a new project, running"),
    ('runcast trigger hello \'{"name": "Ada"}\' --follow', "start a run and watch it to its end"),
    ("runcast runs list --status failed --since 24h", "what went wrong today"),
    ("runcast watch latest", "the newest run, live"),
)


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    examples=EXAMPLES,
    exits=EXITS,
)
@click.option("--version", is_flag=True, expose_value=False, callback=show_version, help=VERSION_HELP)
@click.option("--json", is_flag=True, is_eager=True, expose_value=False, hidden=True, callback=note_json)
@click.option("--traceback", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def cli() -> None:
    """Durable background work for Python that you can watch while it happens.

    Commands talk to the database of the settings (`runcast config`), or of --database: through the process that has
    it open, or directly when none has. Run ids may be shortened to a unique beginning or ending;
    `latest` is the newest run.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with one of the documented codes."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; every error becomes a message and an exit code.

    A program that reads our output may close it early: that is not an error of ours.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character of somebody's text shows another instead of failing.
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")
    if "--traceback" in arguments or os.environ.get("RUNCAST_DEBUG"):
        return _exit_code(cli.main(list(arguments), prog_name="runcast", standalone_mode=False))
    try:
        return _exit_code(cli.main(list(arguments), prog_name="runcast", standalone_mode=False))
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is becomes a message and a code
        from runcast.cli.failure import report

        return report(error, as_json=_speaks_json(arguments))


def _speaks_json(arguments: Sequence[str]) -> bool:
    """Whether whoever reads stderr is a program; asked without the options parsed, which may be what failed."""
    text = " ".join(arguments).replace("=", " ")
    is_service = any(service in arguments for service in ("dev", "serve", "worker"))
    in_environment = is_service and os.environ.get("RUNCAST_LOG_FORMAT") == "json"
    return "--json" in arguments or "--log-format json" in text or in_environment


def _exit_code(returned: object) -> int:
    return returned if isinstance(returned, int) else 0


if __name__ == "__main__":
    main()
