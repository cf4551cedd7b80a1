"""Triggers that name a run which may exist: by an idempotency key, or by a debounce key while that run has not started.

An idempotency key wins over a debounce key: a trigger that it names changes nothing. A debounced trigger pushes the run's
start to its own delay from now; `trailing` also gives the run its data.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.ids import RunId
from runcast.domain.run import Debounce, NewRun, Triggered
from runcast.gateway import TaskInfo
from runcast.store import blobs, changes, run_tags
from runcast.store.rows import DebouncedRun, Known
from runcast.store.script import Due, Script, call

_ENCODE = msgspec.json.Encoder().encode


class Push(msgspec.Struct, frozen=True):
    """A run that waits for its debounce, as the newest of several triggers leaves it."""

    run: DebouncedRun
    available_at: int
    data: NewRun | None = None
    """Replaces the run's own."""


class Named(msgspec.Struct):
    """What became of triggers."""

    now: int
    fresh: list[NewRun] = []
    """Those that make a run."""
    found: dict[str, Triggered] = {}
    pushes: dict[str, Push] = {}
    keys: list[tuple[NewRun, RunId]] = []
    """Idempotency keys that are new, with the run that each stands for."""


def find_named(environment: str, runs: Sequence[NewRun], now: int) -> Script[Named]:
    """Decide for each trigger, in order, whether it makes a run: also those of one call name each other."""
    owners = yield from _owners(environment, runs, now)
    waiting = yield from _waiting(environment, runs, now)
    named = Named(now)
    for run in runs:
        owner = owners.get((run.task, run.idempotency_key))
        if owner is not None and owner == run.adopts:
            # A retry of its parent asks for it again because that run failed: the key goes over to the new one.
            owner = None
        if owner is None and run.debounce is not None:
            owner = _debounced(named, waiting, run, run.debounce)
            if owner is not None and run.idempotency_key is not None:
                named.keys.append((run, owner))
        if owner is None:
            named.fresh.append(run)
            if run.idempotency_key is not None:
                named.keys.append((run, run.id))
        else:
            named.found[run.id] = Triggered(owner, cached=True)
        if run.idempotency_key is not None:
            owners[run.task, run.idempotency_key] = owner or run.id
    return named


def save_named(environment: str, named: Named, tasks: dict[str, TaskInfo], now: int) -> Script[None]:
    """Write the keys, and push what was debounced. The runs that are fresh are stored by the caller."""
    if named.keys:
        yield call("put_keys", rows=[_key_row(environment, run, owner, now) for run, owner in named.keys])
    debounced = [run for run in named.fresh if run.debounce is not None]
    if debounced:
        rows = [(environment, run.task, run.debounce.key, run.id) for run in debounced if run.debounce is not None]
        yield call("put_debounces", rows=rows)
    if named.pushes:
        yield from _push(list(named.pushes.values()), tasks, now)


def _owners(environment: str, runs: Sequence[NewRun], now: int) -> Script[dict[tuple[str, str | None], RunId]]:
    keys = [[run.task, run.idempotency_key] for run in runs if run.idempotency_key is not None]
    if not keys:
        return {}
    known: list[Known] = yield call("known_keys", environment=environment, keys=keys, now=now)
    return {(row.task, row.key): RunId(row.run_id) for row in known}


def _waiting(environment: str, runs: Sequence[NewRun], now: int) -> Script[dict[tuple[str, str], DebouncedRun]]:
    keys = [[run.task, run.debounce.key] for run in runs if run.debounce is not None]
    if not keys:
        return {}
    rows: list[DebouncedRun] = yield call("debounced_runs", environment=environment, keys=keys, now=now)
    return {(row.task, row.key): row for row in rows}


def _debounced(
    named: Named, waiting: dict[tuple[str, str], DebouncedRun], new: NewRun, debounce: Debounce
) -> RunId | None:
    """The run that this trigger pushes, or None: it makes one, for which the key stands from now on."""
    place = (new.task, debounce.key)
    run = waiting.get(place)
    at = named.now + debounce.delay_ms
    late = run is not None and debounce.max_delay_ms is not None and at > run.created_at + debounce.max_delay_ms
    if run is None or late:
        waiting[place] = DebouncedRun(new.task, debounce.key, new.id, "", "", 0, named.now, at)
        return None
    if not run.status:
        _push_fresh(named, run.id, new, debounce)
    else:
        before = named.pushes.get(run.id)
        data = new if debounce.trailing else before.data if before is not None else None
        named.pushes[run.id] = Push(run, at, data)
    return RunId(run.id)


def _push_fresh(named: Named, run_id: str, new: NewRun, debounce: Debounce) -> None:
    """The run is made by the same call: it starts as if it had been pushed."""
    index = next(index for index, run in enumerate(named.fresh) if run.id == run_id)
    first = named.fresh[index]
    data = new if debounce.trailing else first
    named.fresh[index] = msgspec.structs.replace(
        first,
        debounce=debounce,
        payload=data.payload,
        metadata=data.metadata,
        tags=data.tags,
        max_attempts=data.max_attempts,
        max_duration_ms=data.max_duration_ms,
        machine=data.machine,
    )


def _key_row(environment: str, run: NewRun, owner: RunId, now: int) -> tuple[object, ...]:
    expires = None if run.idempotency_ttl_ms is None else now + run.idempotency_ttl_ms
    return (environment, run.task, run.idempotency_key, owner, expires)


def _push(pushes: Sequence[Push], tasks: dict[str, TaskInfo], now: int) -> Script[None]:
    replaced: list[list[object]] = []
    for push in pushes:
        if push.data is not None:
            replaced.append((yield from _data_row(push.run.id, push.data, tasks.get(push.data.task))))
    if replaced:
        ids = [push.run.id for push in pushes if push.data is not None]
        yield from run_tags.unindex(ids)
        yield call("replace_data", rows=replaced)
        yield from run_tags.index(ids)
    yield call("push_runs", rows=[[push.run.id, push.available_at] for push in pushes])
    yield from changes.append(
        [(push.run.id, push.run.root_id, push.run.version + 1, "status", push.run.status, now) for push in pushes]
    )
    yield Due(min(push.available_at for push in pushes))


def _data_row(run_id: str, data: NewRun, info: TaskInfo | None) -> Script[list[object]]:
    payload = yield from blobs.stow(run_id, data.payload, "payload")
    attempts, duration, machine = of_task(data, info)
    return [run_id, payload, data.metadata, _ENCODE(data.tags).decode(), attempts, duration, machine]


def of_task(run: NewRun, info: TaskInfo | None) -> tuple[int, int | None, str | None]:
    """Attempts, duration and machine: the trigger's, else the task's; 0 and None until that is known."""
    if info is None:
        return run.max_attempts or 0, run.max_duration_ms, run.machine
    return (
        run.max_attempts or info.max_attempts,
        info.max_duration_ms if run.max_duration_ms is None else run.max_duration_ms,
        run.machine or info.machine,
    )
