"""A transaction as a generator: it yields named calls and notes, and receives rows. It does no I/O itself."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

import msgspec

from runcast.domain.run import End
from runcast.gateway import News, Stop


class Call(msgspec.Struct, frozen=True):
    """One named query with its parameters; the driver answers with what the query's header promises."""

    name: str
    params: Mapping[str, Any]


class Ready(msgspec.Struct, frozen=True):
    """Note: runs of these queues may be claimable now (None: of any)."""

    queues: tuple[str, ...] | None = None


class Freed(msgspec.Struct, frozen=True):
    """Note: slots of these queues are free. Less urgent: it does not delay the commit that freed them."""

    queues: tuple[str, ...]


class Due(msgspec.Struct, frozen=True):
    """Note: something falls due at `at` (engine ms)."""

    at: int


class Tell(msgspec.Struct, frozen=True):
    """Note: push this to a worker, after the commit."""

    worker_id: str
    item: News | Stop


class Changed(msgspec.Struct, frozen=True):
    """Note: rows were added to the feed; `born` are the runs that are new, `ended` those that are final now."""

    ended: tuple[End, ...] = ()
    born: tuple[str, ...] = ()
    ours: bool = True
    """False: another engine added them, and counted them."""


Note = Ready | Freed | Due | Tell | Changed

T = TypeVar("T")
Script = Generator[Call | Note, Any, T]
"""A running transaction. It may be thrown away and started again, so it must not touch anything but the store."""
ScriptFactory = Callable[[], Script[T]]


def call(name: str, /, **params: Any) -> Call:
    """`yield call("find_run", id=…)` inside a script."""
    return Call(name, params)


READY = Ready()
