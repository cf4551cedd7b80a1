"""Schedules come, change and go: created by a program, declared by a worker's code, paused and deleted by people."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runcast.domain.errors import Conflict, InvalidInput
from runcast.domain.schedule import (
    NewSchedule,
    ScheduleChanges,
    ScheduleId,
    ScheduleSettings,
    ScheduleState,
    ScheduleType,
    TickOutcome,
    declared_schedule_id,
    first_tick,
)
from runcast.gateway import Hello, TaskInfo
from runcast.store.rows import Name
from runcast.store.schedules import get, passed_row
from runcast.store.script import Script, call

_replace = msgspec.structs.replace


def put(new: NewSchedule, now: int) -> Script[ScheduleState]:
    """Create a schedule, or give the one of the same id or key these settings; a rule that stays keeps its next time.

    Raises `InvalidInput` for a rule that is none.
    """
    known: ScheduleState | None = yield call("find_schedule", id=new.id)
    if known is None and new.deduplication_key is not None:
        known = yield call("schedule_by_key", environment=new.environment, key=new.deduplication_key)
    if known is None:
        schedule = _create(
            new.id, new.environment, ScheduleType.IMPERATIVE, new.task, new.settings, now,
            key=new.deduplication_key, paused=not new.active,
        )  # fmt: skip
        yield from _save([schedule])
        return schedule
    _refuse_declared(known)
    return (yield from _store(known, _with(known, new.task, new.settings, now), now))


def update(schedule_id: str, changes: ScheduleChanges, now: int) -> Script[ScheduleState]:
    """Change what `changes` names. Raises `NotFound`, and `Conflict` for a schedule that code declares."""
    known = yield from get(schedule_id)
    _refuse_declared(known)
    given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
    task = given.pop("task", known.task)
    return (yield from _store(known, _with(known, task, _replace(known.settings, **given), now), now))


def set_paused(schedule_id: str, now: int, *, paused: bool) -> Script[ScheduleState]:
    """Pause, or resume from now on: what would have ticked meanwhile is not caught up. Raises `NotFound`."""
    known = yield from get(schedule_id)
    if known.paused == paused:
        return known
    changed = _replace(known, paused=paused, revision=known.revision + 1, updated_at=now)
    return (yield from _store(known, _timed(changed, now), now))


def delete(schedule_id: str) -> Script[None]:
    """Remove a schedule with its ticks; its runs stay. Raises `NotFound`, and `Conflict` for a declared one."""
    known = yield from get(schedule_id)
    if not known.removed:
        _refuse_declared(known)
    yield call("delete_ticks", id=schedule_id)
    yield call("delete_schedule", id=schedule_id)


def give_up(schedule: ScheduleState, problem: str, now: int) -> Script[None]:
    """A schedule that cannot tick says why, and stops."""
    known: ScheduleState | None = yield call("find_schedule", id=schedule.id)
    if known != schedule:
        return
    stopped = _replace(schedule, problem=problem, next_at=None, revision=schedule.revision + 1, updated_at=now)
    yield from _store(schedule, stopped, now)


# --- what code declares


def sync(worker: Hello, now: int) -> Script[int | None]:
    """Make the declared schedules those of a worker's code; the first of their next times, None without one.

    A schedule is removed when its task comes without one, or when whoever declared it last is gone and this worker
    does not know its task.
    """
    rows: list[ScheduleState] = yield call("declared_schedules", environment=worker.environment)
    known = {row.task: row for row in rows}
    if not known and not any(task.schedule for task in worker.tasks):
        return None
    forsaken: list[Name] = yield call("forsaken_schedules", environment=worker.environment)
    gone = {row.name for row in forsaken}
    tasks = {task.name: task for task in worker.tasks}
    found = [_declare(worker, task, known.get(name), now) for name, task in tasks.items()]
    lost = [row for row in rows if row.id in gone and row.task not in tasks]
    changed = [row for row in found if row is not None and row != known.get(row.task)]
    changed += [_remove(row, now) for row in lost]
    yield from _drop_kept([(known[row.task], row) for row in changed if row.task in known], now)
    if changed:
        yield from _save(changed)
    return min((row.next_at for row in changed if row.next_at is not None), default=None)


def _declare(worker: Hello, task: TaskInfo, known: ScheduleState | None, now: int) -> ScheduleState | None:
    settings = task.schedule
    if settings is None:
        return None if known is None or known.removed else _remove(known, now)
    if known is None:
        id = declared_schedule_id(worker.environment, task.name)
        return _create(
            id, worker.environment, ScheduleType.DECLARATIVE, task.name, settings, now, declared_by=worker.worker_id
        )
    declared = _replace(known, declared_by=worker.worker_id)
    if known.settings == settings and not known.removed and not known.problem:
        return declared
    # A deploy that takes a moment is a downtime like any other: `catch_up` decides.
    since = max(known.last_at or 0, known.updated_at) if known.removed and _same_rule(known, settings) else now
    return _timed(_given(_replace(declared, removed=False), settings, now), since)


def _remove(known: ScheduleState, now: int) -> ScheduleState:
    return _replace(known, removed=True, next_at=None, kept_at=None, revision=known.revision + 1, updated_at=now)


# --- parts


def _create(
    id: ScheduleId,
    environment: str,
    type: ScheduleType,
    task: str,
    settings: ScheduleSettings,
    now: int,
    *,
    key: str | None = None,
    paused: bool = False,
    declared_by: str | None = None,
) -> ScheduleState:
    fields = {name: getattr(settings, name) for name in settings.__struct_fields__}
    blank = ScheduleState(
        id=id, environment=environment, type=type, task=task, deduplication_key=key, paused=paused, removed=False,
        problem=None, next_at=None, last_at=None, kept_at=None, revision=1, declared_by=declared_by, created_at=now,
        updated_at=now, **fields,
    )  # fmt: skip
    return _timed(blank, now)


def _with(known: ScheduleState, task: str, settings: ScheduleSettings, now: int) -> ScheduleState:
    if known.task == task and known.settings == settings:
        return known
    changed = _given(_replace(known, task=task), settings, now)
    return changed if _same_rule(known, settings) and not known.problem else _timed(changed, now)


def _given(known: ScheduleState, settings: ScheduleSettings, now: int) -> ScheduleState:
    """With other settings."""
    fields = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return _replace(known, **fields, revision=known.revision + 1, updated_at=now)


def _timed(schedule: ScheduleState, after: int) -> ScheduleState:
    """With its next time later than `after`. Raises `InvalidInput`, except for one that a worker declared."""
    if schedule.paused or schedule.removed:
        return _replace(schedule, next_at=None)
    try:
        return _replace(schedule, next_at=first_tick(schedule.settings, after), problem=None)
    except InvalidInput as error:
        if schedule.type is not ScheduleType.DECLARATIVE:
            raise
        # The worker's machine knew the zone: one schedule must not keep the worker from working.
        return _replace(schedule, next_at=None, problem=str(error))


def _same_rule(known: ScheduleState, settings: ScheduleSettings) -> bool:
    return (known.cron, known.timezone) == (settings.cron, settings.timezone)


def _store(before: ScheduleState, after: ScheduleState, now: int) -> Script[ScheduleState]:
    if after == before:
        return before
    if after.paused or after.removed or after.problem:
        after = _replace(after, kept_at=None)
    yield from _drop_kept([(before, after)], now)
    yield from _save([after])
    return after


def _drop_kept(pairs: Iterable[tuple[ScheduleState, ScheduleState]], now: int) -> Script[None]:
    """A tick that was kept for its predecessor's end, by a schedule that stops, is skipped."""
    rows = [
        passed_row(before.id, before.kept_at, TickOutcome.SKIPPED, now)
        for before, after in pairs
        if before.kept_at is not None and after.kept_at is None
    ]
    if rows:
        yield call("put_ticks", rows=rows)


_COLUMNS = (
    "id", "environment", "type", "task", "cron", "timezone", "overlap", "catch_up", "payload", "external_id",
    "window", "deduplication_key", "paused", "removed", "problem", "next_at", "last_at", "kept_at", "revision", "declared_by",
    "created_at", "updated_at",
)  # fmt: skip


def _save(schedules: Iterable[ScheduleState]) -> Script[None]:
    yield call("save_schedules", rows=[[_plain(getattr(row, name)) for name in _COLUMNS] for row in schedules])


def _plain(value: object) -> object:
    """As a column holds it: a truth is 0 or 1, a word of ours its text."""
    return value if value is None else int(value) if isinstance(value, bool) else msgspec.to_builtins(value)


def _refuse_declared(schedule: ScheduleState) -> None:
    if schedule.type is ScheduleType.DECLARATIVE:
        raise Conflict(
            f"schedule {schedule.id} is declared in the code of task {schedule.task!r}: change it there, or pause it"
        )
