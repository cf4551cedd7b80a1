"""Workers as REST shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.engine.dispatch import Room
from runcast.store.overview_rows import ExecutingRun, SeenWorker


class WorkerRunView(msgspec.Struct, frozen=True, rename="camel"):
    """A run that a worker executes."""

    id: str
    task_identifier: str
    claimed_at: datetime | UnsetType
    """Since when it executes in this worker."""


class WorkerView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A worker that is connected."""

    id: str
    host: str
    pid: int
    embedded: bool
    """In the engine's own process."""
    code_version: str
    machines: tuple[str, ...] | UnsetType = UNSET
    """Absent: it serves every one."""
    started_at: datetime
    executing: int
    """Runs that it executes."""
    waiting: int
    """Runs that wait in it."""
    seen_at: datetime | UnsetType = UNSET
    """Its last heartbeat; absent: it is in the engine's own process, and needs none."""
    free: dict[str, int] | UnsetType = UNSET
    """How many more runs it takes, by lane; absent: it is connected to another server."""
    leaves: bool | UnsetType = UNSET
    """It takes no more, and ends once its runs do."""
    runs: tuple[WorkerRunView, ...]
    """What it executes, the longest first."""


class WorkerList(msgspec.Struct, frozen=True):
    """Workers, the longest-lived first."""

    data: tuple[WorkerView, ...]


def show_worker(
    worker: SeenWorker, executed: Sequence[ExecutingRun] = (), room: Room | None = None, *, lease_ms: int = 0
) -> WorkerView:
    """`lease_ms`: how long a heartbeat holds."""
    return WorkerView(
        id=worker.id,
        host=worker.host,
        pid=worker.pid,
        embedded=worker.embedded,
        code_version=worker.code_version,
        machines=UNSET if worker.labels is None else msgspec.json.decode(worker.labels, type=tuple[str, ...]),
        started_at=moment(worker.started_at),
        executing=worker.executing,
        waiting=worker.waiting,
        seen_at=UNSET if worker.embedded else moment(max(worker.started_at, worker.lease_until - lease_ms)),
        free=UNSET if room is None else room.lanes,
        leaves=UNSET if room is None else room.leaves,
        runs=tuple(
            WorkerRunView(run.id, run.task, UNSET if run.claimed_at is None else moment(run.claimed_at))
            for run in executed
        ),
    )
