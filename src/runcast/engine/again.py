"""Running something again: from the start (replay), from where it ended (resume), from a chosen place (fork)."""

from __future__ import annotations

from functools import partial

import msgspec

from runcast.domain.errors import Conflict, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import PAYLOAD_BYTES_MAX
from runcast.domain.origin import Origin, read_origin, write_origin
from runcast.domain.run import NewRun, Run, RunStatus, Triggered
from runcast.engine.enqueue import check_json
from runcast.store import changes, reads
from runcast.store.enqueue import enqueue
from runcast.store.rows import Place
from runcast.store.script import READY, Script, call
from runcast.store.store import Store


async def replay(store: Store, run_id: RunId, new_id: RunId, payload: str | None) -> Triggered:
    """A new run of the same task and options. Raises `NotFound`."""
    if payload is not None:
        check_json("payload", payload, PAYLOAD_BYTES_MAX)
    return await store.write(partial(_replay, run_id, new_id, payload, store.clock.now_ms()))


async def resume(store: Store, run_id: RunId, new_id: RunId) -> Triggered:
    """Go on from what is done. Raises `NotFound`, and `Conflict` for a run that is alive or completed."""
    return await store.write(partial(resume_run, run_id, new_id, store.clock.now_ms()))


async def fork(store: Store, run_id: RunId, new_id: RunId, from_key: str, payload: str | None) -> Triggered:
    """A new run that takes over what was done before `from_key`. Raises `NotFound`."""
    if payload is not None:
        check_json("payload", payload, PAYLOAD_BYTES_MAX)
    return await store.write(partial(_fork, run_id, new_id, from_key, payload, store.clock.now_ms()))


def _copy(run: Run, new_id: RunId, payload: str) -> NewRun:
    return NewRun(
        new_id,
        run.task,
        payload,
        queue=run.queue or None,
        concurrency_key=run.concurrency_key,
        priority_ms=run.priority_ms,
        tags=run.tags,
        max_attempts=run.max_attempts or None,
        max_duration_ms=run.max_duration_ms,
        environment=run.environment,
        machine=run.machine,
    )


def repeat(run: Run, new_id: RunId, *, region: str | None = None, bulk_action: str | None = None) -> NewRun:
    """The run anew, as it was triggered. Its idempotency key stays with the first."""
    before = read_origin(run.origin)
    origin = Origin(
        payload_meta=before.payload_meta,
        is_test=before.is_test,
        region=region or before.region,
        metadata=before.metadata,
        replayed=run.id,
        bulk_action=bulk_action,
    )
    copy = _copy(run, new_id, run.payload)
    return msgspec.structs.replace(copy, metadata=before.metadata or "{}", origin=write_origin(origin))


def _get(run_id: str) -> Script[Run]:
    run = yield from reads.find_run(run_id)
    if run is None:
        raise NotFound(f"no run {run_id}")
    return run


def _replay(run_id: RunId, new_id: RunId, payload: str | None, now: int) -> Script[Triggered]:
    run = yield from _get(run_id)
    answers = yield from enqueue([_copy(run, new_id, run.payload if payload is None else payload)], now)
    return answers[0]


def resume_run(run_id: RunId, new_id: RunId, now: int) -> Script[Triggered]:
    """The script of `resume`. What it raises it raises before it changes anything."""
    run = yield from _get(run_id)
    if run.status == RunStatus.WAITING and run.parked_reason is not None:
        yield call("unpark", id=run_id)
        yield from changes.append([(run.id, run.root_id, run.version + 1, "status", "QUEUED", now)])
        yield READY
        return Triggered(run_id)
    if not run.is_final or run.status == RunStatus.COMPLETED:
        raise Conflict(f"run {run_id} is {run.label.lower()}: only a failed, canceled or parked run can be resumed")
    if run.continued_by is not None:
        raise Conflict(f"run {run_id} was resumed already, by {run.continued_by}")
    again = msgspec.structs.replace(_copy(run, new_id, run.payload), adopts=run_id, resumed_from=run_id)
    answers = yield from enqueue([again], now)
    return answers[0]


def _fork(run_id: str, new_id: RunId, from_key: str, payload: str | None, now: int) -> Script[Triggered]:
    run = yield from _get(run_id)
    place = yield from _find_place(run_id, from_key)
    copy = _copy(run, new_id, run.payload if payload is None else payload)
    answers = yield from enqueue([msgspec.structs.replace(copy, resumed_from=run_id)], now)
    failed = run.error.keys if run.error is not None else ()
    yield call(
        "adopt_before",
        run_id=new_id,
        adopts=run_id,
        position=place.position,
        failed=[[key] for key in failed],
        same_payload=int(payload is None),
    )
    count: int = yield call("count_entries", run_id=new_id)
    if count:
        yield call("set_journaled", run_id=new_id, count=count)
    yield call("adopt_step_effects", run_id=new_id, adopts=run_id)
    yield call("adopt_blobs", run_id=new_id, adopts=run_id)
    yield call("adopt_messages", run_id=new_id, adopts=run_id)
    if run.is_final:
        yield call("set_continued", id=run_id, by=new_id)
    return answers[0]


def _find_place(run_id: str, from_key: str) -> Script[Place]:
    """The entry of that key, or the only one of that name."""
    found: list[Place] = yield call("places", run_id=run_id, key=from_key)
    exact = [place for place in found if place.key == from_key]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        keys = ", ".join(place.key for place in found[:5])
        raise NotFound(f"{len(found)} entries of run {run_id} are named {from_key!r}: give a key ({keys})")
    raise NotFound(f"the journal of run {run_id} has no entry {from_key!r}: `runcast runs show` lists its keys")
