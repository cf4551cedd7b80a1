"""What a realtime feed is of: one run, the runs of a batch, or those that have tags. It says what its clients follow and how
its rows are read."""

from __future__ import annotations

import hashlib
from typing import Protocol

from runcast.domain.change import Change
from runcast.domain.run import Run
from runcast.feed.following import batch_topic, run_topic, tag_topic
from runcast.store import news
from runcast.store.script import Script

TAGGED_ROWS_MAX = 1_000
"""Runs with which a feed of tags begins, the newest; others come with their next change."""


class Feed(Protocol):
    """`handle` names it to its clients, who give it back."""

    handle: str

    @property
    def topics(self) -> tuple[str, ...]: ...
    def state(self) -> Script[news.State]: ...
    def is_of(self, change: Change) -> bool:
        """Whether a change may be of one of its runs, before the run is read."""
        ...

    def has(self, run: Run) -> bool: ...


class RunFeed:
    """One run."""

    def __init__(self, environment: str, run_id: str) -> None:
        self.environment = environment
        self.run_id = run_id
        self.handle = f"run-{run_id}"
        self.topics = (run_topic(run_id),)

    def state(self) -> Script[news.State]:
        return news.run_state(self.run_id)

    def is_of(self, change: Change) -> bool:
        return change.run_id == self.run_id

    def has(self, run: Run) -> bool:
        return run.id == self.run_id and run.environment == self.environment


class BatchFeed:
    """The runs of a batch. `outside`: those that existed before, and do not know of it."""

    def __init__(self, batch_id: str, outside: frozenset[str] = frozenset()) -> None:
        self.batch_id = batch_id
        self.outside = outside
        self.handle = f"batch-{batch_id}"
        self.topics = (batch_topic(batch_id), *map(run_topic, outside))

    def state(self) -> Script[news.State]:
        return news.batch_state(self.batch_id)

    def is_of(self, change: Change) -> bool:
        return True

    def has(self, run: Run) -> bool:
        return run.batch_id == self.batch_id or run.id in self.outside


class TagFeed:
    """Runs with all of some tags, created from a time on. Without tags: all runs of the environment."""

    def __init__(self, environment: str, tags: tuple[str, ...], created_from: int, topic: str) -> None:
        self.environment = environment
        self.tags = tags
        self.created_from = created_from
        self.handle = f"tags-{created_from}-{_digest(environment, tags)}"
        self.topics = (topic,)

    @classmethod
    def of(cls, environment: str, tags: tuple[str, ...], created_from: int) -> TagFeed:
        """The feed of at least one tag."""
        return cls(environment, tags, created_from, tag_topic(environment, tags[0]))

    def state(self) -> Script[news.State]:
        if not self.tags:
            return news.newest_state(self.environment, TAGGED_ROWS_MAX)
        return news.tagged_state(self.environment, self.tags, self.created_from, TAGGED_ROWS_MAX)

    def is_of(self, change: Change) -> bool:
        return True

    def has(self, run: Run) -> bool:
        return (
            run.environment == self.environment
            and run.created_at >= self.created_from
            and set(self.tags) <= set(run.tags)
        )


def pinned(handle: str, environment: str, tags: tuple[str, ...]) -> int | None:
    """The time from which on a feed of tags began, if the handle is one of these tags.

    >>> pinned(TagFeed.of("dev", ("a",), 1_700_000_000_000).handle, "dev", ("a",))
    1700000000000
    """
    kind, _, rest = handle.partition("-")
    created_from, _, digest = rest.partition("-")
    if kind != "tags" or digest.partition("-")[0] != _digest(environment, tags) or not _is_number(created_from):
        return None
    return int(created_from)


def _digest(environment: str, tags: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join((environment, *sorted(tags))).encode()).hexdigest()[:12]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
