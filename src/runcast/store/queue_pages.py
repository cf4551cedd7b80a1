"""Queues of an environment, found by name or by id, and cut into pages: only those that are shown are counted."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.limits import HOT_QUEUES_MAX, VITALS_HEADS_MAX, VITALS_ROWS_MAX
from runcast.domain.queue import QueueState, queue_id
from runcast.store.queues import queue_states
from runcast.store.rows import Name
from runcast.store.script import Script, call
from runcast.store.vital_rows import KeyLoad, QueueHead

KEYS_SHOWN = 100


class QueuePage(msgspec.Struct, frozen=True):
    """Some queues, by name, and how many there are."""

    queues: tuple[QueueState, ...]
    count: int


def page(environment: str, offset: int, limit: int) -> Script[QueuePage]:
    """Queues by name."""
    names = yield from _names(environment)
    shown: list[QueueState] = []
    for name in names[offset : offset + limit]:
        shown += yield from queue_states(environment, name)
    return QueuePage(tuple(shown), len(names))


def find(environment: str, name: str) -> Script[QueueState | None]:
    """The queue of a name."""
    found = yield from queue_states(environment, name)
    return found[0] if found else None


def name_of(environment: str, id: str) -> Script[str | None]:
    """The name of the queue that has an id."""
    names = yield from _names(environment)
    return next((name for name in names if queue_id(environment, name) == id), None)


def heads(environment: str, names: Sequence[str]) -> Script[dict[str, int | None]]:
    """Since when the oldest run that is next in each of these queues could start."""
    rows: list[QueueHead] = yield call(
        "queue_heads", environment=environment, names=[[name] for name in names], heads=VITALS_HEADS_MAX
    )
    return {row.name: row.oldest_at for row in rows}


def keys(environment: str, name: str) -> Script[list[KeyLoad]]:
    """The busiest concurrency keys of a queue."""
    found: list[KeyLoad] = yield call(
        "key_loads", environment=environment, queue=name, rows=VITALS_ROWS_MAX, limit=KEYS_SHOWN
    )
    return found


def _names(environment: str) -> Script[Sequence[str]]:
    rows: list[Name] = yield call("queue_names", environment=environment, limit=HOT_QUEUES_MAX)
    return [row.name for row in rows]
