"""What an end sets in motion: entries that waited for it are resolved, and their runs wake, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId
from runcast.domain.run import End, RunStatus
from runcast.gateway import News, Stop
from runcast.store import alerts, blobs, changes, forced, tallies
from runcast.store.claim import to_entries
from runcast.store.rows import Awaiting, Ended, Holding, JournalRow, Name, RunEnd, WaitEnd
from runcast.store.script import Freed, Ready, Script, Tell, call

_ENCODE = msgspec.json.Encoder().encode
_ERROR = msgspec.json.Decoder(ErrorInfo)

Resolution = tuple[str, str, str, str | None, str | None]
"""run_id, key, status, value, error"""

_ALARMING = frozenset({RunStatus.CRASHED, RunStatus.SYSTEM_FAILURE})
_WITHOUT_OUTPUT = {
    RunStatus.CANCELED: "the run was canceled",
    RunStatus.EXPIRED: "the run's ttl passed before it could start",
    RunStatus.CRASHED: "the process that executed the run died too often",
}


def error_of(status: RunStatus, run_id: str) -> str:
    """The recorded error of a run that ended without an exception of its own."""
    message = _WITHOUT_OUTPUT.get(status, f"the run ended {status}")
    info = ErrorInfo(
        type=f"runcast.{status.value.title().replace('_', '')}",
        message=f"{run_id}: {message}",
        code=status.value.lower(),
    )
    return _ENCODE(info).decode()


def runs_ended(ended: Sequence[Ended], now: int) -> Script[None]:
    """Resolve what waited for these runs, and for the batches that they completed."""
    awaited = [run for run in ended if run.awaited]
    if not awaited:
        return
    ids = [[run.id] for run in awaited]
    waiting: list[Awaiting] = yield call("awaiting", ids=ids)
    if waiting:
        yield from _resolve_with_runs(waiting, now)
    batches = {run.batch_id for run in awaited if run.batch_id is not None}
    members: list[Name] = yield call("batches_of_member", ids=ids)
    batches.update(row.name for row in members)
    if batches:
        yield from batches_ended(sorted(batches), now)


def _resolve_with_runs(waiting: Sequence[Awaiting], now: int) -> Script[None]:
    ends: list[RunEnd] = yield call("run_ends", ids=[[id] for id in {entry.awaits for entry in waiting}])
    by_id = {end.id: end for end in ends}
    resolutions: list[Resolution] = []
    for entry in waiting:
        end = by_id.get(entry.awaits or "")
        if end is not None:
            resolutions.append((yield from _from_run(entry.run_id, entry.key, end)))
    yield from resolve(resolutions, now)


def _from_run(run_id: str, key: str, end: RunEnd) -> Script[Resolution]:
    """How the end of a run reads in the journal of one that waited for it."""
    if end.status == RunStatus.COMPLETED:
        output = end.output
        if output is not None and blobs.is_blob(output):
            output = yield from blobs.fetch(end.id, output)
            output = yield from blobs.stow(run_id, output, "result")
        return (run_id, key, "done", output, None)
    return (run_id, key, "failed", None, end.error or error_of(RunStatus(end.status), end.id))


def batches_ended(batch_ids: Sequence[str], now: int) -> Script[None]:
    """Resolve what waited for those of these batches that are complete."""
    done: list[Name] = yield call("finished_batches", ids=[[id] for id in batch_ids])
    if not done:
        return
    waiting: list[Awaiting] = yield call("awaiting", ids=[[row.name] for row in done])
    yield from resolve([(entry.run_id, entry.key, "done", None, None) for entry in waiting], now)


def waits_ended(ends: Sequence[WaitEnd], now: int) -> Script[None]:
    """Resolve what waited for these waits."""
    by_id = {end.id: end for end in ends}
    waiting: list[Awaiting] = yield call("awaiting", ids=[[id] for id in by_id])
    resolutions: list[Resolution] = []
    for entry in waiting:
        end = by_id[entry.awaits or ""]
        if end.status == "COMPLETED":
            value = yield from blobs.stow(entry.run_id, end.value or "null", "value")
            resolutions.append((entry.run_id, entry.key, "done", value, None))
        else:
            resolutions.append((entry.run_id, entry.key, "failed", None, timed_out(end.id)))
    yield from resolve(resolutions, now)


def timed_out(what: str) -> str:
    return _too_late(f"{what} was not completed in time")


def no_message(inbox_id: str) -> str:
    return _too_late(f"no message came to inbox {inbox_id.partition('/')[2]!r} in time")


def _too_late(message: str) -> str:
    info = ErrorInfo(
        type="runcast.domain.errors.WaitTimedOut",
        message=message,
        code="wait_timed_out",
        args=_ENCODE([message]).decode(),
    )
    return _ENCODE(info).decode()


def not_found(what: str) -> str:
    message = f"there is no {what}: its id is wrong, or it was removed after its retention"
    info = ErrorInfo(
        type="runcast.domain.errors.NotFound", message=message, code="not_found", args=_ENCODE([message]).decode()
    )
    return _ENCODE(info).decode()


def resolve(resolutions: Sequence[Resolution], now: int) -> Script[None]:
    """Write results into pending entries; waiting runs become ready, executing ones are told."""
    if not resolutions:
        return
    yield call("resolve_entries", now=now, rows=resolutions)
    run_ids = sorted({row[0] for row in resolutions})
    holders: list[Holding] = yield call("holdings", ids=[[id] for id in run_ids])
    waiting = [run for run in holders if run.status == RunStatus.WAITING and not run.parked]
    if waiting:
        yield call("wake_runs", ids=[[run.id] for run in waiting])
        yield Ready(tuple({run.queue for run in waiting}))
    executing = {run.id: run for run in holders if run.status == RunStatus.EXECUTING and run.worker_id is not None}
    if executing:
        yield call("raise_versions", ids=[[id] for id in executing])
        yield from _tell(executing, resolutions)
    yield from _note(holders, waiting, executing, resolutions, now)


def _note(
    holders: Sequence[Holding],
    waiting: Sequence[Holding],
    executing: Mapping[str, Holding],
    resolutions: Sequence[Resolution],
    now: int,
) -> Script[None]:
    """Facts about the runs with these entries; of one that is at rest only that its journal changed."""
    keys: dict[str, list[str]] = {}
    for run_id, key, *_ in resolutions:
        keys.setdefault(run_id, []).append(key)
    woken = {run.id for run in waiting}
    facts: list[changes.ChangeFact] = [
        (run.id, run.root_id, run.version + 1, "status", "QUEUED", now) for run in waiting
    ]
    facts.extend(
        (run.id, run.root_id, run.version + int(run.id in executing), "journal", run.status, now)
        for run in holders
        if run.id not in woken
    )
    yield from changes.append(facts, keys={run_id: changes.keys_text(those) for run_id, those in keys.items()})


def _tell(executing: dict[str, Holding], resolutions: Sequence[Resolution]) -> Script[None]:
    keys = [[row[0], row[1]] for row in resolutions if row[0] in executing]
    rows: list[JournalRow] = yield call("entries_at", keys=keys)
    news: dict[str, list[object]] = {}
    for run_id, entry in (yield from to_entries(rows)):
        news.setdefault(run_id, []).append(entry)
    for run_id, entries in news.items():
        run = executing[run_id]
        assert run.worker_id is not None
        yield Tell(run.worker_id, News(RunId(run_id), run.epoch, tuple(entries)))  # type: ignore[arg-type]


def end_without_word(runs: Sequence[Holding], status: RunStatus, error: str | None, now: int) -> Script[None]:
    """Make live runs final without their owner's word (cancel, expiry, crash), and tell the owners to stop."""
    if not runs:
        return
    rows = [(run.id, status.value, error or error_of(status, run.id)) for run in runs]
    yield call("end_runs", now=now, rows=rows)
    yield from tallies.add((run, status.value) for run in runs)
    for run in runs:
        if run.worker_id is not None and run.status in (RunStatus.EXECUTING, RunStatus.WAITING, RunStatus.QUEUED):
            yield Tell(run.worker_id, Stop(RunId(run.id), run.epoch, status.value))
    # Runs of a full key that were set aside behind these may have room now.
    yield Freed(tuple({run.queue for run in runs}))
    facts: list[changes.ChangeFact] = [
        (run.id, run.root_id, run.version + 1, "status", status.value, now) for run in runs
    ]
    ends = [End(RunId(id), status, error=_ERROR.decode(text)) for id, _, text in rows]
    yield from changes.append(facts, ended=tuple(ends))
    yield from runs_ended([Ended(run.id, status.value, run.awaited, run.batch_id) for run in runs], now)
    if status in _ALARMING:
        errors = {end.id: end.error for end in ends if end.error is not None}
        yield from alerts.runs_failed([(run, errors[RunId(run.id)]) for run in runs], now)


def cancel(run_ids: Sequence[str], now: int, *, force: bool = False) -> Script[list[str]]:
    """Cancel live runs with their live descendants; the ids of those given that were live.

    `force`: free the slots of bodies that have not ended, too; also ids of those with such a body, or one below them.
    """
    targets: list[Holding] = yield call("cancel_targets", ids=[[id] for id in run_ids])
    yield from end_without_word(targets, RunStatus.CANCELED, None, now)
    asked = {run.id for run in targets}
    if force:
        asked |= yield from forced.free_slots(run_ids, now)
    return [id for id in dict.fromkeys(run_ids) if id in asked]


def known_runs(ends: Sequence[RunEnd], now: int) -> Script[None]:
    """Resolve what began to wait for runs that were final before."""
    if ends:
        waiting: list[Awaiting] = yield call("awaiting", ids=[[end.id] for end in ends])
        yield from _resolve_with_runs(waiting, now)


def complete_wait(wait_id: str, value: str, now: int, *, by: str | None = None) -> Script[bool]:
    """Complete a wait and wake what waits for it; False when it was complete before. `by`: who did, if that is known."""
    ends: list[WaitEnd] = yield call("wait_ends", ids=[[wait_id]])
    if ends:
        return False
    yield call("complete_wait", id=wait_id, value=value, now=now, by=by)
    yield from changes.waits_changed(wait_id, now)
    yield from waits_ended([WaitEnd(wait_id, "COMPLETED", value)], now)
    return True
