"""Why a run is not running: the same facts that the claim looks at, said in words."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.ids import RunId
from runcast.domain.journal import EntryKind
from runcast.domain.queue import rate_ready_at
from runcast.domain.run import Run, RunStatus
from runcast.gateway import Explanation
from runcast.store import forced
from runcast.store.operator_rows import HeldBelow
from runcast.store.rows import KeyCount, Name, Pending, QueueRow
from runcast.store.script import Script, call

_BLOCKERS = 20
_AHEAD_MAX = 100_000


def why(run: Run, now: int) -> Script[Explanation]:
    """Explain the state of a run at `now`."""
    match run.status:
        case RunStatus.QUEUED:
            return (yield from _queued(run, now))
        case RunStatus.WAITING:
            return (yield from _waiting(run, now))
        case RunStatus.DELAYED:
            left = max(0, run.available_at - now)
            what = f"attempt {run.attempt} failed; the next one starts" if run.attempt else "it was delayed; it starts"
            return _say(run, f"{what} in {_seconds(left)}", estimate_ms=left)
        case RunStatus.PENDING_VERSION:
            return _say(run, _unknown(run))
        case RunStatus.EXECUTING | RunStatus.DEQUEUED:
            return _say(run, f"it is running: attempt {run.attempt}, in worker {run.worker_id}")
        case _:
            detail = f": {run.error.message}" if run.error else ""
            held = yield from forced.held_below([run.id])
            return _say(run, f"it ended {run.label.lower()}{detail}{_left(run, held)}")


def _left(run: Run, held: Sequence[HeldBelow]) -> str:
    """What a final run has left behind."""
    if not held:
        return ""
    whose = "its body" if held[0].id == run.id and len(held) == 1 else f"{len(held)} bodies of it"
    return f"; {whose} did not end yet and holds a slot until then, or until it is canceled by force"


def _unknown(run: Run) -> str:
    # The environment is said, because the usual reason is a worker in another one.
    return (
        f"no worker of environment {run.environment!r} has known a task {run.task!r} yet; it starts when one connects"
    )


def _say(run: Run, reason: str, **more: object) -> Explanation:
    return Explanation(run.id, run.status.value, reason, **more)  # type: ignore[arg-type]


def _seconds(ms: int) -> str:
    """As people say it: what is far away needs no seconds."""
    if ms < 1_000:
        return f"{ms} ms"
    if ms < 180_000:
        return f"about {ms / 1_000:.0f} s"
    if ms < 180 * 60_000:
        return f"about {ms / 60_000:.0f} min"
    return f"about {ms / 3_600_000:.0f} h" if ms < 72 * 3_600_000 else f"about {ms / 86_400_000:.0f} days"


def _queued(run: Run, now: int) -> Script[Explanation]:
    queue: QueueRow | None = yield call("run_queue", id=run.id)
    ahead: int = yield call("ahead_of", id=run.id, limit=_AHEAD_MAX)
    position = ahead + 1
    if queue is None:
        return _say(run, f"position {position}", position=position)
    if queue.paused:
        return _say(run, f"queue {queue.name!r} is paused", position=position)
    blockers: Sequence[str] = ()
    reasons: list[str] = []
    if queue.per_key is not None and run.concurrency_key:
        slots: list[KeyCount] = yield call("slots_by_key", environment=queue.environment, queue=queue.name)
        busy = next((row.count for row in slots if row.key == run.concurrency_key), 0)
        if busy >= queue.per_key:
            reasons.append(f"key {run.concurrency_key} {busy}/{queue.per_key} busy")
            blockers = yield from _holders(queue, run.concurrency_key)
    if queue.concurrency is not None and not reasons:
        used: int = yield call("count_slots", environment=queue.environment, queue=queue.name)
        if used >= queue.concurrency:
            reasons.append(f"queue {queue.name} {used}/{queue.concurrency} busy")
            blockers = yield from _holders(queue, None)
    if queue.rate_count is not None and queue.rate_period_ms is not None and not reasons:
        at = rate_ready_at(now, queue.tat_us, queue.rate_count, queue.rate_period_ms)
        if at > now:
            reasons.append(
                f"rate {queue.rate_count}/{queue.rate_period_ms / 1000:g}s used up, more in {_seconds(at - now)}"
            )
    if not reasons:
        reasons.append((yield from _worker_wanted(run)))
    pace: int | None = yield call("recent_pace", id=run.id, environment=queue.environment, queue=queue.name)
    estimate = None if pace is None else pace * position
    if blockers:
        shown = ", ".join(blockers[:3]) + (", …" if len(blockers) > 3 else "")
        reasons[0] += f" (runs {shown})"
    reasons.append(f"position {position:,}")
    if estimate is not None:
        reasons.append(_seconds(estimate))
    ids = tuple(RunId(id) for id in blockers)
    return _say(run, ", ".join(reasons), position=position, blockers=ids, estimate_ms=estimate)


def _worker_wanted(run: Run) -> Script[str]:
    """What the run waits for when no limit holds it."""
    workers: int = yield call("worker_knows", environment=run.environment)
    if not workers:
        return f"no worker of environment {run.environment!r} is connected"
    if run.machine is not None:
        serving: int = yield call("worker_serves", environment=run.environment, machine=run.machine)
        if not serving:
            return f"no worker serves machine {run.machine!r}"
    return "waiting for a worker with room"


def _holders(queue: QueueRow, key: str | None) -> Script[list[str]]:
    rows: list[Name] = yield call("holders", environment=queue.environment, queue=queue.name, key=key, limit=_BLOCKERS)
    return [row.name for row in rows]


def _waiting(run: Run, now: int) -> Script[Explanation]:
    if run.parked_reason is not None:
        return _say(run, f"parked, it needs a person: {run.parked_reason}")
    pending: list[Pending] = yield call("pending_of", run_id=run.id, limit=_BLOCKERS)
    if not pending:
        return _say(run, "it waits, and nothing is pending: its worker is about to go on")
    runs = tuple(RunId(entry.awaits) for entry in pending if entry.awaits and entry.kind in ("child", "result"))
    words = {
        EntryKind.SLEEP: "for a time",
        EntryKind.TOKEN: "for a person or program to complete a wait",
        EntryKind.CHILD: "for child runs",
        EntryKind.BATCH: "for a batch",
        EntryKind.RESULT: "for other runs",
        EntryKind.MESSAGE: "for a message",
    }
    kinds = dict.fromkeys(words.get(EntryKind(entry.kind), entry.kind) for entry in pending)
    things = ", ".join(entry.awaits or entry.key for entry in pending[:3]) + (", …" if len(pending) > 3 else "")
    dues = [entry.due_at for entry in pending if entry.due_at is not None]
    left = None if not dues else max(0, min(dues) - now)
    until = "" if left is None else f", at most {_seconds(left)} more"
    return _say(run, f"it waits {' and '.join(kinds)} ({things}){until}", blockers=runs, estimate_ms=left)
