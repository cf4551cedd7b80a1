"""What is known of the list's run and of its companies' runs, folded from what one sees of them; no output."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from runcast import RunSnapshot, RunStatus

LATEST_KEPT = 6
LIVE = {
    RunStatus.EXECUTING: "running",
    RunStatus.DEQUEUED: "running",
    RunStatus.WAITING: "waiting",
}
STATES = ("done", "failed", "running", "waiting", "queued")
"""What a company's run can be, as the terminal says it, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class CompanyRun:
    """One company's run at one moment."""

    id: str
    row: int
    company: str
    state: str
    """One of `STATES`."""
    percent: float
    step: str
    found: dict[str, Any]
    """The output of a run that is done."""
    reason: str
    """Why a run failed."""


@dataclass(slots=True)
class Board:
    """All companies' runs by id, and which finished last."""

    total: int
    companies: dict[str, CompanyRun] = field(default_factory=dict)
    latest: deque[CompanyRun] = field(default_factory=lambda: deque(maxlen=LATEST_KEPT))
    counts: Counter[str] = field(default_factory=Counter)
    """Companies by state, of those that have a run."""

    def apply(self, snapshot: RunSnapshot[Any]) -> CompanyRun | None:
        """Take a newer state of a company's run; returns it when it has just finished."""
        seen = company_run(snapshot)
        before = self.companies.get(seen.id)
        self.companies[seen.id] = seen
        self.counts[seen.state] += 1
        if before is not None:
            self.counts[before.state] -= 1
        if seen.state not in ("done", "failed") or (before is not None and before.state == seen.state):
            return None
        self.latest.append(seen)
        return seen

    def count(self, state: str) -> int:
        """How many companies are in a state; those without a run yet are queued."""
        without_run = self.total - len(self.companies) if state == "queued" else 0
        return without_run + self.counts[state]

    @property
    def finished(self) -> int:
        return self.count("done") + self.count("failed")

    @property
    def running(self) -> list[CompanyRun]:
        """Companies that are being enriched right now, in the order of the list."""
        return sorted((one for one in self.companies.values() if one.state == "running"), key=lambda one: one.row)

    @property
    def failed(self) -> list[CompanyRun]:
        """Companies that failed, in the order of the list."""
        return sorted((one for one in self.companies.values() if one.state == "failed"), key=lambda one: one.row)


def company_run(snapshot: RunSnapshot[Any]) -> CompanyRun:
    """What the terminal shows of one company's run."""
    company = snapshot.payload["company"]
    return CompanyRun(
        id=snapshot.id,
        row=company["row"],
        company=company["company"],
        state=_state(snapshot),
        percent=float(snapshot.metadata.get("progress", 0)),
        step=str(snapshot.metadata.get("currentStep", "")),
        found=snapshot.output or {},
        reason=_reason(snapshot),
    )


def _state(snapshot: RunSnapshot[Any]) -> str:
    if snapshot.is_final:
        return "done" if snapshot.ok else "failed"
    return LIVE.get(snapshot.status, "queued")


def _reason(snapshot: RunSnapshot[Any]) -> str:
    error = snapshot.error
    if error is None:
        return snapshot.label if snapshot.is_final and not snapshot.ok else ""
    return error.user_message or f"{error.name}: {error.message}"
