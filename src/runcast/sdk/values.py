"""`now()`, `uuid4()`, `random()`: values that a re-execution sees again."""

from __future__ import annotations

import random as _random
import uuid as _uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from runcast.domain.journal import Entry, EntryKind, NewEntry
from runcast.sdk.execution import Execution, current_execution

T = TypeVar("T")


def now() -> datetime:
    """The time of the engine, in UTC; recorded in a run, simply read outside of one.

    >>> now().tzinfo
    datetime.timezone.utc
    """
    execution = current_execution()
    if execution is None:
        return datetime.now(UTC)
    return _recorded(execution, "now", lambda: datetime.fromtimestamp(execution.host.now_ms() / 1000, UTC), datetime)


def uuid4() -> UUID:
    """A random UUID; recorded in a run."""
    execution = current_execution()
    if execution is None:
        return _uuid.uuid4()
    return _recorded(execution, "uuid4", lambda: UUID(int=execution.host.random.getrandbits(128), version=4), UUID)


def random() -> float:
    """A random number in [0, 1); recorded in a run."""
    execution = current_execution()
    if execution is None:
        return _random.random()
    return _recorded(execution, "random", execution.host.random.random, float)


def _recorded(execution: Execution, name: str, make: Callable[[], T], kind: type[T]) -> T:
    key = execution.key_of(EntryKind.VALUE, name)
    entry = execution.journal.get(key)
    if entry is not None and entry.value is not None:
        return msgspec.json.decode(entry.value, type=kind)
    value = make()
    text = msgspec.json.encode(value).decode()
    at = execution.host.now_ms()
    new = Entry(
        key, EntryKind.VALUE, name, code_version=execution.code_version, value=text, started_at=at, finished_at=at
    )
    execution.record(NewEntry(new))
    return value
