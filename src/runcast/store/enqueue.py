"""Triggers become rows: idempotency, defaults of the task, the turn in the queue, delay, ttl and batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from runcast.domain.effect import ROUNDS_SCOPE, is_of_try
from runcast.domain.errors import ErrorInfo, InvalidInput
from runcast.domain.limits import DEPTH_MAX, NEVER_MS, TAGS_MAX
from runcast.domain.origin import check_origin
from runcast.domain.run import NewRun, RunStatus, Triggered
from runcast.gateway import TaskInfo
from runcast.store import blobs, changes, queues, run_tags
from runcast.store.named import find_named, of_task, save_named
from runcast.store.rows import AppliedRow, KeyTurn, Name, QueueRow, TaskRow
from runcast.store.script import Due, Ready, Script, call

_TASK = msgspec.json.Decoder(TaskInfo)
_ERROR = msgspec.json.Decoder(ErrorInfo)
_ENCODE = msgspec.json.Encoder().encode
_RANKS_PER_MS = 1 << 20


class Turns:
    """Fair queuing: a run's turn is one past its key's last, and never before the queue's present."""

    def __init__(self, queues: Iterable[QueueRow], keyed: Iterable[KeyTurn]) -> None:
        self.present = {queue.name: queue.turn for queue in queues}
        self.last = {(row.queue, row.key): row.turn for row in keyed}
        self.last.update({(queue.name, ""): queue.unkeyed_turn for queue in queues})
        self.bounds = {queue.name: queue.max_length for queue in queues if queue.max_length is not None}
        """How many runs may be queued, where that is bounded."""
        self.unkeyed: set[str] = set()
        self.taken: set[str] = set()

    def take(self, queue: str, key: str) -> int:
        turn = max(self.present.get(queue, 0), self.last.get((queue, key), 0)) + 1
        self.last[queue, key] = turn
        self.taken.add(queue)
        if not key:
            self.unkeyed.add(queue)
        return turn

    def save(self, environment: str) -> Script[None]:
        """Keyed runs carry their key's last turn in their rows; that of runs without a key is the queue's."""
        for queue in self.unkeyed:
            yield call("set_unkeyed_turn", environment=environment, name=queue, turn=self.last[queue, ""])


def enqueue(runs: Sequence[NewRun], now: int, *, awaited: bool = False, owed: bool = False) -> Script[list[Triggered]]:
    """Store triggers; the answers come in their order. `awaited`: an entry of the same transaction waits for them.
    `owed`: nobody is there who could try again, so no queue is too full for them.

    Raises `InvalidInput` when a run lies deeper than `DEPTH_MAX` or has a broken origin, `ValueTooLarge` for a payload over the bound,
    `Overloaded` when a queue has no room for all of its runs.
    """
    by_environment: dict[str, list[NewRun]] = {}
    for run in runs:
        by_environment.setdefault(run.environment, []).append(run)
    found: dict[str, Triggered] = {}
    for environment, group in by_environment.items():
        found.update((yield from _enqueue_in(environment, group, now, awaited=awaited, owed=owed)))
    return [found[run.id] for run in runs]


def _enqueue_in(
    environment: str, runs: list[NewRun], now: int, *, awaited: bool, owed: bool
) -> Script[dict[str, Triggered]]:
    for run in runs:
        if run.origin is not None:
            check_origin(run.origin)
    tasks = yield from _known_tasks(environment, runs)
    found = yield from _existing(environment, runs)
    fresh = [run for run in runs if run.id not in found] if found else runs
    if any(run.idempotency_key is not None or run.debounce is not None for run in fresh):
        named = yield from find_named(environment, fresh, now)
        found.update(named.found)
        yield from save_named(environment, named, tasks, now)
        fresh = named.fresh
    if fresh:
        turns = yield from find_turns(environment, {(_queue_of(run, tasks), run.concurrency_key) for run in fresh})
        if turns.bounds and not owed:
            yield from _check_room(environment, fresh, tasks, turns.bounds, now)
        yield from _insert(fresh, tasks, turns, now, awaited=awaited)
        yield from turns.save(environment)
    for run in fresh:
        found[run.id] = Triggered(run.id)
        if run.adopts is not None:
            yield from _adopt(run)
    yield from _remember_members(runs, found)
    return found


@lru_cache(maxsize=1_024)
def _task_info(text: str) -> TaskInfo:
    """What a worker told of a task; with its schema that is long, and it seldom changes."""
    return _TASK.decode(text)


def _known_tasks(environment: str, runs: list[NewRun]) -> Script[dict[str, TaskInfo]]:
    names = [[name] for name in {run.task for run in runs}]
    rows: list[TaskRow] = yield call("known_tasks", environment=environment, names=names)
    return {row.name: _task_info(row.info) for row in rows}


def _existing(environment: str, runs: list[NewRun]) -> Script[dict[str, Triggered]]:
    """Derived children that are asked for again."""
    derived = [[run.id] for run in runs if run.parent_key is not None]
    if not derived:
        return {}
    rows: list[Name] = yield call("existing_children", ids=derived, environment=environment)
    return {row.name: Triggered(row.name, cached=True) for row in rows}  # type: ignore[arg-type]


def _check_room(
    environment: str, runs: list[NewRun], tasks: dict[str, TaskInfo], bounds: dict[str, int], now: int
) -> Script[None]:
    """Raise `Overloaded` when a queue has no room for all that come now. What is delayed, or waits for its task to be
    known, comes in later and is never refused."""
    coming: Counter[str] = Counter()
    for run in runs:
        info = tasks.get(run.task)
        queue = _queue_of(run, tasks)
        if queue in bounds and _start(run, info, now).status is _QUEUED:
            coming[queue] += 1
    for queue, count in coming.items():
        yield from queues.check_room(environment, queue, count, bounds[queue])


def _queue_of(run: NewRun, tasks: dict[str, TaskInfo]) -> str:
    if run.queue is not None:
        return run.queue
    info = tasks.get(run.task)
    return info.queue if info is not None else ""


def find_turns(environment: str, pairs: set[tuple[str, str]]) -> Script[Turns]:
    """The turns of these queues and keys; queues that are new get their row."""
    names = {queue for queue, _ in pairs}
    rows: list[QueueRow] = yield call("queue_rows", environment=environment, names=[[name] for name in names])
    missing = names - {row.name for row in rows}
    if missing:
        yield call("add_queues", rows=[(environment, name) for name in sorted(missing)])
    keys = [[queue, key] for queue, key in pairs if key]
    last: list[KeyTurn] = []
    if keys:
        last = yield call("last_turns", environment=environment, keys=keys)
    return Turns(rows, last)


# Plain strings: `StrEnum.value` is a slow look-up before Python 3.12, and these are needed for every run.
_PENDING_VERSION, _DELAYED, _QUEUED = (
    status.value for status in (RunStatus.PENDING_VERSION, RunStatus.DELAYED, RunStatus.QUEUED)
)


class _Start(msgspec.Struct, frozen=True, gc=False):
    """When a run may start, and until when."""

    status: str
    available_at: int
    expires_at: int | None


def _start(run: NewRun, info: TaskInfo | None, now: int) -> _Start:
    if run.debounce is not None:
        available = now + run.debounce.delay_ms
    else:
        available = max(now + run.delay_ms, run.start_at or 0)
    ttl = run.ttl_ms if run.ttl_ms is not None else info.ttl_ms if info is not None else None
    expires = available + ttl if ttl else None
    if info is None:
        # Its task, once it is known, may have a ttl that this trigger does not want.
        return _Start(_PENDING_VERSION, available, NEVER_MS if ttl == 0 else expires)
    return _Start(_DELAYED if available > now else _QUEUED, available, expires)


def _insert(runs: list[NewRun], tasks: dict[str, TaskInfo], turns: Turns, now: int, *, awaited: bool) -> Script[None]:
    rows: list[tuple[object, ...]] = []
    facts: list[changes.ChangeFact] = []
    dues: list[int] = []
    for run in runs:
        if run.depth > DEPTH_MAX:
            raise InvalidInput(
                f"run {run.id} of {run.task} would lie {run.depth} generations deep, the limit is {DEPTH_MAX}."
            )
        info = tasks.get(run.task)
        start = _start(run, info, now)
        if start.status is _DELAYED:
            dues.append(start.available_at)
        if start.expires_at is not None and start.expires_at != NEVER_MS:
            dues.append(start.expires_at)
        metadata, given = run.metadata, run.payload
        if run.adopts is not None:
            metadata = (yield call("run_metadata", id=run.adopts)) or metadata
            # The journal of a body that continued belongs to what it continued with.
            given = (yield call("continued_payload", id=run.adopts, scope=ROUNDS_SCOPE)) or given
        payload = given if blobs.fits(given) else (yield from blobs.stow(run.id, given, "payload"))
        rows.append((*_row(run, info, start, turns, payload, metadata, now), int(awaited)))
        facts.append((run.id, run.root_id or run.id, 1, "status", start.status, now))
    yield call("add_runs", rows=rows)
    yield from run_tags.add([(run.environment, tag, run.id) for run in runs if run.tags for tag in run.tags])
    heirs = {str(run.id): changes.ANY_KEYS for run in runs if run.adopts is not None}
    yield from changes.append(facts, keys=heirs, born=tuple(run.id for run in runs))
    yield Ready(tuple(turns.taken))
    if dues:
        yield Due(min(dues))


def _rank(available_at: int, priority_ms: int, turn: int) -> int:
    """The order within a key: by time less the head start, and what came in one millisecond by turn."""
    return (available_at - priority_ms) * _RANKS_PER_MS + turn % _RANKS_PER_MS


def _row(
    run: NewRun, info: TaskInfo | None, start: _Start, turns: Turns, payload: str, metadata: str, now: int
) -> tuple[object, ...]:
    """The columns of `add_runs` up to `awaited`."""
    queue = run.queue if run.queue is not None else info.queue if info is not None else ""
    attempts, duration, machine = of_task(run, info)
    tags = "[]" if not run.tags else _ENCODE(run.tags).decode()
    turn = turns.take(queue, run.concurrency_key)
    return (
        run.id, run.environment, run.task, queue, run.concurrency_key, start.status, payload, metadata, tags,
        attempts, run.priority_ms, turn, _rank(start.available_at, run.priority_ms, turn), now,
        start.available_at, start.expires_at, duration, run.parent_id, run.parent_key, run.root_id or run.id, run.depth,
        run.generation, run.batch_id, run.batch_position, run.idempotency_key, run.resumed_from,
        machine, run.traceparent, run.origin, int(run.adopts is not None),
    )  # fmt: skip


def _adopt_applied(run: NewRun) -> Script[None]:
    """How far effects came, except those of tries: the successor's first try of a step is another one than the
    predecessor's, so what it streams and spends is new."""
    known: list[AppliedRow] = yield call("all_applied", run_id=run.adopts)
    rows = [(run.id, row.scope, row.count) for row in known if not is_of_try(row.scope)]
    if rows:
        yield call("put_applied", rows=rows)


def _adopt(run: NewRun) -> Script[None]:
    """Copy the predecessor's journal, forgetting what its final error names."""
    text: str | None = yield call("run_error", id=run.adopts)
    failed = _ERROR.decode(text).keys if text else ()
    # A resumed run is a tree of its own: it starts its children anew, because a root cannot be exchanged.
    keep_live = run.resumed_from is None
    yield call(
        "adopt_journal",
        run_id=run.id,
        adopts=run.adopts,
        failed=[[key] for key in failed],
        all_failed=int(not failed),
        keep_live=int(keep_live),
    )
    if keep_live:
        yield call("adopt_children", run_id=run.id, adopts=run.adopts)
    count: int = yield call("count_entries", run_id=run.id)
    yield call("set_journaled", run_id=run.id, count=count)
    yield from _adopt_applied(run)
    # Effects that count as applied must be there: metadata came with the row.
    yield call("adopt_tags", run_id=run.id, adopts=run.adopts, maximum=TAGS_MAX)
    yield from run_tags.index([run.id])
    yield call("adopt_blobs", run_id=run.id, adopts=run.adopts)
    yield call("adopt_messages", run_id=run.id, adopts=run.adopts)
    if run.resumed_from is not None:
        yield call("set_continued", id=run.resumed_from, by=run.id)


def _remember_members(runs: list[NewRun], found: dict[str, Triggered]) -> Script[None]:
    """Members of a batch that existed before belong to it only by this list."""
    cached = [
        (run.batch_id, run.batch_position, found[run.id].id)
        for run in runs
        if run.batch_id is not None and found[run.id].cached
    ]
    if cached:
        yield call("add_members", rows=cached)
