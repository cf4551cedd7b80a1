"""Runs and entries to draw: a parent with children in every state."""

from __future__ import annotations

from typing import Any

from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId
from runcast.domain.run import Run, RunStatus

START = 1_700_000_000_000
ROOT = RunId("run_01hf5a1b2crootrootaaa")


def sample_run(id: str = ROOT, task: str = "research", status: RunStatus = RunStatus.EXECUTING, **fields: Any) -> Run:
    """A run that started at `START`; any field may be given."""
    values: dict[str, Any] = {
        "id": RunId(id),
        "environment": "dev",
        "task": task,
        "queue": "default",
        "concurrency_key": "",
        "status": status,
        "payload": "{}",
        "output": None,
        "error": None,
        "metadata": "{}",
        "tags": (),
        "attempt": 1,
        "max_attempts": 3,
        "epoch": 1,
        "version": 1,
        "priority_ms": 0,
        "worker_id": None,
        "created_at": START,
        "available_at": START,
        "started_at": START,
        "finished_at": None,
        "expires_at": None,
        "executing_ms": 0,
        "max_duration_ms": None,
        "deaths": 0,
        "parked_reason": None,
        "parent_id": None,
        "parent_key": None,
        "root_id": ROOT,
        "depth": 0,
        "batch_id": None,
        "batch_position": 0,
        "idempotency_key": None,
        "resumed_from": None,
        "continued_by": None,
        "counts": None,
    }
    return Run(**values | fields)


def sample_child(number: int, status: RunStatus, **fields: Any) -> Run:
    """The `number`-th child of `ROOT`, named `enrich`."""
    if status in (RunStatus.COMPLETED, RunStatus.FAILED):
        fields = {"finished_at": START + 500} | fields
    if status is RunStatus.FAILED:
        fields = {"error": ErrorInfo("builtins.ValueError", f"row {number} has no name")} | fields
    if status is RunStatus.QUEUED:
        fields = {"started_at": None, "attempt": 0} | fields
    return sample_run(
        f"run_01hf5a1b2cchild{number:06}",
        "enrich",
        status,
        parent_id=ROOT,
        batch_position=number,
        payload=f'{{"domain": "{number}.example"}}',
        **fields,
    )
