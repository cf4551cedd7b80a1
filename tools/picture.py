# ruff: noqa: INP001, T201 - a script, not a package
"""Draws the README's picture from a real demo: `make picture`.

It runs the demo in a database of its own and keeps the board at the moment when a share of the companies is done, exactly
as a terminal shows it then.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

from runcast.demo.board import Board, CompanyRun
from runcast.demo.companies import read_companies, shipped
from runcast.demo.drive import DEFAULT_PACE_S, Plan, run_demo
from runcast.demo.show import RUNNING_SHOWN, Screen
from runcast.demo.views import NoView

PICTURE = Path("docs/pictures/demo.svg")
COLUMNS = 100
SHARE = 0.62
"""Of the companies done when the board is kept: by then one of the broken rows has failed."""
COMMAND = "$ make demo"

THEME = TerminalTheme(
    background=(17, 20, 27),
    foreground=(214, 220, 230),
    normal=[
        (17, 20, 27),
        (240, 113, 120),
        (127, 209, 148),
        (240, 198, 116),
        (122, 170, 245),
        (198, 146, 233),
        (118, 205, 215),
        (214, 220, 230),
    ],
    bright=[
        (112, 121, 137),
        (240, 113, 120),
        (127, 209, 148),
        (240, 198, 116),
        (122, 170, 245),
        (198, 146, 233),
        (118, 205, 215),
        (255, 255, 255),
    ],
)

FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
FONTS = "ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', Consolas, monospace"


class Shot(NoView):
    """Keeps the board's picture the first time that enough companies are done."""

    def __init__(self, console: Console) -> None:
        self._screen = Screen(console)
        self._title = ""
        self._began_at = 0.0
        self.picture: RenderableType | None = None

    def begin(self, board: Board, title: str) -> None:
        self._title, self._began_at = title, time.monotonic()

    def show(self, board: Board, finished: Sequence[CompanyRun]) -> None:
        busy = len(board.running) >= RUNNING_SHOWN
        if self.picture is None and busy and board.finished >= SHARE * board.total:
            elapsed_s = time.monotonic() - self._began_at
            self.picture = self._screen.live(board, title=self._title, elapsed_s=elapsed_s, before=0)


def main() -> None:
    """Run the demo once and write the picture."""
    # Recorded, and shown nowhere but in the picture.
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "shown").open("w", encoding="utf-8") as nowhere:
        console = Console(file=nowhere, record=True, width=COLUMNS, force_terminal=True, color_system="standard")
        shot = Shot(console)
        plan = Plan(read_companies(shipped("companies.csv")), DEFAULT_PACE_S, Path(folder) / "demo.db")
        asyncio.run(run_demo(plan, shot))
        assert shot.picture is not None, "a demo that ended had enough companies done"
        console.print(COMMAND, style="bold")
        console.print()
        console.print(shot.picture)
        svg = console.export_svg(title="runcast", theme=THEME, unique_id="runcast")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(own_fonts(svg), "utf-8")
    print(f"wrote {PICTURE}, {PICTURE.stat().st_size / 1024:.0f} KB")


def own_fonts(svg: str) -> str:
    """The picture with the reader's monospaced font: a page that shows it loads no font from elsewhere."""
    svg = FONT_FACES.sub("", svg).replace("font-family: Fira Code, monospace", f"font-family: {FONTS}")
    svg = svg.replace("font-family: arial", "font-family: system-ui, sans-serif")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
