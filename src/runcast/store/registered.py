"""What workers have said of themselves: the tasks of an environment, and the workers that are connected to it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.limits import PAGE_ROWS_MAX
from runcast.gateway import TaskInfo
from runcast.store.overview_rows import ExecutingRun, SeenTask, SeenWorker
from runcast.store.script import Script, call

_TASK = msgspec.json.Decoder(TaskInfo)


class DeclaredTask(msgspec.Struct, frozen=True):
    """A task, and when a worker last declared it."""

    info: TaskInfo
    seen_at: int


def find_task(environment: str, name: str) -> Script[DeclaredTask | None]:
    row: SeenTask | None = yield call("task_in", environment=environment, name=name)
    return None if row is None else _read(row)


def tasks(environment: str) -> Script[Sequence[DeclaredTask]]:
    """By name."""
    rows: list[SeenTask] = yield call("tasks_in", environment=environment, limit=PAGE_ROWS_MAX)
    return [_read(row) for row in rows]


def workers(environment: str) -> Script[Sequence[SeenWorker]]:
    """Those that are connected, the longest-lived first."""
    rows: list[SeenWorker] = yield call("workers_in", environment=environment, limit=PAGE_ROWS_MAX)
    return rows


def executing(environment: str) -> Script[Sequence[ExecutingRun]]:
    """What workers execute, the longest first."""
    rows: list[ExecutingRun] = yield call("executing_in", environment=environment, limit=PAGE_ROWS_MAX)
    return rows


def _read(row: SeenTask) -> DeclaredTask:
    return DeclaredTask(_TASK.decode(row.info), row.seen_at)
