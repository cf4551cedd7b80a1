"""How things look in a terminal: status glyphs and colours, durations, ages, short ids, bars."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from runcast.domain.errors import ErrorInfo
from runcast.domain.run import LABELS, Run, RunStatus
from runcast.domain.sealed import is_sealed

if TYPE_CHECKING:
    from rich.text import Text


class Look(NamedTuple):
    """A status's shape and colour. The shape tells it without colour, the word beside it without either."""

    glyph: str
    ascii: str
    style: str


_QUIET, _BUSY, _WAITING, _GOOD, _BAD = "bright_black", "blue", "yellow", "green", "red"

LOOKS = {
    RunStatus.PENDING_VERSION: Look("◌", ".", _QUIET),
    RunStatus.DELAYED: Look("◷", ".", _QUIET),
    RunStatus.QUEUED: Look("○", "o", _QUIET),
    RunStatus.DEQUEUED: Look("◐", ">", _BUSY),
    RunStatus.EXECUTING: Look("◐", ">", _BUSY),
    RunStatus.WAITING: Look("‖", "=", _WAITING),
    RunStatus.COMPLETED: Look("✓", "+", _GOOD),
    RunStatus.CANCELED: Look("⊘", "/", _QUIET),
    RunStatus.FAILED: Look("✕", "x", _BAD),
    RunStatus.CRASHED: Look("✸", "!", _BAD),
    RunStatus.SYSTEM_FAILURE: Look("⚠", "!", _BAD),
    RunStatus.EXPIRED: Look("⌫", "/", _QUIET),
    RunStatus.TIMED_OUT: Look("◔", "x", _BAD),
}
SPINNER = "◐◓◑◒"
SHORT_ID_CHARS = 8
FULL_STACK = "\nIn full:"
"""What parts the user's own frames from the whole traceback in a recorded error."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def glyph(status: RunStatus, *, frame: int = 0, plain: bool = False) -> str:
    """The shape of a status; a running one turns with `frame`. `plain` for terminals without Unicode."""
    look = LOOKS[status]
    if plain:
        return look.ascii
    return SPINNER[frame % len(SPINNER)] if look.glyph == "◐" else look.glyph


def badge(status: RunStatus, *, outcome: str | None = None, frame: int = 0, plain: bool = False) -> Text:
    """Glyph and word, coloured: `✓ Completed`; a partial outcome is said and turns amber."""
    from rich.text import Text

    if outcome == "partial":
        return Text().append(f"{glyph(status, plain=plain)} {LABELS[status]}, partial", style=_WAITING)
    return Text().append(f"{glyph(status, frame=frame, plain=plain)} {LABELS[status]}", style=LOOKS[status].style)


def bar(percent: float, width: int, *, style: str = _BUSY, plain: bool = False) -> Text:
    """A progress bar of exactly `width` cells, in half-cell steps."""
    from rich.text import Text

    halves = round(max(0.0, min(100.0, percent)) / 100 * width * 2)
    full, half = divmod(halves, 2)
    if plain:
        return Text().append("#" * full, style=style).append("-" * (width - full), style="bright_black")
    done = "━" * full + "╸" * half
    return Text().append(done, style=style).append("─" * (width - len(done)), style="bright_black")


def duration(ms: int) -> str:
    """A duration that a person reads at a glance.

    >>> [duration(ms) for ms in (7, 601, 2_640, 64_000, 7_500_000, 266_400_000)]
    ['7ms', '601ms', '2.6s', '1m 04s', '2h 05m', '3d 02h']
    """
    if ms < 1000:
        return f"{max(ms, 0)}ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f}s"
    seconds = round(ms / 1000)
    for unit, next_unit, size, next_size in (("d", "h", 86_400, 3_600), ("h", "m", 3_600, 60)):
        if seconds >= size:
            return f"{seconds // size}{unit} {seconds % size // next_size:02}{next_unit}"
    return f"{seconds // 60}m {seconds % 60:02}s"


def ago(at: int, now: int) -> str:
    """An age in its largest unit: `now`, `12s ago`, `3m ago`, `5h ago`, `2d ago`."""
    seconds = (now - at) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return "now"


def clock(at: int) -> str:
    """Local time of day."""
    return time.strftime("%H:%M:%S", time.localtime(at / 1000))


def moment(at: int) -> str:
    """Local date and time with the zone's name."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at / 1000))


def short_id(identifier: str) -> str:
    """The ending of an id: random, so it tells runs apart, and every command accepts it."""
    return identifier[-SHORT_ID_CHARS:]


def printable(text: str, *, limit: int | None = None) -> str:
    """`text` without characters that would steer the terminal, cut at `limit` characters."""
    if is_sealed(text):
        return "<encrypted>"
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str, *, limit: int = 400) -> str:
    """`text` on one line, without characters that would steer the terminal."""
    return printable(" ".join(text[: 4 * limit].split()), limit=limit)


def elapsed_ms(run: Run, now: int) -> int | None:
    """From the first start to the end, or to now; None before the first start."""
    return None if run.started_at is None else max(0, (run.finished_at or now) - run.started_at)


def failure_line(run: Run) -> str:
    """Why a run failed or is parked, in one line; empty when the status says it all."""
    if run.parked_reason and not run.is_final:
        return one_line(run.parked_reason)
    if run.error is None or run.status is RunStatus.CANCELED:
        return ""
    if run.error.user_message:
        return one_line(run.error.user_message)
    return one_line(f"{run.error.name}: {run.error.message}")


def user_frames(error: ErrorInfo) -> list[str]:
    """The lines of the recorded traceback that are the user's own code, without carets and the message at its end."""
    frames = printable(error.stack).split(FULL_STACK)[0].rstrip().split("\n")
    return [line.removeprefix("  ") for line in frames if line.startswith("  ") and line.strip(" ^~")]
