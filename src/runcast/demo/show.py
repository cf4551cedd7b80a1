"""How the demo looks: live bars on a terminal, plain lines anywhere else."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from runcast.demo.board import STATES, Board, CompanyRun

STYLES = {"done": "green", "failed": "red", "running": "blue", "waiting": "yellow", "queued": "bright_black"}
GLYPHS = {"done": "✓", "failed": "✕", "running": "◐", "waiting": "‖", "queued": "○"}
ASCII_GLYPHS = {"done": "+", "failed": "x", "running": ">", "waiting": "=", "queued": "."}
RUNNING_SHOWN = 10
NAME_WIDTH = 30
STEP_WIDTH = 24
SHORT_BAR = 10
LONG_BAR = 40


class Screen:
    """Renders a board for one console: Unicode where it can, colours where they are wanted."""

    def __init__(self, console: Console) -> None:
        self._unicode = console.encoding.startswith("utf")
        self._glyphs = GLYPHS if self._unicode else ASCII_GLYPHS
        self._dot = " · " if self._unicode else " - "

    def live(self, board: Board, *, title: str, elapsed_s: float, before: int) -> RenderableType:
        """Everything that moves. `before` companies were finished before this process began."""
        parts: list[RenderableType] = [
            Text(f"{title}{self._dot}{elapsed_s:.1f}s", style="bold"),
            self._overall(board, elapsed_s, before),
            self._counts(board),
            "",
            self._running(board),
            "",
            self._latest(board.latest),
        ]
        return Group(*parts)

    def line(self, board: Board, company: CompanyRun) -> Text:
        """One finished company, for a log."""
        width = len(str(board.total))
        progress = f"[{board.finished:{width}}/{board.total}] "
        return (
            Text(progress)
            .append(self._glyphs[company.state], STYLES[company.state])
            .append(f" {printable(company.company)}: {self._outcome(company)}")
        )

    def _overall(self, board: Board, elapsed_s: float, before: int) -> RenderableType:
        rate = (board.finished - before) / elapsed_s if elapsed_s else 0.0
        left = f"about {(board.total - board.finished) / rate:.0f}s left" if rate else "starting"
        words = f"{board.finished}/{board.total}{self._dot}{rate:.1f} runs/s{self._dot}{left}"
        grid = Table.grid(padding=(0, 1))
        grid.add_row(bar(board.total, board.finished, width=LONG_BAR, style="green"), Text(words))
        return grid

    def _counts(self, board: Board) -> Text:
        text = Text()
        for state in STATES:
            if count := board.count(state):
                text.append(f"{self._glyphs[state]} {count} {state}   ", STYLES[state])
        return text

    def _running(self, board: Board) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=NAME_WIDTH, no_wrap=True)
        grid.add_column(width=SHORT_BAR)
        grid.add_column(width=STEP_WIDTH, no_wrap=True)
        rows = board.running[:RUNNING_SHOWN]
        for company in rows:
            name = Text(f"{self._glyphs['running']} {printable(company.company)}", style="blue")
            percent = bar(100, company.percent, width=SHORT_BAR, style="blue")
            grid.add_row(name, percent, Text(printable(company.step), style="bright_black"))
        # A steady height keeps the lines below from jumping.
        for _ in range(RUNNING_SHOWN - len(rows)):
            grid.add_row("", "", "")
        return grid

    def _latest(self, latest: Iterable[CompanyRun]) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=NAME_WIDTH, no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for company in latest:
            style = STYLES[company.state]
            name = Text(f"{self._glyphs[company.state]} {printable(company.company)}", style=style)
            grid.add_row(name, Text(self._outcome(company), style="red" if company.state == "failed" else ""))
        return grid

    def _outcome(self, company: CompanyRun) -> str:
        if company.state == "failed":
            return printable(company.reason)
        found = company.found
        registrant = f"{found['ticker'] or 'no ticker'} {found['exchange'] or ''}".strip()
        parts = (
            found["domain"],
            registrant if found["cik"] else "not a registrant",
            " ".join(filter(None, (found["first_name"], found["last_name"]))),
            found["time_zone"],
        )
        return printable(self._dot.join(part for part in parts if part))


def bar(total: float, completed: float, *, width: int, style: str) -> ProgressBar:
    """A bar in the colour of what it counts: Rich's own is nearly the red of a failure."""
    return ProgressBar(
        total, completed, width=width, style="bright_black", complete_style=style, finished_style="green"
    )


def printable(text: str) -> str:
    """The text on one line, without characters that would steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
