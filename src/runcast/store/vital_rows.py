"""Rows of what somebody who watches over an engine asks."""

from __future__ import annotations

import msgspec


class QueueDepth(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How full a queue is."""

    environment: str
    name: str
    paused: int
    concurrency: int | None
    queued: int
    executing: int
    oldest_at: int | None


class Resting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    environment: str
    queue: str
    status: str
    count: int


class LiveWorkers(msgspec.Struct, frozen=True, array_like=True, gc=False):
    environment: str
    count: int


class QueueHead(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Since when the oldest of those that are next in a queue could start."""

    name: str
    oldest_at: int | None


class KeyLoad(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a concurrency key has in a queue."""

    key: str
    queued: int
    executing: int


class TaskOfRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    task: str


class Pulse(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the feed is, and what falls due next."""

    feed: int
    next_tick_at: int | None
    next_start_at: int | None
    next_entry_at: int | None
    open_waits: int
