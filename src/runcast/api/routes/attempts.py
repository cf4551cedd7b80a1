"""How often a run was tried and who executes it; how long the runs of a task take; and going on past what failed."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.routes.details import NewRunView
from runcast.api.routes.runs import find_run
from runcast.api.times import moment
from runcast.api.views.error import ErrorView, show_error
from runcast.domain.ids import RunId
from runcast.domain.run import Run, RunStatus
from runcast.domain.trace import Attempt, Record, spans_of
from runcast.sdk.fresh_ids import fresh_id
from runcast.store import forced, past_runs


class AttemptView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One try of a run."""

    number: int
    started_at: datetime
    finished_at: datetime | UnsetType = UNSET
    """Absent: it goes on, or the run waits."""
    error: ErrorView | UnsetType = UNSET


class RunWorkerView(msgspec.Struct, frozen=True, rename="camel"):
    """The worker that executes a run, or did last."""

    id: str
    host: str
    pid: int
    code_version: str
    is_connected: bool


class StoppingView(msgspec.Struct, frozen=True):
    """Bodies, of a run that is final and of what it started, that have not ended: they hold their slots."""

    since: datetime
    """When the first of their runs ended."""
    bodies: int


class CountsView(msgspec.Struct, frozen=True):
    """How the items of a run ended, which it counted itself."""

    ok: int
    failed: int
    skipped: int
    outcome: str
    """`completed`, `partial` or `failed`."""


class AttemptsView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The tries of a run, oldest first, and what comes next."""

    data: tuple[AttemptView, ...]
    next_at: datetime | UnsetType = UNSET
    """When the next one begins, while the run waits for it."""
    worker: RunWorkerView | UnsetType = UNSET
    resumed_from_id: str | UnsetType = UNSET
    """The run that this one goes on from."""
    continued_by_id: str | UnsetType = UNSET
    """The run that goes on from this one."""
    parked_reason: str | UnsetType = UNSET
    """Why it needs a person before it goes on."""
    counts: CountsView | UnsetType = UNSET
    stopping: StoppingView | UnsetType = UNSET
    """Absent: nothing is left of it. A cancel with `force` frees their slots."""


class DurationsView(msgspec.Struct, frozen=True, rename="camel"):
    """How long the newest completed runs of a task took, from their first start to their end, waits included."""

    count: int
    p50_ms: int | UnsetType = UNSET
    p95_ms: int | UnsetType = UNSET


class SkipBody(msgspec.Struct, frozen=True, rename="camel"):
    """What counts as done, and with which result."""

    key: str
    """Of an entry of the journal, or the name of the only one that has it."""
    value: Any = None


@get("/api/v1/runs/{run_id:str}/attempts", tags=["Runs"], summary="List the attempts of a run")
async def attempts(run_id: FromPath[str], api: Api, caller: Caller) -> AttemptsView:
    """Each try with its error, when the next one begins, and the worker that executes the run."""
    caller.require("read")
    run = await find_run(api, caller, run_id)
    found, worker = await api.engine.store.read(partial(past_runs.attempts, run))
    held = await api.engine.store.read(partial(forced.held_below, [run.id])) if run.is_final else []
    is_between = run.status is RunStatus.DELAYED and run.attempt > 0
    return AttemptsView(
        data=show_attempts(run, found),
        next_at=moment(run.available_at) if is_between else UNSET,
        worker=UNSET
        if worker is None
        else RunWorkerView(worker.id, worker.host, worker.pid, worker.code_version, worker.stopped_at is None),
        resumed_from_id=run.resumed_from or UNSET,
        continued_by_id=run.continued_by or UNSET,
        parked_reason=run.parked_reason or UNSET,
        counts=UNSET
        if (counts := run.counts) is None
        else CountsView(counts.ok, counts.failed, counts.skipped, counts.outcome),
        stopping=StoppingView(moment(held[0].finished_at), len(held)) if held else UNSET,
    )


def show_attempts(run: Run, found: list[Attempt]) -> tuple[AttemptView, ...]:
    """As the trace of the run tells them."""
    spans = [span for span in spans_of([Record(run, found)]) if span.kind == "attempt"]
    return tuple(
        AttemptView(
            number=span.attempt or 0,
            started_at=moment(span.started_at),
            finished_at=UNSET if span.finished_at is None else moment(span.finished_at),
            error=UNSET if span.error is None else show_error(span.error),
        )
        for span in spans
    )


@get("/api/v1/tasks/{task:str}/durations", tags=["Tasks"], summary="Read how long runs of a task take")
async def durations(task: FromPath[str], api: Api, caller: Caller) -> DurationsView:
    """Of the newest completed runs: what somebody who waits for the next one may expect."""
    caller.require("read")
    took = await api.engine.store.read(partial(past_runs.durations, caller.environment, task))
    if not took:
        return DurationsView(0)
    return DurationsView(len(took), _share(took, 0.5), _share(took, 0.95))


def _share(ordered: list[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@post("/api/v1/runs/{run_id:str}/skip", status_code=200, tags=["Runs"], summary="Resume a run past a step")
async def skip(run_id: FromPath[str], data: SkipBody, api: Api, caller: Caller) -> NewRunView:
    """A new run, which keeps what this one has done, and takes a value as the result of a step that failed."""
    caller.require("write")
    run = await find_run(api, caller, run_id, action="write")
    value = msgspec.json.encode(data.value).decode()
    return NewRunView((await api.engine.skip(run.id, RunId(fresh_id("run")), key=data.key, value=value)).id)


ROUTES = [attempts, durations, skip]
