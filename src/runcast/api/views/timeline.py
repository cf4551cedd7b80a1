"""What a page draws of a run. Times are milliseconds since 1970, and what is absent says nothing: there may be thousands."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from runcast.domain.errors import ErrorInfo
from runcast.domain.run import RunStatus, shown_status
from runcast.domain.timeline import Parts, PartsNews, Timeline, TimelineEntry, TimelineRun, TimelineTry
from runcast.domain.trace import Attempt


class ShortErrorView(msgspec.Struct, frozen=True):
    """An error without its stack."""

    name: str
    message: str


class TimelineRunView(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A run."""

    id: str
    parent_id: str | UnsetType = UNSET
    batch_id: str | UnsetType = UNSET
    task: str
    queue: str
    status: RunStatus
    attempt: int
    created_at: int
    started_at: int | UnsetType = UNSET
    claimed_at: int | UnsetType = UNSET
    """When a worker took it last."""
    finished_at: int | UnsetType = UNSET
    error: ShortErrorView | UnsetType = UNSET
    has_parts: bool = False
    """It recorded something."""


class TimelineAttemptView(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An attempt that was followed by another."""

    number: int
    started_at: int | UnsetType
    finished_at: int
    error: ShortErrorView | UnsetType = UNSET


class TimelineEntryView(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A record of the journal."""

    key: str
    kind: str
    name: str = ""
    status: str
    error: ShortErrorView | UnsetType = UNSET
    awaits: str | UnsetType = UNSET
    due_at: int | UnsetType = UNSET
    tries: int = 1
    started_at: int
    finished_at: int | UnsetType = UNSET


class TimelineTryView(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A try of a step that takes a while, or that failed and is followed by another."""

    key: str
    number: int
    name: str
    started_at: int
    failed_at: int | UnsetType = UNSET
    retry_at: int | UnsetType = UNSET
    error: ShortErrorView | UnsetType = UNSET


class PartsView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is within a run: all, or a page."""

    run_id: str
    claimed_at: int | UnsetType = UNSET
    """When a worker took the run last."""
    attempts: tuple[TimelineAttemptView, ...]
    entries: tuple[TimelineEntryView, ...]
    tries: tuple[TimelineTryView, ...]
    next: str | UnsetType = UNSET
    """`page[after]` of the next page."""


class PartsNewsView(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What changed within a run, in an entry of the live stream."""

    run_id: str
    claimed_at: int | UnsetType = UNSET
    """When a worker took the run last."""
    entries: tuple[TimelineEntryView, ...] = ()
    tries: tuple[TimelineTryView, ...] = ()
    is_whole: bool = True
    """`false`: more changed than is told, or something is gone. Read the parts of this run anew."""


class TimelineView(msgspec.Struct, frozen=True, rename="camel"):
    """A run with those below it, and what is within the first of them."""

    seq: int
    """Follow `trace:` of its root from here on: each entry of the stream then has what changed within its run."""
    root_id: str
    runs: tuple[TimelineRunView, ...]
    parts: tuple[PartsView, ...]
    is_truncated: bool
    """There are more runs."""


class TimelinePartsView(msgspec.Struct, frozen=True):
    """What is within some runs."""

    data: tuple[PartsView, ...]


def show_timeline(found: Timeline, root_id: str) -> TimelineView:
    return TimelineView(
        found.cursor,
        root_id,
        tuple(map(_run, found.runs)),
        tuple(map(show_parts, found.parts)),
        found.is_truncated,
    )


def show_parts(parts: Parts) -> PartsView:
    return PartsView(
        run_id=parts.run_id,
        claimed_at=_given(parts.claimed_at),
        attempts=tuple(map(_attempt, parts.attempts)),
        entries=tuple(map(_entry, parts.entries)),
        tries=tuple(map(_try, parts.tries)),
        next=UNSET if parts.next is None else f"{parts.next[0]} {parts.next[1]}",
    )


def encode_parts_news(run_id: str, news: PartsNews) -> bytes:
    """The newest state of each thing that changed."""
    entries = {entry.key: entry for entry in news.entries}
    tries = {(one.key, one.number, one.started_at): one for one in news.tries}
    return msgspec.json.encode(
        PartsNewsView(
            run_id=run_id,
            claimed_at=_given(news.claimed_at),
            entries=tuple(map(_entry, entries.values())),
            tries=tuple(map(_try, tries.values())),
            is_whole=news.is_whole,
        )
    )


def read_next(text: str | None) -> tuple[int, str] | None:
    """What `PartsView.next` stands for.

    >>> read_next("12 fetch:0"), read_next("x")
    ((12, 'fetch:0'), None)
    """
    at, _, key = (text or "").partition(" ")
    return (int(at), key) if at.isascii() and at.isdigit() and len(at) < 16 else None


def _run(run: TimelineRun) -> TimelineRunView:
    return TimelineRunView(
        id=run.id,
        parent_id=run.parent_id or UNSET,
        batch_id=run.batch_id or UNSET,
        task=run.task,
        queue=run.queue,
        status=shown_status(RunStatus(run.status), run.attempt),
        attempt=run.attempt,
        created_at=run.created_at,
        started_at=_given(run.started_at),
        claimed_at=_given(run.claimed_at),
        finished_at=_given(run.finished_at),
        error=_error(run.error),
        has_parts=run.has_parts,
    )


def _attempt(attempt: Attempt) -> TimelineAttemptView:
    return TimelineAttemptView(attempt.number, _given(attempt.started_at), attempt.finished_at, _error(attempt.error))


def _entry(entry: TimelineEntry) -> TimelineEntryView:
    return TimelineEntryView(
        key=entry.key,
        kind=entry.kind,
        name=entry.name,
        status=entry.status,
        error=_error(entry.error),
        awaits=entry.awaits or UNSET,
        due_at=_given(entry.due_at),
        tries=entry.tries,
        started_at=entry.started_at,
        finished_at=_given(entry.finished_at),
    )


def _try(one: TimelineTry) -> TimelineTryView:
    return TimelineTryView(
        key=one.key,
        number=one.number,
        name=one.name,
        started_at=one.started_at,
        failed_at=_given(one.failed_at),
        retry_at=_given(one.retry_at),
        error=_error(one.error),
    )


def _error(error: ErrorInfo | None) -> ShortErrorView | UnsetType:
    return UNSET if error is None else ShortErrorView(error.name, error.user_message or error.message)


def _given(value: int | None) -> int | UnsetType:
    return UNSET if value is None else value
