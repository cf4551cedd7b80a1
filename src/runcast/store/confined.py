"""Reads for callers of one environment: what of that which they name belongs to another."""

from __future__ import annotations

from collections.abc import Iterable

from runcast.domain.journal import Wait
from runcast.store.rows import Name
from runcast.store.script import Script, call


def find_elsewhere(environment: str, ids: Iterable[str]) -> Script[str | None]:
    """One of these runs, waits and batches that is of another environment; what does not exist is nobody's."""
    rows = [[id] for id in dict.fromkeys(ids)]
    for query in ("runs_elsewhere", "waits_elsewhere", "batches_elsewhere"):
        found: list[Name] = yield call(query, ids=rows, environment=environment)
        if found:
            return found[0].name
    return None


def worker_environment(worker_id: str) -> Script[str | None]:
    """Where a worker was opened; None for one that nobody knows."""
    environment: str | None = yield call("worker_environment", id=worker_id)
    return environment


def artifact_environment(artifact_id: str) -> Script[str | None]:
    environment: str | None = yield call("artifact_environment", id=artifact_id)
    return environment


def file_environment(file_id: str) -> Script[str | None]:
    environment: str | None = yield call("file_environment", id=file_id)
    return environment


def open_waits(environment: str, limit: int) -> Script[list[Wait]]:
    """Waits that nobody completed, oldest first."""
    waits: list[Wait] = yield call("open_waits_in", environment=environment, limit=limit)
    return waits
