"""What the demo says in the end, for people and, as JSON, for programs."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from runcast.demo.score import Accuracy
from runcast.demo.show import bar, printable

BAR_WIDTH = 24


class FailedRow(msgspec.Struct, frozen=True):
    """A row that could not be enriched, and why."""

    row: int
    company: str
    reason: str


class Summary(msgspec.Struct, frozen=True):
    """All the numbers of one demo."""

    run_id: str
    outcome: str
    """`completed`, `partial` or `failed`."""
    rows: int
    ok: int
    failed: tuple[FailedRow, ...]
    fill_rates: dict[str, float]
    """By column, 0 to 1, of all rows."""
    accuracy: Accuracy
    finished_here: int
    """Companies that finished while this process ran: fewer than `rows` after a restart."""
    elapsed_s: float
    pace_s: float
    result: str
    """Path of the CSV file."""
    database: str

    @property
    def runs_per_second(self) -> float:
        return self.finished_here / self.elapsed_s if self.elapsed_s else 0.0


def to_json(summary: Summary) -> str:
    """One JSON object on one line."""
    document = msgspec.to_builtins(summary)
    document["accuracy"]["share"] = summary.accuracy.share
    document["runs_per_second"] = round(summary.runs_per_second, 1)
    return msgspec.json.encode(document).decode()


def render(summary: Summary, console: Console) -> RenderableType:
    """The closing table, and what to try next."""
    dot = " · " if console.encoding.startswith("utf") else " - "
    parts: list[RenderableType] = ["", _headline(summary, dot), _speed(summary, dot), "", _fill_rates(summary)]
    if summary.accuracy.answered:
        parts += ["", _accuracy(summary.accuracy, dot)]
    if summary.failed:
        parts += ["", _failures(summary)]
    return Group(*parts, "", _places(summary), "", _next_steps(summary))


def _headline(summary: Summary, dot: str) -> Text:
    style = {"completed": "bold green", "partial": "bold yellow"}.get(summary.outcome, "bold red")
    text = Text(f"Outcome: {summary.outcome}", style)
    return text.append(
        f"{dot}{summary.ok} enriched, {len(summary.failed)} failed, of {summary.rows}", "not bold default"
    )


def _speed(summary: Summary, dot: str) -> Text:
    text = f"{summary.finished_here} runs in {summary.elapsed_s:.1f}s{dot}{summary.runs_per_second:,.0f} runs/s"
    if summary.pace_s:
        text += f", because each look-up takes about {summary.pace_s:g}s here as it would over a network (--fast: none)"
    return Text(text)


def _fill_rates(summary: Summary) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("Fill rates", style="bold"))
    for column, share in summary.fill_rates.items():
        filled = bar(1.0, share, width=BAR_WIDTH, style="green")
        table.add_row(f"  {column.replace('_', ' ')}", filled, Text(f"{share:.0%}", justify="right"))
    return table


def _accuracy(accuracy: Accuracy, dot: str) -> RenderableType:
    share = accuracy.share
    assert share is not None
    found = (
        f"{share:.1%} of {accuracy.answered} answers are right "
        f"({accuracy.right} right, {accuracy.wrong} wrong, {accuracy.unconfirmed} whose ticker is no longer listed)"
    )
    title = Text("Accuracy against the held-back tickers", style="bold")
    lines: list[RenderableType] = [title, Padding(Text(found), (0, 2))]
    if unanswered := accuracy.silent + accuracy.missed:
        text = (
            f"no answer for {unanswered}: {accuracy.silent} are not listed with the SEC, {accuracy.missed} could not "
        )
        text += f"be told for certain{dot}below the threshold is no match, not a guess"
        lines.append(Padding(Text(text), (0, 2)))
    return Group(*lines)


def _failures(summary: Summary) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("Failed rows", style="bold"))
    for row in summary.failed:
        table.add_row(Text(f"  row {row.row}  {printable(row.company)}", style="red"), Text(printable(row.reason)))
    return table


def _places(summary: Summary) -> RenderableType:
    places = {"Result": summary.result, "Database": summary.database}
    return Group(*(_uncut(Text(f"{name:<10}", "bold").append(path, "not bold")) for name, path in places.items()))


def _next_steps(summary: Summary) -> RenderableType:
    lines: list[RenderableType] = [Text("What to try next", style="bold")]
    for command, what in next_steps(summary):
        lines += [_uncut(Text(f"  {command}", style="cyan")), Padding(Text(what), (0, 6))]
    return Group(*lines)


def _uncut(line: Text) -> Text:
    """What people copy: one line, which a narrow terminal folds by itself when it is printed with `crop=False`."""
    line.no_wrap, line.overflow = True, "ignore"
    return line


def next_steps(summary: Summary) -> list[tuple[str, str]]:
    """Commands that go on from here, and what each shows."""
    path = shlex.quote(_short(summary.database))
    database = f"--database {path}"
    runcast = runcast_command()
    return [
        ("make demo", "kill it in the middle (kill -9), start it again: it goes on where it was"),
        ('make demo ARGS="--fast"', "the same work without the pace of a network"),
        (f"{runcast} watch {summary.run_id} {database}", "the run with everything below it"),
        (f"{runcast} runs list --all --status failed {database}", "the runs of the broken rows"),
        (f"{runcast} doctor {path}", "check what must hold in every database"),
    ]


def runcast_command() -> str:
    """How this shell finds the `runcast` of this Python: by its path, where its environment is not active."""
    beside = Path(sys.executable).with_name("runcast")
    if not beside.exists() or shutil.which("runcast") == str(beside):
        return "runcast"
    return shlex.quote(_short(str(beside)))


def _short(path: str) -> str:
    """The path from here, where that is shorter."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
