"""Rows of batches that clients fill item by item."""

from __future__ import annotations

import msgspec


class BatchRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch as it was opened."""

    id: str
    environment: str
    run_id: str | None
    """The run whose body made it; a client's has none."""
    size: int
    created_at: int
    sealed_at: int | None
    """When its last item was stored."""
    idempotency_key: str | None
    tasks: tuple[str, ...] | None
    """Those that its items may be of; None: any."""


class BatchError(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An item of a batch that became no run."""

    position: int
    task: str
    message: str
    code: str


class BatchRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A member of a batch."""

    id: str
    environment: str
    task: str
    status: str
    position: int
    created_at: int
    finished_at: int | None


class Position(msgspec.Struct, frozen=True, array_like=True, gc=False):
    position: int
