"""What falls due: sleeps, timeouts, delays, retries, ttls. Found by query, so that nothing due can be forgotten."""

from __future__ import annotations

from runcast.domain.journal import EntryKind
from runcast.domain.limits import TICK_ROWS_MAX
from runcast.domain.run import RunStatus
from runcast.store import changes, queues, resolve
from runcast.store.rows import Awaiting, Holding, Name, WaitEnd
from runcast.store.script import READY, Script, call


def fire_due(now: int) -> Script[int | None]:
    """Do one bounded piece of what is due; when the next thing falls due (maybe in the past), or None."""
    yield from _sleeps(now)
    yield from _waits(now)
    yield from _delays(now)
    expired: list[Holding] = yield call("expired_runs", now=now, limit=TICK_ROWS_MAX)
    yield from resolve.end_without_word(expired, RunStatus.EXPIRED, None, now)
    yield from queues.end_overrides(now)
    # A rate limit, too, is waited out by this clock.
    yield READY
    at: int | None = yield call("next_due")
    return at


def _sleeps(now: int) -> Script[None]:
    due: list[Awaiting] = yield call("due_entries", now=now, limit=TICK_ROWS_MAX)
    resolutions: list[resolve.Resolution] = []
    for entry in due:
        if entry.kind == EntryKind.SLEEP:
            resolutions.append((entry.run_id, entry.key, "done", "null", None))
        else:
            late = resolve.no_message if entry.kind == EntryKind.MESSAGE else resolve.timed_out
            resolutions.append((entry.run_id, entry.key, "failed", None, late(entry.awaits or entry.key)))
    yield from resolve.resolve(resolutions, now)


def _waits(now: int) -> Script[None]:
    due: list[Name] = yield call("due_waits", now=now, limit=TICK_ROWS_MAX)
    if due:
        yield call("time_out_waits", now=now, ids=[[row.name] for row in due])
        yield from changes.waits_changed(due[-1].name, now)
        yield from resolve.waits_ended([WaitEnd(row.name, "TIMED_OUT", None) for row in due], now)


def _delays(now: int) -> Script[None]:
    due: list[Holding] = yield call("due_runs", now=now, limit=TICK_ROWS_MAX)
    if due:
        yield call("queue_runs", ids=[[run.id] for run in due])
        yield from changes.append([(run.id, run.root_id, run.version + 1, "status", "QUEUED", now) for run in due])
