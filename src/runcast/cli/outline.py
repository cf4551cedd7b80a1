"""Which lines of a followed tree to show in the room there is: pure choice, no drawing.

Equal siblings become one line with counts once they are many; below it come those that matter, the running and the
failed. What is finished and well is folded. If the result is too tall, the next stricter `Detail` is tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from runcast.cli.followed import Followed, progress_of
from runcast.cli.look import clock, duration, elapsed_ms, failure_line, one_line, short_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus
from runcast.domain.run import FINAL, LABELS, Run, RunStatus
from runcast.domain.sealed import is_sealed

PAYLOAD_CHARS_READ = 4096
ABOUT_CHARS = 24


class Node(NamedTuple):
    """One line: a run, a step, a wait, a group of equal siblings, or what was left out (`status` None)."""

    status: RunStatus | None
    name: str
    about: str = ""
    """What tells a run from its equals: the first short text of its payload."""
    id: str = ""
    note: str = ""
    percent: float | None = None
    ms: int | None = None
    outcome: str | None = None
    children: tuple[Node, ...] = ()


class Detail(NamedTuple):
    """How much to show."""

    group_from: int
    """Equal siblings from this many on share a line."""
    live_max: int
    failed_max: int
    done_max: int
    """Finished siblings of different names; earlier ones are counted."""
    depth_max: int


DETAILS = (
    Detail(8, 6, 3, 1_000, 8),
    Detail(6, 4, 3, 12, 5),
    Detail(4, 3, 2, 6, 4),
    Detail(3, 2, 1, 3, 3),
    Detail(2, 1, 1, 1, 1),
    Detail(2, 0, 0, 0, 1),
)

_LIVELIEST = (
    RunStatus.EXECUTING,
    RunStatus.DEQUEUED,
    RunStatus.WAITING,
    RunStatus.QUEUED,
    RunStatus.DELAYED,
    RunStatus.PENDING_VERSION,
)
_COUNT_ORDER = (RunStatus.COMPLETED, *sorted(FINAL - {RunStatus.COMPLETED}), *_LIVELIEST)
"""What ended well, what did not, what is still to come: the order that survives being cut."""
_SHOWN_KINDS = frozenset({EntryKind.STEP, EntryKind.SLEEP, EntryKind.TOKEN, EntryKind.RESULT})
"""Children stand for themselves; decisions and recorded values are not what a watcher looks for."""
_ENTRY_STATUS = {
    EntryStatus.DONE: RunStatus.COMPLETED,
    EntryStatus.FAILED: RunStatus.FAILED,
    EntryStatus.FORGOTTEN: RunStatus.FAILED,
}


def outline(followed: Followed, *, now: int, rows: int | None = None) -> Node:
    """The followed run as a tree of lines, at most `rows` of them if any detail allows it."""
    run = followed.run
    assert run is not None, "outline needs the followed run"
    node = _run_node(followed, run, now, DETAILS[0], depth=0)
    for detail in DETAILS:
        node = _run_node(followed, run, now, detail, depth=0)
        if rows is None or height(node) <= rows:
            break
    return node


def height(node: Node) -> int:
    """Lines of a node with everything below it."""
    return 1 + sum(map(height, node.children))


def _run_node(followed: Followed, run: Run, now: int, detail: Detail, *, depth: int) -> Node:
    progress = progress_of(run)
    return Node(
        status=run.shown,
        name=run.task,
        about=about(run) if depth else "",
        id=short_id(run.id),
        note=_run_note(followed, run, now) or ("" if run.is_final else progress.step),
        percent=None if run.is_final else progress.percent,
        ms=elapsed_ms(run, now),
        outcome=run.outcome,
        children=_below(followed, run, now, detail, depth=depth),
    )


def about(run: Run) -> str:
    """The payload's first text or number, short: `acme.com` of `{"domain": "acme.com"}`."""
    if len(run.payload) > PAYLOAD_CHARS_READ or is_sealed(run.payload):
        return ""
    payload = msgspec.json.decode(run.payload)
    values = payload.values() if isinstance(payload, dict) else payload if isinstance(payload, list) else (payload,)
    for value in values:
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return one_line(str(value), limit=ABOUT_CHARS)
    return ""


def _below(followed: Followed, run: Run, now: int, detail: Detail, *, depth: int) -> tuple[Node, ...]:
    if depth >= detail.depth_max or (depth > 0 and run.status in (RunStatus.COMPLETED, RunStatus.QUEUED)):
        return ()
    siblings: list[tuple[int, str, Run | Entry]] = [
        (child.created_at, child.task, child) for child in followed.children(run.id)
    ]
    entries = followed.entries.get(run.id, ())
    siblings += [(e.started_at, e.name or e.kind, e) for e in entries if e.kind in _SHOWN_KINDS]
    siblings.sort(key=lambda sibling: sibling[0])
    names = Counter(name for _, name, _ in siblings)
    nodes: dict[str, Node] = {}
    for position, (_, name, item) in enumerate(siblings):
        if names[name] < detail.group_from:
            nodes[f"{position}"] = _item_node(followed, item, now, detail, depth + 1)
        elif f"group {name}" not in nodes:
            group = [item for _, other, item in siblings if other == name]
            nodes[f"group {name}"] = _group_node(followed, name, group, now, detail, depth + 1)
    return tuple(_fold_done(list(nodes.values()), detail.done_max))


def _fold_done(nodes: list[Node], most: int) -> Iterator[Node]:
    """The newest `most` of the finished, and before them a count of the others; the rest as it is."""
    done = [node for node in nodes if node.status is RunStatus.COMPLETED]
    folded = {id(node) for node in done[: max(0, len(done) - most)]}
    if folded:
        yield Node(status=None, name=f"… {len(folded):,} more completed")
    yield from (node for node in nodes if id(node) not in folded)


def _item_node(followed: Followed, item: Run | Entry, now: int, detail: Detail, depth: int) -> Node:
    if isinstance(item, Run):
        return _run_node(followed, item, now, detail, depth=depth)
    return _entry_node(item, now)


def _entry_node(entry: Entry, now: int) -> Node:
    status = _entry_status(entry)
    return Node(
        status=status,
        name=one_line(entry.name or entry.kind, limit=60),
        note=_entry_note(entry, now),
        ms=(entry.finished_at or now) - entry.started_at if entry.started_at else None,
    )


def _entry_status(entry: Entry) -> RunStatus:
    if entry.status is EntryStatus.PENDING:
        return RunStatus.EXECUTING if entry.kind is EntryKind.STEP else RunStatus.WAITING
    return _ENTRY_STATUS[entry.status]


def _entry_note(entry: Entry, now: int) -> str:
    tries = f"try {entry.tries}" if entry.tries > 1 else ""
    if entry.error is not None:
        return ", ".join(filter(None, (one_line(f"{entry.error.name}: {entry.error.message}"), tries)))
    if entry.status is EntryStatus.FORGOTTEN:
        return "will be repeated"
    if entry.status is not EntryStatus.PENDING:
        return tries
    due = f"until {clock(entry.due_at)}, in {duration(entry.due_at - now)}" if entry.due_at else ""
    if entry.kind is EntryKind.TOKEN and entry.awaits:
        return ", ".join(filter(None, (f"for {entry.awaits}", due)))
    return due


def _run_note(followed: Followed, run: Run, now: int) -> str:
    """What a person must know beside the status word."""
    if run.is_final or run.parked_reason:
        return failure_line(run)
    if run.attempt > 0 and run.status in (RunStatus.DELAYED, RunStatus.QUEUED):
        wait = f" in {duration(run.available_at - now)}" if run.available_at > now else ""
        return f"attempt {run.attempt + 1} of {run.max_attempts}{wait}"
    if run.status is RunStatus.DELAYED:
        return f"starts in {duration(run.available_at - now)}"
    if run.status is RunStatus.WAITING:
        return _waits_for(followed, run)
    return f"attempt {run.attempt} of {run.max_attempts}" if run.attempt > 1 else ""


def _waits_for(followed: Followed, run: Run) -> str:
    live = sum(1 for child in followed.children(run.id) if not child.is_final)
    return f"for {live} run{'s' if live != 1 else ''}" if live else ""


def _group_node(
    followed: Followed, name: str, group: Sequence[Run | Entry], now: int, detail: Detail, depth: int
) -> Node:
    statuses = [item.shown if isinstance(item, Run) else _entry_status(item) for item in group]
    counts = Counter(statuses)
    done = sum(count for status, count in counts.items() if status in FINAL)
    return Node(
        status=_group_status(counts),
        name=f"{name} ×{len(group)}",
        note=" · ".join(f"{counts[status]:,} {LABELS[status].lower()}" for status in _COUNT_ORDER if counts[status]),
        percent=None if done == len(group) else 100 * done / len(group),
        outcome="partial"
        if counts[RunStatus.COMPLETED] and done == len(group) != counts[RunStatus.COMPLETED]
        else None,
        children=tuple(_picked(followed, group, statuses, now, detail, depth)),
    )


def _group_status(counts: Counter[RunStatus]) -> RunStatus:
    """The liveliest status; of a finished group, completed unless none is."""
    for status in (*_LIVELIEST, RunStatus.COMPLETED):
        if counts[status]:
            return status
    return counts.most_common(1)[0][0]


def _picked(
    followed: Followed,
    group: Sequence[Run | Entry],
    statuses: Sequence[RunStatus],
    now: int,
    detail: Detail,
    depth: int,
) -> Iterator[Node]:
    """Those of a group that a watcher wants to see one by one, and how many more there are of their kind."""
    interest = (
        (("running", (RunStatus.EXECUTING, RunStatus.DEQUEUED, RunStatus.WAITING)), detail.live_max),
        (("failed", tuple(FINAL - {RunStatus.COMPLETED})), detail.failed_max),
    )
    for (word, wanted), most in interest:
        items = [item for item, status in zip(group, statuses, strict=True) if status in wanted]
        for item in items[:most]:
            yield _item_node(followed, item, now, detail, depth)
        if len(items) > most:
            yield Node(status=None, name=f"… {len(items) - most:,} more {word}")
