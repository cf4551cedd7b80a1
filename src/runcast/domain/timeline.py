"""What a page draws of a run and of everything below it: bars from facts that the engine keeps anyway."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.errors import ErrorInfo
from runcast.domain.trace import Attempt


class TimelineRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run, without what it was given and what it made."""

    id: str
    parent_id: str | None
    batch_id: str | None
    task: str
    queue: str
    status: str
    attempt: int
    depth: int
    created_at: int
    started_at: int | None
    claimed_at: int | None
    """When a worker took it last."""
    finished_at: int | None
    error: ErrorInfo | None
    has_parts: bool
    """It recorded something."""


class TimelineEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record of a run's journal, without its value."""

    key: str
    kind: str
    name: str
    status: str
    error: ErrorInfo | None
    awaits: str | None
    due_at: int | None
    tries: int
    started_at: int
    finished_at: int | None


class TimelineTry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A try of a step that is told before the step is done: it takes a while, or it failed and there will be another."""

    key: str
    number: int
    name: str
    started_at: int
    failed_at: int | None
    retry_at: int | None
    error: ErrorInfo | None


class Parts(msgspec.Struct, frozen=True):
    """What is within a run: all of it, or a page of it."""

    run_id: str
    claimed_at: int | None
    """When a worker took the run last."""
    attempts: Sequence[Attempt]
    entries: Sequence[TimelineEntry]
    tries: Sequence[TimelineTry]
    next: tuple[int, str] | None
    """Where the next page of entries begins."""


class PartsNews(msgspec.Struct, frozen=True):
    """What changed within a run."""

    claimed_at: int | None
    """When a worker took the run last."""
    entries: tuple[TimelineEntry, ...] = ()
    """In the order of their changes; the last of a key is the newest."""
    tries: tuple[TimelineTry, ...] = ()
    is_whole: bool = True
    """Nothing else changed. If not, everything within the run is to be read anew."""

    def after(self, before: PartsNews) -> PartsNews:
        """This with what changed before it.

        >>> PartsNews(2, is_whole=False).after(PartsNews(1)).is_whole
        False
        """
        if not (self.is_whole and before.is_whole):
            return PartsNews(self.claimed_at, is_whole=False)
        return PartsNews(self.claimed_at, before.entries + self.entries, before.tries + self.tries)

    @property
    def size(self) -> int:
        return len(self.entries) + len(self.tries)


class Timeline(msgspec.Struct, frozen=True):
    """A run with those below it."""

    cursor: int
    """The feed's position at which it was read: the live stream goes on from there."""
    runs: Sequence[TimelineRun]
    """The run itself, then those below it, each after its parent."""
    parts: Sequence[Parts]
    """Of the first of the runs."""
    is_truncated: bool
    """There are more runs than that."""
