"""`runcast --version`: this release, and what it runs on."""

from __future__ import annotations

import platform

import click

VERSION_HELP = "Show the version and leave; with --json also of Python, SQLite and the schema."


JSON_KEY = "runcast.json"


def note_json(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    """Keep whether `--json` stands before any command, for `show_version`."""
    context.meta[JSON_KEY] = wanted


def show_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    """Print and leave, if `--version` was given."""
    from runcast import __version__

    as_json = context.meta.get(JSON_KEY, False)
    if context.resilient_parsing:
        return
    if not wanted and as_json:
        raise click.UsageError("--json stands behind the command: runcast runs list --json", context)
    if not wanted:
        return
    if as_json:
        _print_json(__version__)
    else:
        click.echo(f"runcast {__version__}")
    context.exit()


def _print_json(version: str) -> None:
    from runcast.cli.output import print_json
    from runcast.store.migrations import find_phases, newest
    from runcast.store.sqlite.upkeep import sqlite_version

    print_json(
        {
            "runcast": version,
            "python": platform.python_version(),
            "sqlite": sqlite_version(),
            "schema": newest(find_phases("sqlite")),
            "platform": platform.platform(),
        }
    )
