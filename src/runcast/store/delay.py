"""Moves the start of a run that has not started."""

from __future__ import annotations

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.run import Run, RunStatus
from runcast.store import changes, reads
from runcast.store.script import Due, Script, call


def reschedule(run_id: str, at: int, now: int) -> Script[Run]:
    """Let a delayed run start at `at` (ms); its ttl moves with it. Raises `NotFound`, `Conflict`."""
    run = yield from reads.find_run(run_id)
    if run is None:
        raise NotFound(f"no run {run_id}")
    if not _is_delayed(run, now):
        state = "has started" if run.attempt else f"is {run.label.lower()}"
        raise Conflict(f"run {run_id} {state}: only a run that is delayed and has not started can be rescheduled")
    yield call("push_runs", rows=[[run_id, at]])
    yield from changes.append([(run.id, run.root_id, run.version + 1, "status", run.status.value, now)])
    yield Due(at)
    moved = yield from reads.find_run(run_id)
    assert moved is not None
    return moved


def _is_delayed(run: Run, now: int) -> bool:
    """Also a run whose task nobody knows yet may still be delayed."""
    if run.attempt:
        return False
    return run.status is RunStatus.DELAYED or (run.status is RunStatus.PENDING_VERSION and run.available_at > now)
