"""Three ways to show a followed run: a live picture on a terminal, lines in a pipe, JSON lines for a program."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from rich.live import Live
from rich.text import Text

from runcast.cli.follow import News
from runcast.cli.followed import Followed, LogLine
from runcast.cli.look import badge, clock, duration, elapsed_ms, failure_line, now_ms, one_line, printable, short_id
from runcast.cli.outline import about
from runcast.cli.output import is_plain, print_json, run_record
from runcast.cli.tree import Page, draw, log_text
from runcast.domain.effect import Part
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, EntryKind, EntryStatus
from runcast.domain.run import Run, RunStatus

if TYPE_CHECKING:
    from rich.console import Console

FRAMES_PER_S = 10
BUSY_SHARE = 0.1
"""Of a processor, at most, for drawing: the picture of a tree of thousands comes less often."""
STATUS_CELLS = 13


class JsonView:
    """JSON lines `{"event": "run" | "entry" | "log" | "part", …}`."""

    def show(self, followed: Followed, news: News) -> None:
        for run in news.runs:
            print_json({"event": "run", **run_record(run)})
        for run_id, entry in news.entries:
            print_json({"event": "entry", "run_id": run_id, **_fields(entry)})
        for run_id, log in news.logs:
            print_json({"event": "log", "run_id": run_id, **_fields(log)})
        for run_id, part in news.parts:
            print_json({"event": "part", "run_id": run_id, **_fields(part)})


class LinesView:
    """One line per fact, for pipes and files: nothing is ever redrawn."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[RunId, tuple[RunStatus, int]] = {}
        self._unfinished: dict[tuple[RunId, str], str] = {}

    def show(self, followed: Followed, news: News) -> None:
        ends = sorted((run for run in news.runs if run.is_final), key=lambda run: run.finished_at or 0)
        for run in news.runs:
            if not run.is_final:
                self._run(run)
        for run_id, entry in sorted(news.entries, key=lambda found: found[1].finished_at or 0):
            if entry.kind is EntryKind.STEP and entry.status is not EntryStatus.PENDING:
                self._step(entry, None if run_id == followed.run_id else followed.runs.get(run_id))
        for run_id, log in news.logs:
            self._console.print(log_text(LogLine(run_id, log), followed), soft_wrap=True)
        for run_id, part in news.parts:
            self._part(run_id, part)
        for run in ends:
            self._end_streams(run.id)
            self._run(run)

    def _run(self, run: Run) -> None:
        state = (run.shown, run.attempt)
        if self._seen.get(run.id) == state:
            return
        self._seen[run.id] = state
        self._console.print(run_line(run, now_ms(), plain=is_plain(self._console)), soft_wrap=True)

    def _step(self, entry: Entry, child: Run | None) -> None:
        status = RunStatus.COMPLETED if entry.status is EntryStatus.DONE else RunStatus.FAILED
        text = Text.assemble((f"{clock(entry.finished_at or now_ms())} ", "bright_black"))
        text.append_text(badge(status, plain=is_plain(self._console))).append(f"  step {printable(entry.name)}")
        if child is not None:
            text.append(f"  {one_line(child.task)} {about(child) or short_id(child.id)}", "bright_black")
        self._console.print(text, soft_wrap=True)

    def _part(self, run_id: RunId, part: Part) -> None:
        """Stream text by whole lines, so that lines of several streams do not mix."""
        key = (run_id, part.stream)
        text = self._unfinished.pop(key, "")
        if part.kind == "data" and not part.superseded:
            value = msgspec.json.decode(part.value)
            text += value if isinstance(value, str) else part.value + "\n"
        *lines, rest = text.split("\n")
        self._stream_lines(part.stream, lines)
        if rest:
            self._unfinished[key] = rest
        if part.kind != "data":
            self._end_streams(run_id)

    def _end_streams(self, run_id: RunId) -> None:
        """What has no line break yet is a line when its stream or run ends."""
        for key in [key for key in self._unfinished if key[0] == run_id]:
            self._stream_lines(key[1], [self._unfinished.pop(key)])

    def _stream_lines(self, stream: str, lines: Iterable[str]) -> None:
        for line in lines:
            text = Text.assemble((f"{printable(stream)}│ ", "bright_black"), printable(line))
            self._console.print(text, soft_wrap=True)


class LiveView:
    """A picture that is redrawn ten times a second while the run lives, and stays when it ends.

    Use as an async context manager; it owns the task that redraws.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop")
        self._followed: Followed | None = None
        self._group = asyncio.TaskGroup()
        self._ended = asyncio.Event()

    async def __aenter__(self) -> LiveView:
        self._live.start()
        await self._group.__aenter__()
        self._group.create_task(self._redraw())
        return self

    async def __aexit__(self, *failure: Any) -> None:
        self._ended.set()
        try:
            await self._group.__aexit__(*failure)
        finally:
            self._live.stop()
            if self._followed is not None:
                page = Page(self._console.width, rows=None, plain=is_plain(self._console))
                self._console.print(draw(self._followed, page, now=now_ms()))

    def show(self, followed: Followed, news: News) -> None:
        self._followed = followed

    async def _redraw(self) -> None:
        frame = 0
        while not self._ended.is_set():
            began = time.monotonic()
            if self._followed is not None:
                size = self._console.size
                page = Page(size.width, size.height - 1, frame=frame // 2, plain=is_plain(self._console))
                self._live.update(draw(self._followed, page, now=now_ms()), refresh=True)
            frame += 1
            pause_s = max(1 / FRAMES_PER_S, (time.monotonic() - began) / BUSY_SHARE)
            try:
                async with asyncio.timeout(pause_s):
                    await self._ended.wait()
            except TimeoutError:
                continue


def run_line(run: Run, now: int, *, plain: bool) -> Text:
    """`12:04:11 ✓ Completed    enrich acme.com  8f2kqa3m  1.2s`, and the reason where there is one."""
    text = Text.assemble((f"{clock(run.finished_at or now)} ", "bright_black"))
    status = badge(run.shown, outcome=run.outcome, plain=plain)
    text.append_text(status).append(" " * max(2, STATUS_CELLS - status.cell_len)).append(one_line(run.task))
    payload = about(run)
    text.append(f" {payload}" if payload else "", style="bright_black").append(f"  {short_id(run.id)}", "bright_black")
    elapsed = elapsed_ms(run, now)
    if elapsed is not None and run.is_final:
        text.append(f"  {duration(elapsed)}", style="bright_black")
    if run.attempt > 0 and run.status is RunStatus.DELAYED:
        text.append(
            f"  attempt {run.attempt + 1} of {run.max_attempts} in {duration(run.available_at - now)}", "yellow"
        )
    elif run.attempt > 1:
        text.append(f"  attempt {run.attempt} of {run.max_attempts}", style="bright_black")
    reason = failure_line(run)
    return text.append(f"  {reason}", style="red") if reason else text


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.structs.asdict(value)
    if "value" in fields and fields["value"] is not None:
        fields["value"] = msgspec.Raw(fields["value"].encode())
    return fields
