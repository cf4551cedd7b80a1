"""What is measured: Runcast and its peers behind one small interface, each at its documented best."""

from __future__ import annotations

import importlib
import os
from collections.abc import Awaitable, Callable
from typing import Protocol

RUNCAST = "runcast"
PEERS = ("huey", "dbos", "procrastinate")
PEERS_OF = {"sqlite": ("huey", "dbos"), "postgres": ("dbos", "procrastinate")}
"""Who is measured on which database."""
DATABASE_NAME = "RUNCAST_BENCH_DATABASE"
"""Where worker processes find the database: a path, or an address."""

Result = Callable[[], Awaitable[None]]
"""Waits until the results of what was triggered were seen."""


class Subject(Protocol):
    """A system that runs background work. Bodies mark the ledger's row of their index; every trigger is acknowledged.

    A subject without a feature raises `NotImplementedError`: the benchmark does not list it as a peer.
    """

    durability: str
    """What is on disk when a trigger returns."""
    package: str
    command: str

    async def open(self, *, slots: int = 0, evict_after_s: float | None = None) -> None:
        """Start store and worker, and run one task, so that everything is imported and warm.

        `slots` is how many bodies must be able to run at once (0: the subject's best for no-ops).
        """
        ...

    async def close(self) -> None: ...

    async def noops(self, count: int) -> Result:
        """Trigger `count` no-ops with the fastest documented bulk call, in chunks of 1,000."""
        ...

    async def noop(self, row: int) -> Result:
        """Trigger one no-op."""
        ...

    async def fanout(self, children: int) -> None:
        """A durable parent (ledger row `children`) with that many children of 50 ms, at most 100 at a time."""
        ...

    async def sleepers(self, count: int, seconds: int) -> Result:
        """Trigger `count` runs together that each sleep durably."""
        ...

    async def due_ms(self, row: int) -> float | None:
        """When the sleeper of that row was to go on, by the subject's own record (None: it does not tell)."""
        ...

    async def until_asleep(self, count: int) -> None:
        """Wait until all sleepers sleep."""
        ...

    async def steps(self, count: int) -> Result:
        """Trigger `count` runs of two durable steps each."""
        ...


def create_subject(name: str, database: str) -> Subject:
    """The subject `name` over `database`; only its own packages are imported."""
    os.environ[DATABASE_NAME] = database
    module = importlib.import_module(f"benchmarks.subjects.with_{name}")
    subject: Subject = module.create()
    return subject
