"""Records journal entries with what they create: children, batches and waits, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from runcast.domain.errors import Conflict
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.domain.limits import JOURNAL_ENTRIES_MAX, JOURNAL_ENTRIES_SOFT
from runcast.domain.run import NewRun, Triggered
from runcast.gateway import Report
from runcast.store import blobs, changes, inbox, resolve
from runcast.store.claim import to_entries
from runcast.store.enqueue import enqueue
from runcast.store.rows import Holding, JournalRow, KnownWait, Name, RunEnd, WaitEnd
from runcast.store.script import Due, Script, call

_ENCODE = msgspec.json.Encoder().encode
_AWAITED_RUNS = frozenset({EntryKind.CHILD, EntryKind.RESULT})


class Recorded(msgspec.Struct, frozen=True):
    """What the reporters must hear."""

    resolved: dict[str, list[Entry]]
    due: dict[str, dict[str, int]]
    awaited: frozenset[str]
    """Runs that somebody waits for from now on."""


_STATUS = 4
"""Where an entry's row has it."""


def record(group: Sequence[tuple[Holding, Report]], now: int) -> Script[Recorded]:
    """Write the entries of several runs, create what they ask for, and resolve what is there already."""
    created, joined = yield from _create_children(group, now)
    yield from _create_batches(group, now)
    new_waits = [new.wait for _, item in group for new in item.entries if new.wait is not None]
    stands_for = yield from _create_waits(new_waits, now)
    rows: list[tuple[object, ...]] = []
    due: defaultdict[str, dict[str, int]] = defaultdict(dict)
    pending: list[tuple[str, Entry]] = []
    others: list[tuple[str, Entry]] = []
    for run, item in group:
        for new in item.entries:
            entry = _placed(new, created, stands_for, now)
            if new.peek:
                entry = msgspec.structs.replace(
                    entry, status=EntryStatus.DONE, value=(yield from inbox.peek(run.id, entry.name))
                )
                others.append((run.id, entry))
            if entry.kind in (EntryKind.TRIGGER, EntryKind.CREATE) and entry.awaits != new.entry.awaits:
                others.append((run.id, entry))
            if entry.status == EntryStatus.PENDING:
                pending.append((run.id, entry))
                if entry.due_at is not None:
                    due[run.id][entry.key] = entry.due_at
                    yield Due(entry.due_at)
            value = (
                None if entry.value is None else (yield from blobs.stow(run.id, entry.value, f"result of {entry.name}"))
            )
            rows.append(_row(run.id, entry, value, new.position, now))
    yield call("put_entries", rows=_once(rows))
    yield from _check_size(group, now)
    withdrawn = [(run.id, new.entry) for run, item in group for new in item.entries if inbox.is_withdrawn(new.entry)]
    if withdrawn:
        yield from inbox.withdraw(withdrawn, now)
        gone = {(run_id, entry.key) for run_id, entry in withdrawn}
        pending = [(run_id, entry) for run_id, entry in pending if (run_id, entry.key) not in gone]
    resolved = yield from _resolve_known(pending, created, now)
    # The reporter made up an id; it must hear which run or wait its idempotency key stands for.
    for run_id, entry in others:
        resolved.setdefault(run_id, []).append(entry)
    awaited = {entry.awaits for _, entry in pending if entry.kind in _AWAITED_RUNS and entry.awaits is not None}
    return Recorded(resolved, due, joined | awaited)


def _placed(new: NewEntry, created: dict[str, Triggered], stands_for: dict[str, str], now: int) -> Entry:
    """The entry with its due time, and with the id of the run or wait that an idempotency key pointed to."""
    entry = new.entry
    if new.due_in_ms is not None:
        entry = msgspec.structs.replace(entry, due_at=now + new.due_in_ms)
    if entry.awaits in stands_for:
        entry = msgspec.structs.replace(entry, awaits=stands_for[entry.awaits])
    if entry.kind in (EntryKind.CHILD, EntryKind.TRIGGER) and len(new.children) == 1:
        triggered = created[new.children[0].id]
        if triggered.cached:
            entry = msgspec.structs.replace(entry, awaits=triggered.id)
            if entry.kind == EntryKind.TRIGGER:
                entry = msgspec.structs.replace(entry, value=_ENCODE(triggered.id).decode())
    return entry


def _row(run_id: str, entry: Entry, value: str | None, position: int, now: int) -> tuple[object, ...]:
    error = None if entry.error is None else _ENCODE(entry.error).decode()
    finished = entry.finished_at
    if finished is None and entry.status != EntryStatus.PENDING:
        finished = now
    return (
        run_id, entry.key, entry.kind.value, entry.name, entry.status.value, entry.digest, entry.code_version, value, error,
        entry.awaits, entry.due_at, entry.generation, entry.tries, entry.started_at or now, finished, None,
        position,
    )  # fmt: skip


def _once(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The last word of each entry, unless it was done: PostgreSQL takes a row once in a statement."""
    if len(rows) < 2:
        return rows
    last: dict[tuple[object, object], tuple[object, ...]] = {}
    for row in rows:
        before = last.get((row[0], row[1]))
        if before is None or before[_STATUS] != EntryStatus.DONE:
            last[row[0], row[1]] = row
    return list(last.values())


def _create_children(
    group: Sequence[tuple[Holding, Report]], now: int
) -> Script[tuple[dict[str, Triggered], frozenset[str]]]:
    """What each trigger made or found, by its id; and the runs that were there before and are awaited now."""
    waited: list[NewRun] = []
    loose: list[NewRun] = []
    for _, item in group:
        for new in item.entries:
            (waited if new.entry.status == EntryStatus.PENDING else loose).extend(new.children)
    created: dict[str, Triggered] = {}
    for runs, awaited in ((waited, True), (loose, False)):
        if runs:
            answers = yield from enqueue(runs, now, awaited=awaited)
            created.update({run.id: answer for run, answer in zip(runs, answers, strict=True)})
    existing = frozenset(answer.id for run in waited if (answer := created[run.id]).cached)
    if existing:
        yield call("await_runs", ids=[[id] for id in existing])
    return created, existing


def _create_batches(group: Sequence[tuple[Holding, Report]], now: int) -> Script[None]:
    rows = [
        (new.entry.awaits, run.environment, run.id, len(new.children), now)
        for run, item in group
        for new in item.entries
        if new.entry.kind == EntryKind.BATCH and new.children
    ]
    if rows:
        yield call("add_batch", rows=rows)


def _create_waits(waits: Sequence[NewWait], now: int) -> Script[dict[str, str]]:
    """Store waits. Those whose idempotency key names a wait that exists are not: what each of them stands for, by id."""
    stands_for: dict[str, str] = {}
    rows: list[tuple[object, ...]] = []
    keys = [[wait.environment, wait.idempotency_key] for wait in waits if wait.idempotency_key is not None]
    known: dict[tuple[str, str], str] = {}
    if keys:
        known = yield from _known_waits(keys, now)
    for wait in waits:
        if wait.idempotency_key is not None:
            first = known.setdefault((wait.environment, wait.idempotency_key), wait.id)
            if first != wait.id:
                stands_for[wait.id] = first
                continue
        due = None if wait.timeout_ms is None else now + wait.timeout_ms
        if due is not None:
            yield Due(due)
        tags = _ENCODE(wait.tags).decode()
        rows.append(
            (
                wait.id,
                wait.environment,
                "WAITING",
                None,
                tags,
                wait.schema,
                wait.run_id,
                wait.idempotency_key,
                now,
                due,
                None,
                None if wait.idempotency_ttl_ms is None else now + wait.idempotency_ttl_ms,
                wait.question,
            )
        )
    if rows:
        yield from _check_free([wait for wait in waits if wait.id not in stands_for])
        yield call("add_waits", rows=rows)
        yield from changes.waits_changed(str(rows[-1][0]), now)
    return stands_for


def _check_free(waits: Sequence[NewWait]) -> Script[None]:
    """Whoever knows a run can compute the ids of its waits: one of another environment must not stand for them."""
    for environment in {wait.environment for wait in waits}:
        ids = [[wait.id] for wait in waits if wait.environment == environment]
        taken: list[Name] = yield call("waits_elsewhere", ids=ids, environment=environment)
        if taken:
            raise Conflict(f"the wait {taken[0].name} is one of another environment")


def _known_waits(keys: Sequence[Sequence[str | None]], now: int) -> Script[dict[tuple[str, str], str]]:
    """The waits that keys stand for; what a key stood for until now is let go."""
    found: list[KnownWait] = yield call("known_waits", keys=keys)
    expired = [row for row in found if row.key_expires_at is not None and row.key_expires_at <= now]
    if expired:
        yield call("release_wait_keys", ids=[[row.id] for row in expired])
    return {(row.environment, row.key): row.id for row in found if row not in expired}


def create_wait(wait: NewWait, now: int) -> Script[None]:
    """A wait that no run created."""
    yield from _create_waits([wait], now)


def _check_size(group: Sequence[tuple[Holding, Report]], now: int) -> Script[None]:
    """Refuse a journal over its hard bound; past the soft one, say so once in the run's log."""
    for run, item in group:
        entries = run.journaled + len(item.entries)
        if entries > JOURNAL_ENTRIES_MAX:
            count: int = yield call("count_entries", run_id=run.id)
            if count > JOURNAL_ENTRIES_MAX:
                raise Conflict(
                    f"the journal of run {run.id} would have more than {JOURNAL_ENTRIES_MAX:,} entries. "
                    "Split the work into children, or restart the body with `raise Continue(payload)`."
                )
            yield call("set_journaled", run_id=run.id, count=count - len(item.entries))
        elif run.journaled <= JOURNAL_ENTRIES_SOFT < entries:
            message = (
                f"the journal of this run has {JOURNAL_ENTRIES_SOFT:,} entries; past {JOURNAL_ENTRIES_MAX:,} it is refused. "
                "Split the work into children, or restart the body with `raise Continue(payload)`."
            )
            yield call("add_logs", rows=[(run.id, now, "warn", message, None, run.attempt, "")])
            yield from changes.append([(run.id, run.root_id, run.version + 1, "log", run.status, now)])


def _resolve_known(
    pending: Sequence[tuple[str, Entry]], created: dict[str, Triggered], now: int
) -> Script[dict[str, list[Entry]]]:
    """Entries whose run, batch or wait is final already."""
    cached = {answer.id for answer in created.values() if answer.cached}
    runs = {
        entry.awaits
        for _, entry in pending
        if entry.kind in _AWAITED_RUNS and (entry.kind == EntryKind.RESULT or entry.awaits in cached)
    }
    waits = {entry.awaits for _, entry in pending if entry.kind == EntryKind.TOKEN}
    batches = {entry.awaits for _, entry in pending if entry.kind == EntryKind.BATCH}
    inboxes = dict.fromkeys((run_id, entry.name) for run_id, entry in pending if entry.kind == EntryKind.MESSAGE)
    if runs:
        yield call("await_runs", ids=[[id] for id in runs])
        ends: list[RunEnd] = yield call("run_ends", ids=[[id] for id in runs])
        yield from resolve.known_runs(ends, now)
    if waits:
        ended: list[WaitEnd] = yield call("wait_ends", ids=[[id] for id in waits])
        if ended:
            yield from resolve.waits_ended(ended, now)
    if batches:
        done: list[Name] = yield call("finished_batches", ids=[[id] for id in batches])
        if done:
            yield from resolve.batches_ended([row.name for row in done], now)
    for run_id, name in inboxes:
        yield from inbox.deliver(run_id, name, now)
    if not (runs or waits or batches or inboxes):
        return {}
    yield from _fail_nothing(pending, now)
    keys = [[run_id, entry.key] for run_id, entry in pending]
    rows: list[JournalRow] = yield call("entries_at", keys=keys)
    resolved: dict[str, list[Entry]] = {}
    for run_id, entry in (yield from to_entries(rows)):
        resolved.setdefault(run_id, []).append(entry)
    return resolved


def _fail_nothing(pending: Sequence[tuple[str, Entry]], now: int) -> Script[None]:
    """Who waits for a run or wait that does not exist hears so, rather than waiting for ever."""
    sought = [(run_id, entry) for run_id, entry in pending if entry.kind in (EntryKind.RESULT, EntryKind.TOKEN)]
    if not sought:
        return
    ids = [[entry.awaits] for _, entry in sought]
    rows: list[Name] = yield call("existing_things", ids=ids)
    there = {row.name for row in rows}
    yield from resolve.resolve(
        [
            (run_id, entry.key, "failed", None, resolve.not_found(entry.awaits or "nothing"))
            for run_id, entry in sought
            if entry.awaits not in there
        ],
        now,
    )
