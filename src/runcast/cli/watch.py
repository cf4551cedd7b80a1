"""`runcast watch`: follow a run live until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import click

from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.complete import complete_run
from runcast.cli.connect import any_gateway, running_engine
from runcast.cli.find import ID_CHARS, find_run
from runcast.cli.follow import View, follow
from runcast.cli.followed import Followed
from runcast.cli.look import short_id
from runcast.cli.output import console, note, print_json
from runcast.domain.errors import Unavailable
from runcast.domain.run import Run, RunStatus

EXAMPLES = (
    ("runcast watch latest", "the newest run"),
    ("runcast watch 8f2kqa3m", "a run by the end of its id"),
    ("runcast watch latest --json | jq -r 'select(.event == \"log\").message'", "its logs, for a program"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("run_id", metavar="RUN", shell_complete=complete_run)
@database_option
def watch(run_id: str, database: str | None, as_json: bool) -> int:
    """Follow RUN live: tree, progress, steps, logs and streams.

    Ends when the run is final: exit code 0 when it completed, 1 when it did not. Leaving with Ctrl-C leaves the run
    running. In a pipe, one line per fact; with --json, one JSON object per run state, entry, log and stream part.
    """

    return leave(lambda: asyncio.run(_watch(run_id, database, as_json=as_json)), run_id)


async def _watch(typed: str, database: str | None, *, as_json: bool) -> Run:
    async with any_gateway(database) as gateway:
        run = await find_run(gateway, typed)
    return await show_live(run, database, as_json=as_json)


async def show_live(run: Run, database: str | None, *, as_json: bool) -> Run:
    """Follow `run` in the view that fits stdout, then say how it ended."""
    from runcast.cli.report import end_record, print_end
    from runcast.cli.views import JsonView, LinesView, LiveView

    if as_json:
        run = await _follow(run, database, JsonView())
        print_json(end_record(run))
        return run
    out = console()
    if out.is_terminal and not out.is_dumb_terminal:
        async with LiveView(out) as view:
            run = await _follow(run, database, view)
    else:
        run = await _follow(run, database, LinesView(out))
    async with any_gateway(database) as gateway:
        print_end(out, run, await gateway.artifacts(run.id))
    return run


async def _follow(run: Run, database: str | None, view: View) -> Run:
    """A final run is read from wherever it is; a live one from the running engine, again and again while it restarts."""
    followed = Followed(run.id)
    if run.is_final:
        async with any_gateway(database) as gateway:
            return await follow(gateway, followed, run.root_id, view)
    while True:
        try:
            async with running_engine(database, on_wait=_say_waiting) as gateway:
                return await follow(gateway, followed, run.root_id, view)
        except Unavailable:
            continue


def _say_waiting() -> None:
    note("no engine runs on this database: the run goes on when `runcast dev app.py` does")


def leave(watching: Callable[[], Run], run_id: str) -> int:
    """The exit code of a watched run; Ctrl-C says how to come back."""
    try:
        run = watching()
    except KeyboardInterrupt:
        name = short_id(run_id) if len(run_id) == ID_CHARS else run_id
        note(f"\nThe run goes on.\nwatch     runcast watch {name}\nstop      runcast runs cancel {name}")
        return exits.INTERRUPTED
    return exits.OK if run.status is RunStatus.COMPLETED else exits.FAILED
