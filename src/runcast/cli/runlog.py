"""The live log of `runcast dev`: one line per run when it ends, and one for a run that takes its time.

It looks at the newest runs a few times a second instead of following every change: thousands of runs a second must
cost neither the engine nor the reader more than a handful of lines.
"""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.text import Text

from runcast.cli.look import now_ms, user_frames
from runcast.cli.output import is_plain, print_json, run_record
from runcast.cli.views import run_line
from runcast.domain.ids import RunId
from runcast.domain.run import Run, RunStatus
from runcast.gateway import ClientGateway, RunFilter

if TYPE_CHECKING:
    from rich.console import Console

LOOK_EVERY_S = 0.25
NEWEST = 100
LIVE_KEPT = 200
"""Unfinished runs that are asked for by name once they are no longer among the newest."""
LINES_PER_LOOK = 12
SLOW_MS = 1_000
"""A run that executes this long gets a line before its end."""
STACK_LINES = 9
STACK_INDENT = " " * 11


class RunLog:
    """Which lines to print, from what is seen of the runs: a fold without input or output."""

    def __init__(self, *, since: int) -> None:
        self._since = since
        self._told: dict[RunId, str] = {}
        self._live: dict[RunId, Run] = {}

    @property
    def live(self) -> list[RunId]:
        return list(self._live)

    def see(self, runs: Sequence[Run], now: int) -> tuple[list[Run], int]:
        """Runs to print a line for, oldest first, and how many more there would be."""
        news = [run for run in sorted(runs, key=_when) if self._is_news(run, now)]
        self._told = dict(list(self._told.items())[-10 * NEWEST :])
        failed_first = sorted(news, key=lambda run: run.status in (RunStatus.COMPLETED, RunStatus.EXECUTING))
        shown = {run.id for run in failed_first[:LINES_PER_LOOK]}
        return [run for run in news if run.id in shown], len(news) - len(shown)

    def _is_news(self, run: Run, now: int) -> bool:
        if run.is_final:
            self._live.pop(run.id, None)
            ended = run.finished_at or 0
            return ended >= self._since and self._tell(run, "end")
        if run.id in self._live or len(self._live) < LIVE_KEPT:
            self._live[run.id] = run
        if run.parked_reason:
            return self._tell(run, "parked")
        if run.attempt > 0 and run.status is RunStatus.DELAYED:
            return self._tell(run, f"retry {run.attempt}")
        is_slow = run.started_at is not None and now - run.started_at > SLOW_MS
        return is_slow and run.parent_id is None and self._tell(run, f"running {run.attempt}")

    def _tell(self, run: Run, what: str) -> bool:
        """Whether `what` was not said of this run before."""
        if self._told.get(run.id) in (what, "end"):
            return False
        self._told[run.id] = what
        return True


Show = Callable[[Sequence[Run], int], None]
"""Prints runs, and how many more there would be."""


async def follow_runs(gateway: ClientGateway, show: Show, *, since: int) -> None:
    """Show what happens to runs until cancelled."""
    log = RunLog(since=since)
    while True:
        page = await gateway.list_runs(RunFilter(), limit=NEWEST)
        seen = {run.id: run for run in page.runs}
        for run_id in log.live:
            if run_id not in seen and (run := await gateway.find_run(run_id)) is not None:
                seen[run_id] = run
        runs, more = log.see(list(seen.values()), now_ms())
        if runs:
            show(runs, more)
        await asyncio.sleep(LOOK_EVERY_S)


def print_runs(out: Console, runs: Sequence[Run], more: int) -> None:
    """A line per run, where it failed in the user's code (once for runs that failed alike), and how many did not fit."""
    told: set[str] = set()
    for run in runs:
        out.print(run_line(run, now_ms(), plain=is_plain(out)), soft_wrap=True)
        frames = (
            "\n".join(user_frames(run.error)[-STACK_LINES:]) if run.error and run.status is RunStatus.FAILED else ""
        )
        if frames and frames not in told:
            told.add(frames)
            out.print(Text(textwrap.indent(frames, STACK_INDENT), style="bright_black"), soft_wrap=True)
    if more:
        out.print(f"{STACK_INDENT}… {more}+ more: runcast runs list", style="bright_black")


def json_runs(stream: TextIO, runs: Sequence[Run], more: int) -> None:
    """A JSON line per run, and one for how many did not fit."""
    for run in runs:
        print_json({"event": "run", **run_record(run)}, stream)
    if more:
        print_json({"event": "more", "runs": more}, stream)


def _when(run: Run) -> int:
    return run.finished_at or run.started_at or run.created_at
