"""What runs were before: the attempts of one, and how long those of a task took."""

from __future__ import annotations

from runcast.domain.run import Run
from runcast.domain.trace import Attempt
from runcast.store.overview_rows import PastRun, RunWorker
from runcast.store.script import Script, call

SCANNED_MAX = 5_000
"""Newest runs of all environments among which those of a task are looked for."""
SAMPLES_MAX = 50


def attempts(run: Run) -> Script[tuple[list[Attempt], RunWorker | None]]:
    """Those that were followed by another, and who executes the run."""
    found: list[Attempt] = yield call("attempts_of", run_id=run.id)
    worker: RunWorker | None = None
    if run.worker_id is not None:
        worker = yield call("worker_of", id=run.worker_id)
    return found, worker


def durations(environment: str, task: str) -> Script[list[int]]:
    """Milliseconds from start to end of the newest completed runs, the shortest first."""
    rows: list[PastRun] = yield call(
        "past_runs", environment=environment, task=task, scanned=SCANNED_MAX, limit=SAMPLES_MAX
    )
    return sorted(row.took_ms for row in rows)
