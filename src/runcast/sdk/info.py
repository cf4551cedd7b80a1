"""`current_run()`: what a body may know of its own run."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import msgspec

from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.domain.ids import RunId
from runcast.domain.run import Counts
from runcast.sdk import background
from runcast.sdk.execution import Execution, current_execution


class RunInfo(msgspec.Struct, frozen=True):
    """The run that is executing here."""

    id: RunId
    task: str
    attempt: int
    """From 1."""
    max_attempts: int
    queue: str
    concurrency_key: str
    tags: tuple[str, ...]
    """At the start of this execution."""
    environment: str
    created_at: int
    """Milliseconds since the epoch."""
    depth: int
    """Generations below the root, which is 0."""
    parent_id: RunId | None
    root_id: RunId
    batch_id: str | None
    idempotency_key: str | None
    machine: str | None
    """The label that the run needs."""

    def count(self, *, ok: int = 0, failed: int = 0, skipped: int = 0) -> None:
        """Say how the items that this run worked on ended; the last word counts.

        A run that succeeds although some of its items failed has the outcome *partial*.

        >>> current_run().count(ok=98, failed=2)  # doctest: +SKIP
        """
        if min(ok, failed, skipped) < 0:
            raise InvalidInput(f"counts are whole numbers from 0, got ok={ok}, failed={failed}, skipped={skipped}")
        _current("count()").counts = Counts(ok=ok, failed=failed, skipped=skipped)

    def background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` beside the body; the run does not end before it has, however the body ends.

        It is a branch like one of `asyncio.gather`: what it records happens once, it may wait, and it counts into
        `max_duration`. Errors are logged and change nothing else; a cancel cancels it too. For `async def` bodies and their
        hooks.

        >>> current_run().background(report_usage(document))  # doctest: +SKIP
        """
        background.start(work)


def current_run() -> RunInfo:
    """The run whose body (or step) calls this; raises `NotDurableHere` outside of any.

    >>> current_run().id  # doctest: +SKIP
    'run_01k9…'
    """
    return run_info(_current("current_run()"))


def run_info(execution: Execution) -> RunInfo:
    """What a body may know of the run of `execution`."""
    run = execution.assignment
    return RunInfo(
        id=run.run_id,
        task=run.task,
        attempt=run.attempt,
        max_attempts=run.max_attempts,
        queue=run.queue,
        concurrency_key=run.concurrency_key,
        tags=run.tags,
        environment=run.environment,
        created_at=run.created_at,
        depth=run.depth,
        parent_id=run.parent_id,
        root_id=run.root_id or run.run_id,
        batch_id=run.batch_id,
        idempotency_key=run.idempotency_key,
        machine=run.machine,
    )


def _current(what: str) -> Execution:
    execution = current_execution()
    if execution is None:
        raise NotDurableHere(f"{what} needs a run around it")
    return execution
