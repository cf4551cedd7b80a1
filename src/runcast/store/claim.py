"""Claims: queued runs become assignments of one worker, within every limit, in the stored order.

For each queue with a backlog: how much room do its total, its rate and the worker leave; which runs come first; are
their keys full? Runs of a full key are set aside (`held`), so that the next claim does not pass over them again; they
come back when their key has room. Limits are counted from rows that hold a slot: there is no counter to leak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from runcast.domain.errors import ErrorInfo
from runcast.domain.journal import Entry, EntryKind, EntryStatus
from runcast.domain.limits import CLAIM_RUNS_MAX, HELD_SCAN_ROWS_MAX
from runcast.domain.queue import rate_allowance, rate_consume, rate_ready_at
from runcast.gateway import Assignment
from runcast.store import blobs, changes
from runcast.store.rows import AppliedRow, JournalRow, KeyCount, Name, QueueRow, ReadyRun
from runcast.store.script import READY, Due, Script, call

_ERROR = msgspec.json.Decoder(ErrorInfo)
_PAGE_MIN = 16


class Claimant(msgspec.Struct, frozen=True):
    """Who claims: a worker, what it knows, and how much room it has."""

    worker_id: str
    environment: str
    tasks: dict[str, tuple[str, ...]]
    """Task names by lane."""
    room: dict[str, int]
    """Free executions by lane."""
    queues: tuple[str, ...] | None = None
    """Where something may be claimable; None: look everywhere."""
    rotation: int = 0
    """Where to start among the queues, so that none is always last."""
    labels: tuple[str, ...] | None = None
    """The machines it serves; None: every one."""

    def serves(self, machine: str | None) -> bool:
        return machine is None or self.labels is None or machine in self.labels

    @property
    def machines(self) -> list[list[str]]:
        """`labels` as the queries take them."""
        return [[label] for label in self.labels or ()]


class Claimed(msgspec.Struct, frozen=True):
    """What one claim took."""

    worker_id: str
    assignments: tuple[Assignment, ...]
    lanes: dict[str, int]
    """How many of each lane."""
    unlimited: frozenset[str] = frozenset()
    """Queues it looked into that bound no slots: a freed one makes nothing claimable there."""
    limited: frozenset[str] = frozenset()
    """Queues it looked into that do."""


def claim(claimant: Claimant, now: int) -> Script[Claimed]:
    """Take what the claimant has room for."""
    taken: list[Assignment] = []
    lanes: Counter[str] = Counter()
    looked: dict[str, bool] = {}
    for lane, room in claimant.room.items():
        names = claimant.tasks.get(lane, ())
        if room <= 0 or not names:
            continue
        room = min(room, CLAIM_RUNS_MAX - len(taken))
        queues = yield from _queues(claimant)
        for queue in queues:
            left = room - lanes[lane]
            if left <= 0:
                break
            looked[queue.name] = queue.concurrency is not None or queue.per_key is not None
            assignments = yield from _claim_queue(claimant, queue, [[name] for name in names], left, now)
            lanes[lane] += len(assignments)
            taken.extend(assignments)
    limited = frozenset(name for name, bounded in looked.items() if bounded)
    return Claimed(claimant.worker_id, tuple(taken), dict(lanes), frozenset(looked) - limited, limited)


def _queues(claimant: Claimant) -> Script[list[QueueRow]]:
    environment = claimant.environment
    names = claimant.queues
    if names is None:
        ready: list[Name] = yield call("ready_queues", environment=environment)
        held: list[Name] = yield call("held_queues", environment=environment)
        names = tuple(sorted({row.name for row in ready} | {row.name for row in held}))
    if not names:
        return []
    if len(names) > 1:
        start = claimant.rotation % len(names)
        names = names[start:] + names[:start]
    rows: list[QueueRow] = yield call("queue_rows", environment=environment, names=[[name] for name in names])
    by_name = {row.name: row for row in rows}
    return [queue for name in names if (queue := by_name.get(name)) is not None and not queue.paused]


class _Selection:
    """The runs picked from one queue, and what remains of its limits while picking."""

    def __init__(self, queue: QueueRow, room: int, fresh_room: int, busy: dict[str, int], now: int) -> None:
        self.queue = queue
        self.now = now
        self.room = room
        self.fresh_room = fresh_room
        self.busy = busy
        self.picked: list[ReadyRun] = []
        self.full: list[str] = []
        self.is_all = False
        """Nothing that the worker may claim is left in the queue."""

    def offer(self, run: ReadyRun) -> bool:
        """Pick the run if its key and the rate have room. False: nothing more can be picked."""
        if len(self.picked) >= self.room:
            return False
        if run.fresh and self.fresh_room <= 0:
            return False
        if self.queue.per_key is not None and run.concurrency_key:
            if self.busy.get(run.concurrency_key, 0) >= self.queue.per_key:
                self.full.append(run.id)
                return True
            self.busy[run.concurrency_key] = self.busy.get(run.concurrency_key, 0) + 1
        if run.fresh:
            self.fresh_room -= 1
        self.picked.append(run)
        return True


def _claim_queue(
    claimant: Claimant, queue: QueueRow, tasks: list[list[str]], room: int, now: int
) -> Script[list[Assignment]]:
    environment, name = queue.environment, queue.name
    if queue.concurrency is not None:
        used: int = yield call("count_slots", environment=environment, queue=name)
        room = min(room, queue.concurrency - used)
    if room <= 0:
        return []
    fresh_room = room
    if queue.rate_count is not None and queue.rate_period_ms is not None:
        fresh_room = min(room, rate_allowance(now, queue.tat_us, queue.rate_count, queue.rate_period_ms))
    busy: dict[str, int] = {}
    if queue.per_key is not None:
        busy = yield from _busy_keys(claimant, queue, tasks)
    selection = _Selection(queue, room, fresh_room, busy, now)
    yield from _select(claimant, tasks, selection)
    if fresh_room < room and selection.fresh_room <= 0:
        yield Due(_rate_ready_at(queue, fresh_room, now))
    if not selection.picked:
        return []
    runs = yield from _prefer(claimant, tasks, selection)
    return (yield from _take(claimant, queue, runs, now))


def _rate_ready_at(queue: QueueRow, taken: int, now: int) -> int:
    """When the queue's rate, of which all is `taken`, admits the next attempt. Later than now, or dispatch would spin."""
    assert queue.rate_count is not None
    assert queue.rate_period_ms is not None
    tat_us = rate_consume(now, queue.tat_us, queue.rate_count, queue.rate_period_ms, taken)
    return rate_ready_at(now, tat_us, queue.rate_count, queue.rate_period_ms)


def _busy_keys(claimant: Claimant, queue: QueueRow, tasks: list[list[str]]) -> Script[dict[str, int]]:
    """Slots in use by key; keys that have room again get back that many of the runs set aside."""
    environment, name, per_key = queue.environment, queue.name, queue.per_key
    assert per_key is not None
    rows: list[KeyCount] = yield call("slots_by_key", environment=environment, queue=name)
    busy = {row.key: row.count for row in rows}
    held: list[Name] = yield call("held_keys", environment=environment, queue=name)
    for key in (row.name for row in held):
        free = per_key - busy.get(key, 0)
        if free <= 0:
            continue
        # Only what this worker may claim counts: another's ready runs must not keep this one's set aside.
        claimable = {
            "environment": environment, "queue": name, "key": key, "worker_id": claimant.worker_id, "tasks": tasks,
            "any_machine": int(claimant.labels is None), "machines": claimant.machines,
        }  # fmt: skip
        free -= yield call("ready_of_key", limit=free, **claimable)
        if free > 0:
            yield call("unhold", limit=free, **claimable)
    return busy


def _select(claimant: Claimant, tasks: list[list[str]], selection: _Selection) -> Script[None]:
    """Walk the ready runs in order until the room is used, setting runs of full keys aside."""
    queue = selection.queue
    scanned = 0
    while scanned < HELD_SCAN_ROWS_MAX:
        limit = selection.room
        if queue.per_key is not None:
            limit = max(limit, len(selection.picked) + _PAGE_MIN)
        page = yield from _page(claimant, tasks, selection, limit)
        scanned += len(page)
        picked = {run.id for run in selection.picked}
        more = all(selection.offer(run) for run in page if run.id not in picked)
        if not selection.full:
            selection.is_all = more and len(page) < limit and queue.per_key is None
            return
        yield call("hold", ids=[[id] for id in selection.full])
        selection.full = []
        if not more or len(page) < limit or len(selection.picked) >= selection.room:
            return
    yield READY


def _page(claimant: Claimant, tasks: list[list[str]], selection: _Selection, limit: int) -> Script[list[ReadyRun]]:
    """The first ready runs that the worker knows. Most queues hold nothing else, so that is tried without a filter."""
    wanted: dict[str, object] = {
        "environment": selection.queue.environment,
        "queue": selection.queue.name,
        "worker_id": claimant.worker_id,
        "fresh_max": int(selection.fresh_room > 0),
        "now": selection.now,
        "limit": limit,
    }
    page: list[ReadyRun] = yield call("ready_runs", **wanted)
    names = {name for (name,) in tasks}
    if any(run.task not in names or not claimant.serves(run.machine) for run in page):
        any_machine = int(claimant.labels is None)
        page = yield call("ready_runs_of", tasks=tasks, any_machine=any_machine, machines=claimant.machines, **wanted)
    return page


def _prefer(claimant: Claimant, tasks: list[list[str]], selection: _Selection) -> Script[list[ReadyRun]]:
    """Within each key, runs with a head start come first: they swap turns with the last that they overtake."""
    queue = selection.queue
    if selection.is_all or not (yield call("has_priority", environment=queue.environment, queue=queue.name)):
        return selection.picked
    chosen: list[ReadyRun] = []
    taken = [[run.id] for run in selection.picked]
    swaps: list[list[object]] = []
    for run in reversed(selection.picked):
        better: ReadyRun | None = None
        if run.fresh:
            better = yield call(
                "preferred_of_key",
                environment=queue.environment,
                queue=queue.name,
                key=run.concurrency_key,
                rank=run.rank,
                now=selection.now,
                tasks=tasks,
                any_machine=int(claimant.labels is None),
                machines=claimant.machines,
                taken=taken,
            )
        if better is None:
            chosen.append(run)
            continue
        chosen.append(msgspec.structs.replace(better, turn=run.turn))
        taken.append([better.id])
        swaps += [[run.id, better.turn, 1], [better.id, run.turn, 0]]
    if swaps:
        yield call("swap_turns", rows=swaps)
    return chosen[::-1]


def _take(claimant: Claimant, queue: QueueRow, runs: list[ReadyRun], now: int) -> Script[list[Assignment]]:
    yield call("take", worker_id=claimant.worker_id, now=now, ids=[[run.id] for run in runs])
    fresh = [run for run in runs if run.fresh]
    if fresh:
        tat_us = queue.tat_us
        if queue.rate_count is not None and queue.rate_period_ms is not None:
            tat_us = rate_consume(now, tat_us, queue.rate_count, queue.rate_period_ms, len(fresh))
        turn = max(run.turn for run in fresh)
        yield call("advance_queue", environment=queue.environment, name=queue.name, turn=turn, tat_us=tat_us)
    assignments = yield from assigned(claimant.worker_id, queue, runs)
    facts: list[changes.ChangeFact] = [
        (run.id, run.root_id, run.version + 1, "status", "EXECUTING", now) for run in runs
    ]
    yield from changes.append(facts)
    return assignments


def assigned(worker_id: str, queue: QueueRow, runs: Sequence[ReadyRun]) -> Script[list[Assignment]]:
    """What the worker gets for runs that were just taken, each as it was before."""
    journals, applied = yield from _journals(worker_id, runs)
    assignments = []
    for run in runs:
        payload = (yield from blobs.fetch(run.id, run.payload)) if blobs.is_blob(run.payload) else run.payload
        entries = tuple(journals.get(run.id, ()))
        assignments.append(_assignment(run, queue, payload, entries, applied.get(run.id, {}), worker_id))
    return assignments


def _assignment(
    run: ReadyRun, queue: QueueRow, payload: str, journal: tuple[Entry, ...], applied: dict[str, int], worker_id: str
) -> Assignment:
    return Assignment(
        run_id=run.id,  # type: ignore[arg-type]
        task=run.task,
        payload=payload,
        attempt=run.attempt + run.fresh,
        epoch=run.epoch + 1,
        resume=run.worker_id == worker_id,
        journal=journal,
        applied=applied,
        metadata=run.metadata,
        tags=run.tags,
        queue=queue.name,
        concurrency_key=run.concurrency_key,
        max_attempts=run.max_attempts,
        remaining_ms=None if not run.max_duration_ms else max(0, run.max_duration_ms - run.executing_ms),
        created_at=run.created_at,
        parent_id=run.parent_id,  # type: ignore[arg-type]
        root_id=run.root_id,  # type: ignore[arg-type]
        depth=run.depth,
        batch_id=run.batch_id,
        idempotency_key=run.idempotency_key,
        environment=queue.environment,
        machine=run.machine,
        traceparent=run.traceparent,
        alone=run.deaths >= 2,
        deaths=run.deaths,
    )


def _journals(
    worker_id: str, runs: Sequence[ReadyRun]
) -> Script[tuple[dict[str, list[Entry]], dict[str, dict[str, int]]]]:
    """Of resident runs what was resolved since they began to wait; of the others all, with the applied counts."""
    whole = [[run.id] for run in runs if run.journaled and run.worker_id != worker_id]
    since = [[run.id, run.waiting_at or 0] for run in runs if run.worker_id == worker_id]
    entries: dict[str, list[Entry]] = {}
    applied: dict[str, dict[str, int]] = {}
    if whole:
        rows: list[JournalRow] = yield call("journal_of", ids=whole)
        for run_id, entry in (yield from to_entries(rows)):
            entries.setdefault(run_id, []).append(entry)
        counts: list[AppliedRow] = yield call("applied_of", ids=whole)
        for count in counts:
            applied.setdefault(count.run_id, {})[count.scope] = count.count
    if since:
        rows = yield call("resolved_of", since=since)
        for run_id, entry in (yield from to_entries(rows)):
            entries.setdefault(run_id, []).append(entry)
    return entries, applied


def to_entries(rows: Sequence[JournalRow]) -> Script[Iterator[tuple[str, Entry]]]:
    """Journal rows as (run id, entry), large values fetched."""
    found = []
    for row in rows:
        value = row.value
        if value is not None and blobs.is_blob(value):
            value = yield from blobs.fetch(row.run_id, value)
        found.append((row.run_id, to_entry(row, value)))
    return iter(found)


def to_entry(row: JournalRow, value: str | None) -> Entry:
    return Entry(
        key=row.key,
        kind=EntryKind(row.kind),
        name=row.name,
        status=EntryStatus(row.status),
        digest=row.digest,
        code_version=row.code_version,
        value=value,
        error=None if row.error is None else _ERROR.decode(row.error),
        awaits=row.awaits,
        due_at=row.due_at,
        generation=row.generation,
        tries=row.tries,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
