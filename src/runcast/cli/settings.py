"""`runcast config`: every setting, its value, and where it comes from."""

from __future__ import annotations

import os

import click

from runcast import config
from runcast.cli.command import Command, database_option
from runcast.cli.output import console, note, print_json
from runcast.settings import all_settings

DEFAULT = "default"

EXAMPLES = (
    ("runcast config", "what counts here, and why"),
    ("RUNCAST_WORKERS=4 runcast config --json | jq 'select(.origin != \"default\")'", "only what somebody set"),
)


@click.command(cls=Command, name="config", examples=EXAMPLES)
@database_option
def show_config(database: str | None, as_json: bool) -> None:
    """Show every setting, its value, and where it comes from.

    In rising precedence: defaults; $XDG_CONFIG_HOME/runcast/runcast.toml; runcast.toml or [tool.runcast] in
    pyproject.toml, here or in the nearest directory above; RUNCAST_… variables; flags. Passwords and keys are masked.
    """
    found = config.load({"database": database})
    rows = [
        (
            setting.name,
            setting.show(getattr(found.settings, setting.attribute)),
            found.origins.get(setting.name, DEFAULT),
        )
        for setting in all_settings()
    ]
    for unknown in config.unknown_variables(os.environ):
        note(f"warning: {unknown}")
    if as_json:
        for name, value, origin in rows:
            print_json({"name": name, "value": value, "origin": origin})
        return
    _print(rows, found)


def _print(rows: list[tuple[str, object, str]], found: config.Config) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, header_style="bright_black", padding=(0, 2, 0, 0))
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("From", overflow="fold")
    for name, value, origin in rows:
        style = "bright_black" if origin == DEFAULT else None
        table.add_row(name, _cell(value), origin, style=style)
    out.print(table)
    read = ", ".join(map(str, found.files)) or "no file; put [tool.runcast] into pyproject.toml, or write runcast.toml"
    out.print(f"\nread: {read}", style="bright_black", soft_wrap=True)


def _cell(value: object) -> str:
    match value:
        case None | "" | []:
            return "-"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
