"""`runcast dev`: engine and worker in one process, restarted when the code changes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

import click

from runcast import config
from runcast.cli import exits
from runcast.cli.command import Command, database_option
from runcast.cli.wiring import (
    app_argument,
    choose_apps,
    codec_option,
    concurrency_option,
    environment_option,
    http_option,
    log_format_option,
    public_url_option,
    workers_option,
)

EXAMPLES = (
    ("runcast dev app.py", "engine and worker in one process"),
    ("runcast dev", "the app that the settings name, else app.py"),
    ("runcast dev shop.jobs --workers 4", "a module; four worker processes, for four cores"),
    ("runcast dev app.py --database /tmp/try.db --no-reload", "another database, no restarts"),
)
RESTARTED = "RUNCAST_DEV_RESTARTED"
"""Set in the environment of a restarted process: which file changed."""


@click.command(cls=Command, examples=EXAMPLES)
@app_argument
@workers_option
@concurrency_option
@click.option("--no-reload", is_flag=True, help="Do not restart when a .py file changes.")
@public_url_option
@http_option
@environment_option
@codec_option
@log_format_option
@database_option
def dev(apps: Sequence[str], no_reload: bool, as_json: bool, **flags: object) -> int:
    """Run APP (files or modules): engine and worker in one process, and a log with a line per run.

    A change of a .py file restarts it; running bodies are handed back and go on afterwards, without repeating the
    steps that are done. Ctrl-C stops it gracefully, a second one at once: either way nothing is lost.
    """
    from runcast.cli.host import Host, Plan

    changed = os.environ.pop(RESTARTED, "")
    found = config.load(_given(flags, no_reload=no_reload, as_json=as_json))
    plan = Plan(
        settings=found.settings,
        apps=choose_apps(apps, found),
        home=found.home,
        reload=found.settings.reload,
        as_json=found.settings.log_format == "json",
        changed=changed,
        local=True,
    )
    now_changed = asyncio.run(Host(plan).run())
    if now_changed is not None:
        _restart(now_changed)
    return exits.OK


def _given(flags: dict[str, object], *, no_reload: bool, as_json: bool) -> dict[str, object]:
    return flags | ({"reload": False} if no_reload else {}) | ({"log_format": "json"} if as_json else {})


def _restart(changed: str) -> None:
    """This process anew, with the same arguments: a fresh interpreter is the only one without old modules."""
    os.environ[RESTARTED] = changed
    start_anew()


def start_anew() -> None:
    """Replace this process by a fresh one with the same arguments; it does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "runcast.cli.main", *sys.argv[1:]])  # noqa: S606 - ourselves
