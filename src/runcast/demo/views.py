"""Who shows a running demo: a terminal that moves, lines for a log, or nobody."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from runcast.demo.board import Board, CompanyRun
from runcast.demo.show import Screen

REFRESH_S = 1 / 15


class View(Protocol):
    """Shows a board as it changes; entered before the first change, left after the last."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def begin(self, board: Board, title: str) -> None:
        """The state at the beginning: nothing yet, or what an earlier process left."""
        ...

    def show(self, board: Board, finished: Sequence[CompanyRun]) -> None:
        """Something changed; `finished` have just finished."""
        ...


class NoView:
    """For programs, which read the JSON at the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def begin(self, board: Board, title: str) -> None: ...

    def show(self, board: Board, finished: Sequence[CompanyRun]) -> None: ...


class LinesView(NoView):
    """One line for each finished company, where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._screen = Screen(console)

    def begin(self, board: Board, title: str) -> None:
        self._print(Text(title))

    def show(self, board: Board, finished: Sequence[CompanyRun]) -> None:
        for company in finished:
            self._print(self._screen.line(board, company))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


class LiveView:
    """A picture that is drawn anew on every change, at most fifteen times a second."""

    def __init__(self, console: Console) -> None:
        self._screen = Screen(console)
        # Drawn by us and not by a thread of its own, so that nobody changes the board meanwhile.
        self._live = Live(console=console, auto_refresh=False)
        self._title = ""
        self._before = 0
        self._began_at = self._drawn_at = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def begin(self, board: Board, title: str) -> None:
        self._title, self._before = title, board.finished
        self._began_at = time.monotonic()
        self._draw(board)

    def show(self, board: Board, finished: Sequence[CompanyRun]) -> None:
        if time.monotonic() - self._drawn_at >= REFRESH_S or board.finished == board.total:
            self._draw(board)

    def _draw(self, board: Board) -> None:
        self._drawn_at = time.monotonic()
        elapsed_s = self._drawn_at - self._began_at
        picture = self._screen.live(board, title=self._title, elapsed_s=elapsed_s, before=self._before)
        self._live.update(picture, refresh=True)


def view_for(console: Console, *, as_json: bool) -> View:
    """The view that fits where the output goes."""
    if as_json:
        return NoView()
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveView(console)
    return LinesView(console)
