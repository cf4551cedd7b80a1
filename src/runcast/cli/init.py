"""`runcast init`: a starter project that runs."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

import click

from runcast.cli.command import Command
from runcast.cli.output import console, print_json
from runcast.domain.errors import Conflict, InvalidInput

FILES = {"app.py.txt": "app.py", "README.md": "README.md", "gitignore": ".gitignore"}
"""Template to file."""

EXAMPLES = (
    ("runcast init shop && cd shop && runcast dev app.py", "a new directory, running"),
    ("runcast init", "here"),
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(directory: Path, as_json: bool) -> None:
    """Create a starter project in DIR (default: here): app.py, README.md and .gitignore.

    Files that exist are never overwritten: if app.py or README.md is there, nothing is written.
    """
    created = create_project(directory)
    if as_json:
        print_json({"directory": str(directory.resolve()), "created": created})
        return
    out = console()
    out.print(f"Created {', '.join(created)} in {directory.resolve()}", soft_wrap=True)
    out.print("\nNext:")
    if directory.resolve() != Path.cwd():
        out.print(f"  cd {shlex.quote(str(directory))}", style="bold", soft_wrap=True)
    out.print("  runcast dev app.py", style="bold")
    out.print("Open the dashboard at the address that it prints, and press N to run a task. Or in another terminal:")
    out.print("""  runcast trigger hello '{"name": "Ada"}' --follow""", style="bold")
    out.print("""  runcast trigger research '{"topics": ["tides", "maps", "bread"]}' --follow""", style="bold")


def create_project(directory: Path) -> list[str]:
    """Write the starter files; returns their names. Raises `Conflict` rather than overwrite a file."""
    present = [name for name in FILES.values() if name != ".gitignore" and (directory / name).exists()]
    if present:
        there = f"{' and '.join(present)} {'exist' if len(present) > 1 else 'exists'}"
        raise Conflict(f"{there} in {directory}: choose another directory, nothing was written")
    templates = files("runcast.cli") / "starter"
    created = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for template, name in FILES.items():
            if (directory / name).exists():
                continue
            text = (templates / template).read_text("utf-8")
            if template == "README.md":
                text = text.format(name=directory.resolve().name)
            (directory / name).write_text(text, "utf-8")
            created.append(name)
    except OSError as error:
        raise InvalidInput(f"cannot write to {directory}: {error.strerror}") from error
    return created
