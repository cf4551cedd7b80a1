"""A report as one page of HTML, which needs nothing else: to read, to print, to send.

Whatever a run said is text here. The page runs no script and loads nothing, and its policy says so, too.
"""

from __future__ import annotations

import html
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256

import msgspec

from runcast import __version__
from runcast.api.report.gather import Exhibit, Report
from runcast.api.report.sheet import short_name, state_of
from runcast.api.report.style import STYLE
from runcast.api.times import moment
from runcast.domain.effect import Log
from runcast.domain.errors import ErrorInfo
from runcast.domain.journal import Entry
from runcast.domain.run import RunStatus
from runcast.domain.trace import Span
from runcast.domain.usage import Usage

VALUE_CHARS_MAX = 20_000
RESULT_CHARS_MAX = 300
ROWS_MAX = 500
_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    # Bars are as wide as their own attributes say.
    f"default-src 'none'; style-src 'sha256-{_HASH}'; style-src-attr 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-modals"
)
_TONES = {
    RunStatus.COMPLETED: ("ok", "●"),
    RunStatus.FAILED: ("bad", "⬣"),
    RunStatus.CRASHED: ("bad", "⬣"),
    RunStatus.SYSTEM_FAILURE: ("bad", "⬣"),
    RunStatus.TIMED_OUT: ("bad", "⬣"),
    RunStatus.EXECUTING: ("run", "◐"),
    RunStatus.DEQUEUED: ("run", "◐"),
    RunStatus.WAITING: ("wait", "⏸"),
}
_STATES = {"Completed": ("ok", "●"), "Failed": ("bad", "⬣"), "Running": ("run", "◐"), "Canceled": ("idle", "⊘")}
_esc: Callable[[str], str] = html.escape


def write_page(report: Report) -> str:
    """The page."""
    run = report.run
    title = _esc(f"{run.task}: {run.label.lower()}")
    parts = [
        _head(report),
        "" if run.error is None or run.status is RunStatus.CANCELED else _error(run.error),
        _timeline(report),
        _value("Output", run.output),
        _value("Payload", run.payload),
        _value("Metadata", None if run.metadata == "{}" else run.metadata),
        _usage(report.usage.total),
        "".join(map(_exhibit, report.exhibits)),
        _logs(report.logs),
    ]
    more = "<p class=dim>There is more than this report has.</p>" if report.is_truncated else ""
    made = f"Made {_moment(report.made_at)} by Runcast {_esc(__version__)}"
    return (
        '<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<meta name=robots content=noindex><title>{title}</title><style>{STYLE}</style>"
        f"<main>{''.join(parts)}{more}<footer>{made}</footer></main></html>"
    )


def _head(report: Report) -> str:
    run = report.run
    tone, shape = _TONES.get(run.shown, ("idle", "○"))
    facts = "".join(f"<div><dt>{name}</dt><dd>{_esc(value)}</dd></div>" for name, value in _facts(report) if value)
    return (
        f"<h1>{_esc(run.task)}</h1><p class='status {tone}'>{shape} {_esc(run.label)}</p>"
        f"<p class='dim mono'>{_esc(run.id)}</p><dl class=facts>{facts}</dl>"
    )


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    run, total = report.run, report.usage.total
    end = run.finished_at or report.made_at
    yield "Created", _moment(run.created_at)
    yield "Took" if run.is_final else "Since its start", "" if run.started_at is None else _took(end - run.started_at)
    yield "Attempt", f"{run.attempt} of {run.max_attempts}" if run.attempt else ""
    yield "Cost", f"${total.cost:.4f}" if total.cost else ""
    yield "Runs below", f"{total.runs - 1:,}" if total.runs > 1 else ""
    yield "Queue", run.queue
    yield "Tags", ", ".join(sorted(run.tags))
    yield "Environment", run.environment
    yield "Idempotency key", run.idempotency_key or ""
    yield "Parent", run.parent_id or ""
    yield "Goes on from", run.resumed_from or ""
    yield "Went on as", run.continued_by or ""


def _error(error: ErrorInfo) -> str:
    own = error.stack.partition("\nIn full:\n")[0]
    stack = f"<pre>{_esc(own.rstrip())}</pre>" if own.strip() else ""
    message = _esc(error.user_message or error.message)
    return f"<section class=error><p><strong>{_esc(error.name)}</strong>: {message}</p>{stack}</section>"


def _timeline(report: Report) -> str:
    # An only attempt says nothing that its run does not.
    attempts = Counter(span.run_id for span in report.spans if span.kind == "attempt")
    told = [span for span in report.spans if span.kind != "attempt" or attempts[span.run_id] > 1]
    spans = told[:ROWS_MAX]
    start = min(span.started_at for span in spans)
    length = max(1, max(span.finished_at or report.made_at for span in spans) - start)
    results = {entry.key: entry for entry in report.entries}
    depths: dict[str, int] = {}
    holders = {span.id: span.parent_id or "" for span in report.spans}
    rows = []
    for span in spans:
        depths[span.id] = depth = _depth_of(span.parent_id or "", depths, holders)
        own = results.get(str(span.properties.get("key"))) if span.run_id == report.run.id else None
        rows.append(_row(span, depth, own, (span.started_at - start) / length, _share(span, report.made_at, length)))
    left = len(told) - len(spans)
    more = f"<p class=dim>and {left:,} more, in the report as CSV</p>" if left > 0 else ""
    head = "<tr><th>Step<th class=lane>When<th class=number>Took<th class=wide>Result</tr>"
    return f"<h2>What happened</h2><table class=steps>{head}{''.join(rows)}</table>{more}"


def _depth_of(parent_id: str, depths: Mapping[str, int], holders: Mapping[str, str]) -> int:
    """One more than that of the nearest holder that is shown."""
    while parent_id and parent_id not in depths:
        parent_id = holders.get(parent_id, "")
    return depths.get(parent_id, -1) + 1


def _share(span: Span, now: int, length: int) -> float:
    return max(0, (span.finished_at or now) - span.started_at) / length


def _row(span: Span, depth: int, entry: Entry | None, start: float, share: float) -> str:
    tone, shape = _STATES[state_of(span)]
    tries = span.properties.get("tries", 1)
    again = f" <span class=dim>×{tries}</span>" if tries != 1 else ""
    said = _result(span, entry)
    return (
        f"<tr><td style='padding-left:{min(depth, 12) * 14}px'><span class={tone}>{shape}</span> {_esc(short_name(span.message))}{again}"
        f" <span class=dim>{_esc(span.kind)}</span><td class='lane {tone}'>"
        f"<div><i style='left:{min(start, 1):.2%};width:{min(share, 1):.2%}'></i></div>"
        f"<td class=number>{'…' if span.finished_at is None else _took(span.duration_ms)}<td class='wide mono'>{said}</tr>"
    )


def _result(span: Span, entry: Entry | None) -> str:
    if span.error is not None:
        return f"<span class=bad>{_esc(_cut(f'{span.error.name}: {span.error.message}', RESULT_CHARS_MAX))}</span>"
    return "" if entry is None or entry.value is None else _esc(_cut(entry.value, RESULT_CHARS_MAX))


def _value(title: str, value: str | None) -> str:
    if value is None or value == "null":
        return ""
    return f"<h2>{title}</h2><pre>{_esc(_cut(_pretty(value), VALUE_CHARS_MAX))}</pre>"


def _usage(usage: Usage) -> str:
    if not usage.items:
        return ""
    rows = "".join(
        f"<tr><td>{_esc(item.name)}<td class=number>{item.quantity:,f} {_esc(item.unit)}<td class=number>${item.cost:.6f}</tr>"
        for item in usage.items
    )
    return f"<h2>Used</h2><table><tr><th>What<th class=number>How much<th class=number>Cost</tr>{rows}</table>"


def _exhibit(exhibit: Exhibit) -> str:
    one = exhibit.artifact
    head = f"<h2>{_esc(one.name)} <span class=dim>{_esc(one.content_type)}, {one.size:,} bytes</span></h2>"
    if exhibit.picture:
        return f'{head}<img src="{_esc(exhibit.picture)}" alt="{_esc(one.name)}">'
    return f"{head}<pre>{_esc(_cut(exhibit.text, VALUE_CHARS_MAX))}</pre>" if exhibit.text else head


def _logs(logs: Iterable[Log]) -> str:
    rows = "".join(
        f"<tr><td class=dim>{moment(log.at):%H:%M:%S}.{log.at % 1000:03d}<td>{_esc(log.level.upper())}"
        f"<td>{_esc(log.message)}{f' <span class=dim>{_esc(log.data)}</span>' if log.data else ''}</tr>"
        for log in logs
    )
    return f"<h2>Log</h2><table class='log mono'>{rows}</table>" if rows else ""


def _pretty(value: str) -> str:
    try:
        return msgspec.json.format(value, indent=2)
    except msgspec.DecodeError:
        return value


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"


def _moment(ms: int) -> str:
    return f"{moment(ms):%Y-%m-%d %H:%M:%S} UTC"


def _took(ms: int) -> str:
    """As pages say it.

    >>> _took(340), _took(59_960), _took(11_520_000), _took(352_800_000)
    ('340ms', '1m 00s', '3h 12m', '4d 2h')
    """
    if ms < 1_000:
        return f"{ms}ms"
    if ms < 59_950:
        return f"{ms / 1_000:.1f}s"
    minutes, seconds = divmod(round(ms / 1_000), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {seconds:02d}s"
