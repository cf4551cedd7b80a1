"""`runcast completion`: the script that teaches a shell to complete commands, tasks and runs."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from runcast.cli.command import Command
from runcast.cli.output import note, print_json

VARIABLE = "_RUNCAST_COMPLETE"
INSTALL = {
    "bash": "echo 'eval \"$(runcast completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(runcast completion zsh)\"' >> ~/.zshrc",
    "fish": "runcast completion fish > ~/.config/fish/completions/runcast.fish",
}

EXAMPLES = tuple((command, f"for {shell}, for good") for shell, command in INSTALL.items())


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("shell", type=click.Choice(list(INSTALL)))
def completion(shell: str, as_json: bool) -> None:
    """Print the completion script of SHELL.

    It completes commands, options, files, statuses, and from the database of the directory you are in the names of tasks
    and the ids of runs.
    """
    from runcast.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "runcast", VARIABLE).source()
    if as_json:
        print_json({"shell": shell, "script": script, "install": INSTALL[shell]})
        return
    sys.stdout.write(script)
    if sys.stdout.isatty():
        note(f"\nTo have it in every new shell:\n  {INSTALL[shell]}")
