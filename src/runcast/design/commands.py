"""Writes the reference page of the command line from what `--help` says."""

from __future__ import annotations

from collections.abc import Iterator

import click

from runcast.cli.main import cli
from runcast.design.reference import MADE

WIDTH = 100


def commands_page() -> str:
    """Every command with its help, as a terminal of 100 columns shows it."""
    sections = [f"## {path}\n\n```\n{text}\n```\n" for path, text in _helps(cli, "runcast", None)]
    return "\n".join([f"# Commands\n\n{MADE}\n", *sections])


def _helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    with click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, help_option_names=["-h", "--help"]
    ) as context:
        yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                assert found is not None
                yield from _helps(found, child, context)
