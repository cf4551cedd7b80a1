"""A single run in words: its fields for `runs show`, and how it ended for `watch`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from rich.table import Table
from rich.text import Text

from runcast.cli import exits
from runcast.cli.look import (
    ago,
    badge,
    duration,
    elapsed_ms,
    moment,
    now_ms,
    one_line,
    printable,
    short_id,
    user_frames,
)
from runcast.cli.output import is_plain, raw
from runcast.domain.effect import Artifact
from runcast.domain.run import Run, RunStatus

if TYPE_CHECKING:
    from rich.console import Console

LABEL_CELLS = 9
JSON_LINES_MAX = 24
STACK_LINES_MAX = 16


def end_record(run: Run) -> dict[str, Any]:
    """The last JSON line of a followed run."""
    return {
        "event": "end",
        "run_id": run.id,
        "status": run.shown,
        "outcome": run.outcome,
        "output": raw(run.output),
        "error": run.error,
        "exit_code": exits.OK if run.status is RunStatus.COMPLETED else exits.FAILED,
    }


def print_end(out: Console, run: Run, artifacts: Sequence[Artifact]) -> None:
    """Output or error of a finished run, its artifacts, and what to do next."""
    out.print()
    if run.output is not None and run.output != "null":
        out.print(_labelled("output", _pretty(run.output)))
    if run.error is not None and run.status is not RunStatus.CANCELED:
        _print_error(out, run)
    for artifact in artifacts:
        size = f"{artifact.size:,} bytes"
        out.print(_labelled("artifact", f"{printable(artifact.name)}  {artifact.content_type}, {size}"))
    for what, command in _next(run):
        out.print(_labelled(what, command))


def print_run(out: Console, run: Run) -> None:
    """Everything a person asks of one run, a field a line."""
    head = badge(run.shown, outcome=run.outcome, plain=is_plain(out))
    out.print(head.append("  ").append(one_line(run.task), style="bold"))
    now = now_ms()
    for name, value in _fields(run, now):
        out.print(_labelled(name, value))
    if run.error is not None and run.status is not RunStatus.CANCELED:
        _print_error(out, run)
    for what, command in _next(run):
        out.print(_labelled(what, command))


def _fields(run: Run, now: int) -> Iterator[tuple[str, str]]:
    elapsed = elapsed_ms(run, now)
    counts = run.counts and f"{run.counts.ok:,} ok, {run.counts.failed:,} failed, {run.counts.skipped:,} skipped"
    fields: list[tuple[str, object]] = [
        ("id", run.id),
        ("queue", run.queue + (f", key {run.concurrency_key}" if run.concurrency_key else "")),
        ("machine", run.machine),
        ("attempt", f"{run.attempt} of {run.max_attempts}" if run.attempt else None),
        ("created", f"{moment(run.created_at)}, {ago(run.created_at, now)}"),
        ("starts", moment(run.available_at) if run.status is RunStatus.DELAYED else None),
        ("took" if run.is_final else "running", elapsed is not None and duration(elapsed)),
        ("executing", run.executing_ms and duration(run.executing_ms)),
        ("parent", run.parent_id),
        ("batch", run.batch_id),
        ("tags", ", ".join(run.tags)),
        ("key", run.idempotency_key),
        ("resumes", run.resumed_from),
        ("continues", run.continued_by and f"in {run.continued_by}"),
        ("deaths", run.deaths),
        ("parked", run.parked_reason),
        ("counts", counts),
        ("payload", _pretty(run.payload)),
        ("metadata", _pretty(run.metadata) if run.metadata != "{}" else None),
        ("output", run.output and _pretty(run.output)),
    ]
    for name, value in fields:
        if value:
            yield name, printable(str(value))


def _next(run: Run) -> Iterator[tuple[str, str]]:
    """Commands that help from here."""
    short = short_id(run.id)
    if run.parked_reason and not run.is_final:
        yield "resume", f"runcast runs resume {short}"
    if run.is_final and run.status is not RunStatus.COMPLETED:
        yield "retry", f"runcast runs resume {short}   repeats only what is not done"
        yield "restart", f"runcast runs replay {short}   from the beginning"


def _print_error(out: Console, run: Run) -> None:
    assert run.error is not None
    error = run.error
    message = f"{error.name}: {error.message}"
    if error.user_message:
        out.print(_labelled("error", printable(error.user_message), style="red"))
        out.print(_labelled("", printable(message), style="bright_black"))
    else:
        out.print(_labelled("error", printable(message), style="red"))
    frames = user_frames(error)
    if frames:
        more = ["… --json shows the whole traceback"] if len(frames) > STACK_LINES_MAX else []
        out.print(_labelled("", "\n".join(frames[:STACK_LINES_MAX] + more), style="bright_black"))


def _labelled(label: str, value: str, *, style: str = "default") -> Table:
    """`label     value`, with further and wrapped lines of the value below its beginning."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=LABEL_CELLS, style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(label, Text(value, style=style))
    return table


def _pretty(json_text: str) -> str:
    """JSON on one line while it is short, indented and cut when it is not."""
    value = printable(json_text)
    if len(value) <= 100:
        return value
    lines = printable(msgspec.json.format(json_text, indent=2)).split("\n")
    if len(lines) > JSON_LINES_MAX:
        lines = [*lines[:JSON_LINES_MAX], f"… {len(lines) - JSON_LINES_MAX} more lines: --json shows all"]
    return "\n".join(_cut(line) for line in lines)


def _cut(line: str, *, limit: int = 500) -> str:
    """A line of JSON, cut when it holds a very long text."""
    return line if len(line) <= limit else line[: limit - 1] + "…"
