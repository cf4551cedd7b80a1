"""Batches that clients fill item by item: opened with a size, stored in pieces, sealed when every item is there.

    open       items come, in any order and perhaps again; each is stored once, by its position
    sealed     all are there; further items are those that came before

Runs are started as they are stored. A batch that is still open after `BATCH_OPEN_MS` is given up, and takes no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.errors import Conflict, InvalidInput, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import BATCH_KEY_MS, BATCH_OPEN_MS
from runcast.domain.run import NewRun, Run
from runcast.store.batch_rows import BatchError, BatchRow, BatchRun, Position
from runcast.store.enqueue import enqueue
from runcast.store.requests import release_failed
from runcast.store.script import Script, call


class NewBatch(msgspec.Struct, frozen=True):
    """A batch as a client opens it."""

    id: str
    environment: str
    size: int
    idempotency_key: str | None = None
    tasks: tuple[str, ...] | None = None
    """Those that its items may be of; None: any."""


class Taken(msgspec.Struct, frozen=True):
    """What became of some items."""

    accepted: int
    repeated: int
    """Those that had come before."""
    sealed: bool


class BatchState(msgspec.Struct, frozen=True):
    """A batch with what its items became."""

    batch: BatchRow
    runs: tuple[BatchRun, ...]
    errors: tuple[BatchError, ...]


def open_batch(new: NewBatch, now: int) -> Script[BatchRow]:
    """The batch, or the older one that its key names. Raises `Conflict` when that is open and of another size, or was
    opened for other tasks."""
    if new.idempotency_key is not None:
        old: BatchRow | None = yield call("batch_of_key", environment=new.environment, key=new.idempotency_key)
        if old is not None and old.created_at > now - (BATCH_OPEN_MS if old.sealed_at is None else BATCH_KEY_MS):
            _check_same(old, new)
            return old
        if old is not None:
            yield call("release_batch_key", id=old.id)
    tasks = None if new.tasks is None else msgspec.json.encode(new.tasks).decode()
    yield call("open_batch", rows=[(new.id, new.environment, new.size, now, new.idempotency_key, tasks)])
    return BatchRow(new.id, new.environment, None, new.size, now, None, new.idempotency_key, new.tasks)


def finished(run_ids: Sequence[str]) -> Script[list[Run]]:
    """Those of the runs that have ended; large values stay where they are."""
    runs: list[Run] = yield call("runs_by_id", ids=[[id] for id in run_ids])
    by_id = {run.id: run for run in runs if run.is_final}
    return [by_id[RunId(id)] for id in run_ids if id in by_id]


def _check_same(old: BatchRow, new: NewBatch) -> None:
    if new.tasks is not None and new.tasks != old.tasks:
        # Whoever may open batches of some tasks must not come to read, or to fill, one of others.
        raise Conflict("the idempotency key names a batch that was opened for other tasks")
    if old.sealed_at is None and old.size != new.size:
        raise Conflict(f"the idempotency key names batch {old.id}, which waits for {old.size} items, not {new.size}")


def find_batch(batch_id: str) -> Script[BatchRow | None]:
    row: BatchRow | None = yield call("find_batch", id=batch_id)
    return row


def environment_of(batch_id: str) -> Script[str | None]:
    """Where a batch is, also one that has no row of its own; None: there is none."""
    batch = yield from find_batch(batch_id)
    if batch is not None:
        return batch.environment
    environment: str | None = yield call("batch_environment", id=batch_id)
    return environment


def take_items(batch_id: str, runs: Sequence[NewRun], errors: Sequence[BatchError], now: int) -> Script[Taken]:
    """Store items that are not stored yet, and seal the batch when these were the last.

    Raises `Overloaded` when a queue has no room for them: nothing of these is kept then.
    """
    batch: BatchRow | None = yield call("find_batch", id=batch_id)
    if batch is None:
        raise NotFound("Batch not found")
    rows: list[Position] = yield call("batch_positions", id=batch_id)
    stored = {row.position for row in rows}
    if batch.sealed_at is None and batch.created_at <= now - BATCH_OPEN_MS:
        raise Conflict(f"batch {batch_id} was given up: its items did not come within a day")
    fresh = _fresh(runs, stored, batch.size)
    failed = [error for error in errors if error.position not in stored and error.position not in fresh]
    if fresh:
        keyed = [(run.task, run.idempotency_key) for run in fresh.values() if run.idempotency_key is not None]
        if keyed:
            yield from release_failed(batch.environment, keyed)
        yield from enqueue(list(fresh.values()), now)
    if failed:
        yield call("add_batch_errors", rows=[(batch_id, e.position, e.task, e.message, e.code) for e in failed])
    stored.update(fresh, (error.position for error in failed))
    sealed = batch.sealed_at is not None
    if not sealed and len(stored) >= batch.size:
        yield call("seal_batch", id=batch_id, now=now)
        sealed = True
    accepted = len(fresh) + len({error.position for error in failed})
    return Taken(accepted, len(runs) + len(errors) - accepted, sealed)


def _fresh(runs: Sequence[NewRun], stored: set[int], size: int) -> dict[int, NewRun]:
    """Runs of new positions, one each. Raises `InvalidInput` for a position that the batch does not have."""
    fresh: dict[int, NewRun] = {}
    for run in runs:
        if not 0 <= run.batch_position < size:
            raise InvalidInput(f"item {run.batch_position} is none of {size}: indices go from 0 to {size - 1}")
        if run.batch_position not in stored:
            fresh.setdefault(run.batch_position, run)
    return fresh


def state(batch_id: str) -> Script[BatchState | None]:
    """The batch with its runs. One that was stored whole, by the Python client, has no row of its own."""
    batch: BatchRow | None = yield call("find_batch", id=batch_id)
    runs: list[BatchRun] = yield call("batch_runs", id=batch_id)
    if batch is None:
        if not runs:
            return None
        first = runs[0]
        batch = BatchRow(batch_id, first.environment, None, len(runs), first.created_at, first.created_at, None, None)
    errors: list[BatchError] = yield call("batch_errors", id=batch_id)
    return BatchState(batch, tuple(runs), tuple(errors))
