"""The status of a lead: that of its run, in the words of people who know no runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from runcast import InvalidInput
from runcast.apps.leads.contract import Options
from runcast.apps.leads.plan import STREAMS, StepKey, StepState, plan
from runcast.apps.leads.rows import LeadRow


class LeadStatus(StrEnum):
    """Where a lead is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """For a person's approval."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    ARCHIVED = "archived"
    """Its run is no longer kept; what was made is."""


_RUNS = {
    LeadStatus.QUEUED: ("DELAYED", "PENDING_VERSION", "QUEUED", "DEQUEUED"),
    LeadStatus.RUNNING: ("EXECUTING", "WAITING"),
    LeadStatus.WAITING: ("WAITING",),
    LeadStatus.COMPLETED: ("COMPLETED",),
    LeadStatus.FAILED: ("FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT", "EXPIRED"),
    LeadStatus.CANCELED: ("CANCELED",),
    LeadStatus.ARCHIVED: ("",),
}
LIVE = frozenset({LeadStatus.QUEUED, LeadStatus.RUNNING, LeadStatus.WAITING})


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a lead's run says of itself in its metadata."""

    progress: float = 0
    current_step: str = msgspec.field(default="", name="currentStep")
    awaits: str = ""


def read_status(row: LeadRow) -> LeadStatus:
    """The lead's, by its run's."""
    if row.status is None:
        return LeadStatus.ARCHIVED
    if row.status == "WAITING" and read_progress(row).awaits:
        return LeadStatus.WAITING
    if row.status == "EXECUTING" or (row.status == "QUEUED" and read_metadata(row).get("progress")):
        return LeadStatus.RUNNING
    return next(
        (status for status, runs in _RUNS.items() if row.status in runs and status is not LeadStatus.WAITING),
        LeadStatus.FAILED,
    )


def run_statuses(asked: str) -> tuple[list[str] | None, int]:
    """What the statuses of a comma list are among runs: their statuses, and whether those that wait for a person are
    meant (0: no matter, 1: only those, 2: only others). Raises `InvalidInput`.

    >>> run_statuses("failed,canceled")[1]
    0
    """
    if not asked:
        return None, 0
    try:
        wanted = {LeadStatus(word.strip()) for word in asked.split(",")}
    except ValueError as error:
        raise InvalidInput(f"a lead's status is one of {', '.join(LeadStatus)}, got {asked[:100]!r}") from error
    runs = sorted({run for status in wanted for run in _RUNS[status]})
    if wanted == {LeadStatus.WAITING}:
        return runs, 1
    return runs, 2 if LeadStatus.RUNNING in wanted and LeadStatus.WAITING not in wanted else 0


def read_metadata(row: LeadRow) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(row.metadata) if row.metadata else {}
    return found


def read_progress(row: LeadRow) -> Progress:
    return msgspec.json.decode(row.metadata, type=Progress) if row.metadata else Progress()


def read_options(row: LeadRow) -> Options:
    return msgspec.json.decode(row.options, type=Options)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a lead, done or to come."""

    key: StepKey
    title: str
    status: str
    state: StepState | None
    stream: str


def read_steps(row: LeadRow) -> list[Step]:
    """The plan with what came of it; what was running when the run ended badly ended with it."""
    metadata, status = read_metadata(row), read_status(row)
    steps = []
    for planned in plan(read_options(row)):
        found = metadata.get(f"step.{planned.key}")
        state = None if found is None else msgspec.convert(found, StepState)
        steps.append(
            Step(
                key=planned.key,
                title=planned.title,
                status=_step_status(state, status),
                state=state,
                stream=STREAMS.get(planned.key, ""),
            )
        )
    return steps


def _step_status(state: StepState | None, lead: LeadStatus) -> str:
    if state is None:
        return "canceled" if lead is LeadStatus.CANCELED else "pending"
    if state.status in ("running", "waiting") and lead not in LIVE:
        return "canceled" if lead is LeadStatus.CANCELED else "failed"
    return state.status
