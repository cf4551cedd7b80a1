"""Runs that waited for a task which a worker now knows take their place in its queue."""

from __future__ import annotations

from runcast.domain.limits import NEVER_MS, PAGE_ROWS_MAX
from runcast.domain.run import RunStatus
from runcast.gateway import TaskInfo
from runcast.store import changes
from runcast.store.enqueue import Turns, find_turns
from runcast.store.rows import PendingRun
from runcast.store.script import Due, Script, call


def know(environment: str, tasks: dict[str, TaskInfo], now: int) -> Script[None]:
    """Queue or delay every run that is pending for one of `tasks`, with what its trigger left to the task."""
    names = [[name] for name in tasks]
    while True:
        runs: list[PendingRun] = yield call("pending_runs", environment=environment, tasks=names, limit=PAGE_ROWS_MAX)
        if not runs:
            return
        pairs = {(run.queue or tasks[run.task].queue, run.concurrency_key) for run in runs}
        turns = yield from find_turns(environment, pairs)
        rows = [_row(run, tasks[run.task], turns, now) for run in runs]
        yield call("know_runs", rows=rows)
        yield from turns.save(environment)
        yield from changes.append(
            [
                (run.id, run.root_id, run.version + 1, "status", str(row[1]), now)
                for run, row in zip(runs, rows, strict=True)
            ]
        )
        for run in runs:
            if run.available_at > now:
                yield Due(run.available_at)


def _row(run: PendingRun, info: TaskInfo, turns: Turns, now: int) -> list[object]:
    """The columns of `know_runs`. A run that named its queue has a turn there; it takes a new one, as if it came now."""
    status = RunStatus.DELAYED if run.available_at > now else RunStatus.QUEUED
    queue = run.queue or info.queue
    expires = run.expires_at
    if expires is None and info.ttl_ms:
        expires = max(now, run.available_at) + info.ttl_ms
    elif expires is not None and expires > NEVER_MS // 2:
        # No ttl, as its trigger said; a run that was moved meanwhile has moved that too.
        expires = None
    attempts = run.max_attempts or info.max_attempts
    duration = info.max_duration_ms if run.max_duration_ms is None else run.max_duration_ms
    return [
        run.id,
        status.value,
        queue,
        turns.take(queue, run.concurrency_key),
        attempts,
        duration,
        expires,
        run.machine or info.machine,
    ]
