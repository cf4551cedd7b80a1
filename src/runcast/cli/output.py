"""What commands print: JSON lines for programs, a rich console for people."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

if TYPE_CHECKING:
    from rich.console import Console

    from runcast.domain.run import Run

PIPED_WIDTH = 160
"""Columns of what people read later in a file: nothing is cut that a terminal would show."""


def encode(value: object) -> bytes:
    """`value` as one line of JSON."""
    return msgspec.json.encode(value)


def print_json(value: object, stream: TextIO | None = None) -> None:
    """One JSON line, in UTF-8 whatever the locale, on stdout or `stream`; at once, because a program may wait for it."""
    out = (stream or sys.stdout).buffer
    out.write(encode(value) + b"\n")
    out.flush()


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal; honours NO_COLOR, TERM=dumb and pipes."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def is_plain(console: Console) -> bool:
    """The terminal or file cannot show our glyphs: draw with ASCII."""
    return not console.encoding.lower().startswith("utf")


def note(text: str) -> None:
    """A remark for people that is not part of the result: on stderr."""
    sys.stderr.write(f"{text}\n")


def raw(json_text: str | None) -> msgspec.Raw | None:
    """JSON text as it is, to be embedded in a larger JSON value."""
    return None if json_text is None else msgspec.Raw(json_text.encode())


def run_record(run: Run) -> dict[str, Any]:
    """A run for programs: its fields, the shown status, and payload, output and metadata as JSON values."""
    record: dict[str, Any] = msgspec.to_builtins(run)
    record |= {
        "status": run.shown,
        "outcome": run.outcome,
        "payload": raw(run.payload),
        "output": raw(run.output),
        "metadata": raw(run.metadata),
    }
    return record
