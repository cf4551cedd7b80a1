"""`runcast watch`: follow a run live until it ends."""

from __future__ import annotations

from collections.abc import Callable

import click

from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.connect import with_gateway
from runcast.cli.find import find_run
from runcast.cli.follow import follow
from runcast.cli.output import console, note, print_json
from runcast.domain.run import Run, RunStatus
from runcast.gateway import ClientGateway

EXAMPLES = (
    ("runcast watch latest", "the newest run"),
    ("runcast watch 8f2kqa3m", "a run by the end of its id"),
    ("runcast watch latest --json | jq -r 'select(.event == \"log\").message'", "its logs, for a program"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("run_id", metavar="RUN")
@database_option
def watch(run_id: str, database: str | None, as_json: bool) -> int:
    """Follow RUN live: tree, progress, steps, logs and streams.

    Ends when the run is final: exit code 0 when it completed, 1 when it did not. Leaving with Ctrl-C leaves the run
    running. In a pipe, one line per fact; with --json, one JSON object per run state, entry, log and stream part.
    """

    async def work(gateway: ClientGateway) -> Run:
        return await show_live(gateway, await find_run(gateway, run_id), as_json=as_json)

    return leave(lambda: with_gateway(database, work), run_id)


async def show_live(gateway: ClientGateway, run: Run, *, as_json: bool) -> Run:
    """Follow `run` in the view that fits stdout, then say how it ended."""
    from runcast.cli.report import end_record, print_end
    from runcast.cli.views import JsonView, LinesView, LiveView

    if as_json:
        run = await follow(gateway, run, JsonView())
        print_json(end_record(run))
        return run
    out = console()
    if out.is_terminal and not out.is_dumb_terminal:
        async with LiveView(out) as view:
            run = await follow(gateway, run, view)
    else:
        run = await follow(gateway, run, LinesView(out))
    print_end(out, run, await gateway.artifacts(run.id))
    return run


def leave(watching: Callable[[], Run], run_id: str) -> int:
    """The exit code of a watched run; Ctrl-C says how to come back."""
    try:
        run = watching()
    except KeyboardInterrupt:
        note(f"\nThe run goes on. Watch it again: runcast watch {run_id}   Stop it: runcast runs cancel {run_id}")
        return 130
    return exits.OK if run.status is RunStatus.COMPLETED else exits.FAILED
