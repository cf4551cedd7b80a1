"""Workers come, renew their lease, and go; what the dead held is taken back in one statement."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.errors import LostOwnership
from runcast.domain.run import RunStatus
from runcast.gateway import Hello
from runcast.store import alerts, changes, queues, schedule_changes
from runcast.store.known import know
from runcast.store.report import hand_back
from runcast.store.rows import Holding, Process, WorkerRow
from runcast.store.script import READY, Script, call

_ENCODE = msgspec.json.Encoder().encode


def hello(worker: Hello, now: int, lease_ms: int) -> Script[int | None]:
    """Register a worker, its tasks and its queues; runs that waited for one of its tasks are queued.

    When the first of the schedules that it declares ticks next, None without one.
    """
    yield call(
        "put_worker",
        rows=[
            (worker.worker_id, worker.environment, int(worker.embedded), worker.pid, worker.host, worker.code_version,
             None if worker.labels is None else _ENCODE(worker.labels).decode(), now, now + lease_ms, None)
        ],
    )  # fmt: skip
    if worker.tasks:
        yield call(
            "put_tasks",
            rows=[(worker.environment, task.name, _ENCODE(task).decode(), now) for task in worker.tasks],
        )
    if worker.queues:
        yield from queues.declare(worker.environment, worker.queues)
    # A task that only names its queue says nothing of the limits that other code may declare.
    yield call("add_queues", rows=[(worker.environment, task.queue) for task in worker.tasks])
    yield from know(worker.environment, {task.name: task for task in worker.tasks}, now)
    yield from alerts.declare(worker, now)
    next_tick = yield from schedule_changes.sync(worker, now)
    yield READY
    return next_tick


def renew(worker_id: str, now: int, lease_ms: int) -> Script[None]:
    """Raises `LostOwnership` when the lease was already taken, or is 0: the database lost what was told last."""
    row: WorkerRow | None = yield call("worker", id=worker_id)
    if row is None or row.stopped_at is not None or row.lease_until == 0:
        raise LostOwnership(f"worker {worker_id} was declared dead: its lease ran out. Open a new session.")
    yield call("renew_worker", id=worker_id, lease_until=now + lease_ms)


def bound_leases(until: int) -> Script[None]:
    """No lease lasts longer than one that is given now: after a clock was turned back it would."""
    yield call("bound_leases", until=until)


def processes() -> Script[list[Process]]:
    """Where live workers run that have a process of their own."""
    rows: list[Process] = yield call("processes")
    return rows


def find_dead(now: int, *, boot: bool = False, gone: Sequence[Process] = ()) -> Script[list[str]]:
    """Workers whose lease ran out or whose process is `gone`; at `boot` also all of the engine's own process."""
    rows: list[WorkerRow] = yield call(
        "dead_workers", now=now, boot=int(boot), gone=[[process.pid, process.host] for process in gone]
    )
    return [row.id for row in rows]


def rescue(worker_ids: Sequence[str], now: int, *, deaths: bool) -> Script[int]:
    """Take back what workers held; how many runs. `deaths`: they died, rather than left in good order."""
    ids = [[id] for id in worker_ids]
    yield call("stop_workers", now=now, ids=ids)
    held: list[Holding] = yield call("held_by", ids=ids)
    executing = [run for run in held if run.status == RunStatus.EXECUTING]
    ended = [run for run in held if run.status != RunStatus.EXECUTING]
    if ended:
        yield call("release_slots", ids=[[run.id] for run in ended])
        yield from changes.let_go(ended, now)
    if executing:
        if deaths:
            # A run that had a process of its own did not kill its worker: its deaths alone are reported as `Died`.
            yield call("count_deaths", ids=[[run.id] for run in executing])
        yield from hand_back([(run, 0) for run in executing], now)
    residents: list[Holding] = yield call("residents", ids=ids)
    if residents:
        yield call("drop_residents", ids=ids)
        yield from changes.let_go([run for run in residents if run.status == RunStatus.QUEUED], now)
    yield READY
    return len(executing)
