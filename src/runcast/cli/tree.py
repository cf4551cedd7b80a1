"""Draws a followed run: header, tree, streams, logs. Pure: state in, lines of text out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from rich.cells import cell_len, chop_cells
from rich.text import Text

from runcast.cli.followed import Followed, LogLine, Progress, StreamText, progress_of
from runcast.cli.look import LOOKS, badge, bar, clock, duration, elapsed_ms, failure_line, one_line, short_id
from runcast.cli.outline import Node, about, outline
from runcast.domain.run import LABELS, Run, RunStatus

LOG_ROWS_MAX = 6
STREAM_ROWS_MAX = 6
STREAMS_MAX = 3
QUEUED_LONG_MS = 2_000
STREAM_END_ROWS = 40
LOG_END_ROWS = 12
BAR_CELLS = 16
NARROW = 64
"""Below this many columns bars shrink and status words give way to glyphs alone in deep lines."""
LEVEL_STYLES = {"DEBUG": "bright_black", "INFO": "blue", "WARN": "yellow", "ERROR": "red", "FATAL": "red"}
LEVEL_NAMES = {"WARNING": "WARN", "CRITICAL": "FATAL"}
"""Longer names for the same, which would not keep the column."""


class Page(NamedTuple):
    """Where the drawing goes."""

    width: int
    rows: int | None
    """None: as tall as it needs."""
    frame: int = 0
    """Which turn of the spinner."""
    plain: bool = False
    """ASCII only."""


def draw(followed: Followed, page: Page, *, now: int) -> Text:
    """The whole picture, at most `page.rows` lines tall."""
    run = followed.run
    if run is None:
        return Text("waiting for the run to appear …", style="bright_black")
    head = list(_header(run, page, now))
    logs = list(_logs(followed, page))
    streams = list(_streams(followed, page))
    room = None if page.rows is None else max(1, page.rows - len(head) - len(logs) - len(streams) - 1)
    tree = list(_tree(outline(followed, now=now, rows=room and room + 1), page))
    if room is not None and len(tree) > room:
        tree = [*tree[: room - 1], Text(f"… {len(tree) - room + 1} more lines", style="bright_black")]
    lines = head + ([Text()] if tree else []) + tree + streams + logs
    return Text("\n").join(lines[: page.rows])


def draw_tree(followed: Followed, page: Page, *, now: int) -> Text:
    """Only what is below the followed run: its steps, waits and children."""
    return Text("\n").join(_tree(outline(followed, now=now, rows=page.rows), page))


# --- header -----------------------------------------------------------------------------------------------------


def _header(run: Run, page: Page, now: int) -> Iterator[Text]:
    left = badge(run.shown, outcome=run.outcome, frame=page.frame, plain=page.plain)
    left.append("  ").append(one_line(run.task), style="bold")
    elapsed = elapsed_ms(run, now)
    right = Text(run.id if page.width >= NARROW else short_id(run.id), style="bright_black")
    if elapsed is not None:
        right.append(f"  {duration(elapsed)}", style="default")
    yield _line(left, right, page.width)
    progress = progress_of(run)
    if progress.percent is not None:
        yield _progress_line(progress, run.shown, page)
    if failure := failure_line(run):
        yield _cut(Text(failure, style=LOOKS[run.shown].style), page.width)
    if hint := _hint(run, now):
        yield _cut(Text(hint, style="bright_black"), page.width)
    if progress.facts:
        facts = Text()
        for key, value in progress.facts[:6]:
            facts.append(f"{key} ", style="bright_black").append(f"{value}   ")
        yield _cut(facts, page.width)


def _hint(run: Run, now: int) -> str:
    """What to do about a run that does not go on, or which attempt it is at."""
    if run.parked_reason and not run.is_final:
        return f"runcast runs resume {short_id(run.id)}   when that is repaired"
    if run.status is RunStatus.QUEUED and run.attempt == 0 and now - run.available_at > QUEUED_LONG_MS:
        return f"runcast why {short_id(run.id)}   says what it waits for"
    return f"attempt {run.attempt} of {run.max_attempts}" if run.attempt > 1 else ""


def _progress_line(progress: Progress, status: RunStatus, page: Page) -> Text:
    assert progress.percent is not None
    after = Text(f" {progress.percent:>3.0f}%")
    if progress.step:
        after.append(f"  {progress.step}")
    if progress.remaining:
        after.append(f"  {progress.remaining} left", style="bright_black")
    width = max(8, min(page.width - cell_len(after.plain), 3 * BAR_CELLS))
    return _cut(bar(progress.percent, width, style=LOOKS[status].style, plain=page.plain) + after, page.width)


# --- tree -------------------------------------------------------------------------------------------------------


class _Flat(NamedTuple):
    guide: str
    node: Node


def _tree(root: Node, page: Page) -> Iterator[Text]:
    flat = list(_flatten(root.children, "", page))
    words = max((cell_len(_word(node)) for _, node in flat), default=0)
    names = max((_name_cells(item) for item in flat), default=0)
    for item in flat:
        yield _node_line(item, page, words, min(names, page.width // 2))


def _flatten(nodes: tuple[Node, ...], guide: str, page: Page) -> Iterator[_Flat]:
    fork, last, pipe = ("|- ", "`- ", "|  ") if page.plain else ("├ ", "└ ", "│ ")
    for node in nodes:
        is_last = node is nodes[-1]
        yield _Flat(guide + (last if is_last else fork), node)
        yield from _flatten(node.children, guide + (" " * len(pipe) if is_last else pipe), page)


def _word(node: Node) -> str:
    if node.status is None:
        return ""
    return LABELS[node.status] + (", partial" if node.outcome == "partial" else "")


def _name_cells(item: _Flat) -> int:
    return cell_len(item.guide) + cell_len(item.node.name) + (cell_len(item.node.about) + 1 if item.node.about else 0)


def _node_line(item: _Flat, page: Page, words: int, names: int) -> Text:
    """`├ name   ✓ Completed  ━━━━── 60% note            1.2s`, with the columns of all lines aligned."""
    guide, node = item
    line = Text.assemble((guide, "bright_black"))
    if node.status is None:
        return _cut(line.append(node.name, style="bright_black"), page.width)
    look = LOOKS[node.status]
    line.append(node.name, style="default").append(f" {node.about}" if node.about else "", style="bright_black")
    line.truncate(names, overflow="ellipsis")
    line.append(" " * (names - cell_len(line.plain) + 2))
    status = badge(node.status, outcome=node.outcome, frame=page.frame, plain=page.plain)
    line.append_text(status)
    line.append(" " * (words + 2 - cell_len(status.plain) + 2))
    if node.percent is not None:
        cells = BAR_CELLS if page.width >= NARROW + BAR_CELLS else BAR_CELLS // 2
        line.append_text(bar(node.percent, cells, style=look.style, plain=page.plain)).append(
            f" {node.percent:>3.0f}%  "
        )
    is_bad = look.style == "red"
    line.append(node.note, style="red" if is_bad else "bright_black")
    right = Text("" if node.ms is None else duration(node.ms), style="bright_black")
    if node.id and page.width >= NARROW + BAR_CELLS:
        right = Text(f"{node.id}  ", style="bright_black") + Text(right.plain.rjust(7))
    return _line(line, right, page.width)


# --- streams and logs -------------------------------------------------------------------------------------------


def _streams(followed: Followed, page: Page) -> Iterator[Text]:
    """Of a live picture the streams that are open, newest last; of a final one those of the run itself, whole."""
    shown = [
        (run_id, stream)
        for run_id, streams in followed.streams.items()
        for stream in streams.values()
        if stream.text and (run_id == followed.run_id if page.rows is None else not stream.closed)
    ][-STREAMS_MAX:]
    rows = STREAM_END_ROWS if page.rows is None else max(1, min(STREAM_ROWS_MAX, page.rows // (4 * len(shown) or 4)))
    for run_id, stream in shown:
        run = followed.runs.get(run_id)
        yield Text()
        title = Text.assemble(("stream ", "bright_black")).append(one_line(stream.name, limit=60))
        if run is not None and run_id != followed.run_id:
            title.append(f"  {run.task} {about(run)}".rstrip(), style="bright_black")
        yield _cut(title, page.width)
        yield from _stream_text(stream, page, rows)


def _stream_text(stream: StreamText, page: Page, rows: int) -> Iterator[Text]:
    """The last `rows` lines of a stream."""
    width = max(10, page.width - 3)  # two cells before the text, one for the caret
    text = stream.text[-2 * rows * width :]
    shown = [line for paragraph in text.split("\n") for line in _wrap(paragraph, width)][-rows:]
    for number, line in enumerate(shown, start=1):
        drawn = Text("  " + line)
        if number == len(shown) and page.rows is not None:
            drawn.append("▌" if not page.plain else "_", style="blue")
        yield drawn


def _wrap(paragraph: str, width: int) -> list[str]:
    """By words; text with characters of two cells by cells."""
    if cell_len(paragraph) != len(paragraph):
        return chop_cells(paragraph, width)
    return textwrap.wrap(paragraph, width) or [""]


def _logs(followed: Followed, page: Page) -> Iterator[Text]:
    rows = LOG_END_ROWS if page.rows is None else max(1, min(LOG_ROWS_MAX, page.rows // 4))
    shown = list(followed.logs)[-rows:]
    if shown:
        yield Text()
    for line in shown:
        yield _cut(log_text(line, followed), page.width)


def log_text(line: LogLine, followed: Followed) -> Text:
    """`12:04:11 INFO  message rows=3`, with the task where it is not the followed run's own."""
    level = LEVEL_NAMES.get(line.log.level.upper(), line.log.level.upper())
    text = Text.assemble((clock(line.log.at), "bright_black"))
    text.append(f" {level:<5} ", style=LEVEL_STYLES.get(level, "default"))
    run = followed.runs.get(line.run_id)
    if run is not None and line.run_id != followed.run_id:
        text.append(f"{run.task} {about(run) or short_id(run.id)}  ", style="bright_black")
    text.append(one_line(line.log.message), style="default")
    return text.append(_data(line.log.data), style="bright_black")


def _data(data: str | None) -> str:
    """The data of a log line as ` key=value …`; texts stand without quotes."""
    found = msgspec.json.decode(data) if data else None
    if not isinstance(found, dict):
        return f" {one_line(data)}" if data and found is not None else ""
    values = (value if isinstance(value, str) else msgspec.json.encode(value).decode() for value in found.values())
    return "".join(f" {one_line(key)}={one_line(value)}" for key, value in zip(found, values, strict=True))


# --- lines ------------------------------------------------------------------------------------------------------


def _line(left: Text, right: Text, width: int) -> Text:
    """`left` cut to leave room for `right`, which ends at the last column."""
    room = width - cell_len(right.plain) - 1
    left = left.copy()
    left.rstrip()
    left.truncate(max(1, room), overflow="ellipsis")
    return left + Text(" " * max(1, width - cell_len(left.plain) - cell_len(right.plain))) + right


def _cut(text: Text, width: int) -> Text:
    text = text.copy()
    text.truncate(width, overflow="ellipsis")
    return text
