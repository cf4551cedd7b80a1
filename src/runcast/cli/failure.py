"""How an error leaves the command line: one clear line for people, one JSON line for programs, an exit code."""

from __future__ import annotations

import sys

import click

from runcast.cli import exits
from runcast.domain.errors import AccessDenied, InvalidInput, NotFound, RuncastError, Unavailable, UnknownTask


def report(error: Exception, *, as_json: bool) -> int:
    """Write `error` to stderr and return the exit code that tells its kind."""
    code, message = _describe(error)
    if as_json:
        from runcast.cli.output import print_json

        print_json({"error": message, "code": code}, sys.stderr)
    else:
        from runcast.cli.look import printable

        sys.stderr.write(f"{_red('error:')} {printable(message)}{_usage_hint(error)}\n")
    return exit_code(error)


def exit_code(error: Exception) -> int:
    """The documented exit code of an error."""
    match error:
        case NotFound() | UnknownTask():
            return exits.NOT_FOUND
        case InvalidInput() | click.ClickException():
            return exits.USAGE
        case Unavailable() | AccessDenied() | OSError():
            return exits.UNAVAILABLE
        case RuncastError():
            return exits.FAILED
        case _:
            return exits.DEFECT


def _describe(error: Exception) -> tuple[str, str]:
    match error:
        case RuncastError():
            return error.code, str(error)
        case click.ClickException():
            return "usage", error.format_message()
        case OSError():
            return "unavailable", f"the system refused: {error}. Check the path, its rights, and the disk."
        case _:
            what = f"{type(error).__name__}: {error}"
            return "defect", f"unexpected {what}. This is a defect; --traceback shows where."


def _usage_hint(error: Exception) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"\nSee '{context.command_path} --help'." if context else ""


def _red(text: str) -> str:
    return click.style(text, fg="red", bold=True) if _coloured() else text


def _coloured() -> bool:
    import os

    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
