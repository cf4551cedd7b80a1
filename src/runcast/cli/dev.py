"""`runcast dev`: engine and worker in one process, restarted when the code changes."""

from __future__ import annotations

import asyncio
import os
import sys

import click

from runcast.cli import exits
from runcast.cli.command import Command, database_option

EXAMPLES = (
    ("runcast dev app.py", "engine and worker in one process"),
    ("runcast dev shop.jobs --workers 4", "a module; four worker processes, for four cores"),
    ("runcast dev app.py --database /tmp/try.db --no-reload", "another database, no restarts"),
)
RESTARTED = "RUNCAST_DEV_RESTARTED"
"""Set in the environment of a restarted process: which file changed."""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("app")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    metavar="N",
    help="Port in the links that runs hand out (approvals, run pages)  [default: 8321]",
)
@click.option(
    "--workers", default=0, type=click.IntRange(0, 256), metavar="N", help="Worker processes instead of one inside."
)
@click.option(
    "--concurrency", type=click.IntRange(1, 100_000), metavar="N", help="Runs that a worker executes at once."
)
@click.option("--no-reload", is_flag=True, help="Do not restart when a .py file changes.")
@database_option
def dev(
    app: str,
    port: int | None,
    workers: int,
    concurrency: int | None,
    no_reload: bool,
    database: str | None,
    as_json: bool,
) -> int:
    """Run APP (a file or a module): engine and worker in one process, and a log with a line per run.

    A change of a .py file restarts it; running bodies are handed back and go on afterwards, without repeating the
    steps that are done. Ctrl-C stops it gracefully, a second one at once: either way nothing is lost.
    """
    from runcast.cli.development import Development, Settings

    settings = Settings(
        app=app,
        port=port,
        workers=workers,
        concurrency=concurrency,
        reload=not no_reload,
        database=database,
        as_json=as_json,
        changed=os.environ.pop(RESTARTED, ""),
    )
    changed = asyncio.run(Development(settings).run())
    if changed is None:
        return exits.OK
    _restart(changed)
    raise AssertionError("unreachable")


def _restart(changed: str) -> None:
    """This process anew, with the same arguments: a fresh interpreter is the only one without old modules."""
    os.environ[RESTARTED] = changed
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "runcast.cli.main", *sys.argv[1:]])  # noqa: S606 - ourselves
