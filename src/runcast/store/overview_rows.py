"""Rows of overviews: what workers said of themselves, and what happened lately."""

from __future__ import annotations

import msgspec


class SeenTask(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A task of an environment as its last worker declared it."""

    name: str
    info: str
    seen_at: int


class SeenWorker(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A worker that is connected, and how much it has to do."""

    id: str
    embedded: bool
    pid: int
    host: str
    code_version: str
    labels: str | None
    """JSON list; None: it serves every machine."""
    started_at: int
    lease_until: int
    executing: int
    waiting: int


class FailedRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run that failed, with its error as JSON text."""

    id: str
    task: str
    error: str
    finished_at: int


class RunCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many runs of a status were created in a piece of time."""

    bucket: int
    status: str
    count: int


class ListedBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch, and how it goes."""

    id: str
    run_id: str | None
    size: int
    created_at: int
    sealed_at: int | None
    idempotency_key: str | None
    refused: int
    """Items that became no run."""
    live: int
