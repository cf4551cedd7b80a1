"""Applies what executions report: fence, entries, effects, outcome, in that order and in one transaction.

The fence: a run takes a report only while it is `EXECUTING` under the report's epoch. Everything else is refused whole, so
an execution that lost its run can change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from runcast.domain.effect import ROUNDS_SCOPE
from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.limits import MAX_DEATHS_ALONE
from runcast.domain.outcome import (
    Continued,
    Died,
    Evicted,
    Failed,
    HandedBack,
    Outcome,
    ParkedRun,
    Released,
    Succeeded,
    TimedOut,
    Waiting,
)
from runcast.domain.run import End, RunStatus
from runcast.gateway import Reply, Report
from runcast.store import alerts, blobs, changes, effects, entries, inbox, resolve, tallies
from runcast.store.claim import to_entries
from runcast.store.rows import Ended, Holding, JournalRow
from runcast.store.script import Due, Freed, Ready, Script, call

_ENCODE = msgspec.json.Encoder().encode


_LETTING_GO = (Released, Evicted)


class _Replies:
    """Answers under construction, by run."""

    def __init__(self) -> None:
        self.lost: set[str] = set()
        self.waiting: set[str] = set()
        self.resolved: defaultdict[str, list[Entry]] = defaultdict(list)
        self.due: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def reply(self, report: Report) -> Reply:
        id = report.run_id
        if id in self.lost:
            return Reply(id, lost=True)
        if not (self.waiting or self.resolved or self.due):
            return Reply(id)
        return Reply(
            id, resolved=tuple(self.resolved.get(id, ())), waiting=id in self.waiting, due=self.due.get(id, {})
        )


def report(worker_id: str, reports: Sequence[Report], now: int) -> Script[list[Reply]]:
    """Apply reports of one worker; at most one for each run. Raises `InvalidInput` for content over a bound."""
    rows: list[Holding] = yield call("holdings", ids=[[report.run_id] for report in reports])
    runs = {row.id: row for row in rows}
    replies = _Replies()
    accepted: list[tuple[Holding, Report]] = []
    restless: list[Holding] = []
    for item in reports:
        run = runs.get(item.run_id)
        if isinstance(item.outcome, _LETTING_GO):
            continue
        if run is not None and _waits_here(run, item, worker_id):
            restless.append(run)
            continue
        if run is None or run.status != RunStatus.EXECUTING or run.epoch != item.epoch:
            replies.lost.add(item.run_id)
        else:
            accepted.append((run, item))
    yield from _let_go(worker_id, reports, runs, now)
    if restless:
        replies.waiting.update(run.id for run in restless)
        yield from _wake(restless, now)
    with_entries = [(run, item) for run, item in accepted if item.entries]
    if with_entries:
        recorded = yield from entries.record(with_entries, now)
        for run_id, found in recorded.resolved.items():
            replies.resolved[run_id].extend(found)
        replies.due.update(recorded.due)
        # A run may end in the very report by which another begins to wait for it.
        accepted = [(_awaited(run) if run.id in recorded.awaited else run, item) for run, item in accepted]
    flushes = [effects.Flush(run, item.effects) for run, item in accepted if item.effects]
    if flushes:
        yield from effects.apply(flushes, now)
    touched = [[run.id, len(item.entries)] for run, item in accepted if item.entries or item.effects]
    if touched:
        yield call("touch_runs", rows=touched)
        accepted = [(_touched(run, item), item) for run, item in accepted]
    # A report with an outcome says so by its status: who follows reads the journal then too.
    keys = {run.id: changes.keys_text(new.entry.key for new in item.entries) for run, item in accepted if item.entries}
    noted = [run for run, item in accepted if item.entries and item.outcome is None]
    facts = [(run.id, run.root_id, run.version, "journal", run.status, now) for run in noted]
    yield from changes.append(facts, keys=keys)
    yield from _outcomes(accepted, replies, keys, now)
    return [replies.reply(item) for item in reports]


def _waits_here(run: Holding, item: Report, worker_id: str) -> bool:
    """An empty report of a run that waits in this worker, or was woken a moment ago."""
    if run.status == RunStatus.EXECUTING:
        return False
    empty = item.outcome is None and not item.entries and not item.effects
    waits = run.status in (RunStatus.WAITING, RunStatus.QUEUED) and not run.parked
    return empty and waits and run.worker_id == worker_id and run.epoch == item.epoch


def _wake(runs: Sequence[Holding], now: int) -> Script[None]:
    """A branch goes on by itself: the run asks for its slot, ahead of new ones."""
    waiting = [run for run in runs if run.status == RunStatus.WAITING]
    if waiting:
        yield call("wake_runs", ids=[[run.id] for run in waiting])
        yield Ready(tuple({run.queue for run in waiting}))
        yield from changes.append([(run.id, run.root_id, run.version + 1, "status", "QUEUED", now) for run in waiting])


def _touched(run: Holding, item: Report) -> Holding:
    """The run as `touch_runs` left it, so that the fact of its outcome carries the version it really has."""
    return msgspec.structs.replace(run, version=run.version + 1) if item.entries or item.effects else run


def _awaited(run: Holding) -> Holding:
    return msgspec.structs.replace(run, awaited=True)


def _let_go(worker_id: str, reports: Sequence[Report], runs: dict[str, Holding], now: int) -> Script[None]:
    """Slots of bodies that are gone, and coroutines that were dropped."""
    released: list[list[str]] = [
        [item.run_id]
        for item in reports
        if isinstance(item.outcome, Released)
        and (run := runs.get(item.run_id)) is not None
        and run.slot
        and run.status != RunStatus.EXECUTING
        and run.worker_id == worker_id
    ]
    if released:
        yield call("release_slots", ids=released)
        yield Freed(tuple({runs[id].queue for (id,) in released}))
        yield from changes.let_go([runs[id] for (id,) in released], now)
    evicted = [[item.run_id] for item in reports if isinstance(item.outcome, Evicted)]
    if evicted:
        yield call("evict_runs", ids=evicted, worker_id=worker_id)
        yield Ready(tuple({runs[id].queue for (id,) in evicted if id in runs}))
        woken = [runs[id] for (id,) in evicted if id in runs and runs[id].status == RunStatus.QUEUED]
        yield from changes.let_go(woken, now)


_Group = list[tuple[Holding, Report]]


_Keys = Mapping[str, str]
"""Which entries a run reported, as a fact of the feed says it."""


def _outcomes(accepted: _Group, replies: _Replies, keys: _Keys, now: int) -> Script[None]:
    """Each kind of outcome for all runs that have it."""
    groups: defaultdict[type[Outcome], _Group] = defaultdict(list)
    for run, item in accepted:
        if item.outcome is not None:
            groups[type(item.outcome)].append((run, item))
    if not groups:
        return
    retried = [pair for pair in groups[Failed] if _may_retry(pair[1])]
    final = groups[Succeeded] + groups[TimedOut] + [pair for pair in groups[Failed] if not _may_retry(pair[1])]
    if final:
        yield from _finish(final, keys, now)
    if retried:
        yield from _retry(retried, now)
    if groups[Waiting]:
        yield from _wait(groups[Waiting], replies, keys, now)
    if groups[ParkedRun]:
        yield from _park(groups[ParkedRun], keys, now)
    if groups[Continued]:
        yield from _continue(groups[Continued], now)
    if groups[HandedBack]:
        yield from hand_back([(run, item.executed_ms) for run, item in groups[HandedBack]], now, keys)
    for run, item in groups[Died]:
        assert isinstance(item.outcome, Died)
        yield from died_alone(run, item.outcome.reason, now)
    yield Freed(tuple({run.queue for pairs in groups.values() for run, _ in pairs}))


def _may_retry(item: Report) -> bool:
    return isinstance(item.outcome, Failed) and item.outcome.retry_in_ms is not None


_TEXTS = {status: status.value for status in RunStatus}
"""Plain strings: `StrEnum.value` is a slow look-up before Python 3.12."""


def _end(run: Holding, outcome: Outcome | None) -> End:
    """What those who wait for the run will see."""
    id = RunId(run.id)
    match outcome:
        case Succeeded():
            return End(id, RunStatus.COMPLETED, output=outcome.output)
        case TimedOut():
            return End(id, RunStatus.TIMED_OUT, error=outcome.error)
        case Failed():
            return End(id, RunStatus.FAILED, error=outcome.error)
        case _:
            raise AssertionError(outcome)


def _finish(group: _Group, keys: _Keys, now: int) -> Script[None]:
    rows: list[list[object]] = []
    facts: list[changes.ChangeFact] = []
    ended: list[Ended] = []
    ends: list[End] = []
    for run, item in group:
        end = _end(run, item.outcome)
        status, output = _TEXTS[end.status], end.output
        if output is not None and not blobs.fits(output):
            output = yield from blobs.stow(run.id, output, "output")
        error = None if end.error is None else _ENCODE(end.error).decode()
        counts = item.outcome.counts if isinstance(item.outcome, Succeeded) else None
        counted = None if counts is None else _ENCODE(counts).decode()
        # The body of a run past its time may still be unwinding, or be stuck in a thread: `Released` frees the slot.
        slot = int(end.status is RunStatus.TIMED_OUT)
        rows.append([run.id, status, output, error, counted, item.executed_ms, slot])
        facts.append((run.id, run.root_id, run.version + 1, "status", status, now))
        ended.append(Ended(run.id, status, run.awaited, run.batch_id))
        ends.append(end)
    yield call("finish_runs", now=now, rows=rows)
    yield from tallies.add((run, _TEXTS[end.status]) for (run, _), end in zip(group, ends, strict=True))
    yield from changes.append(facts, keys=keys, ended=tuple(ends))
    yield from resolve.runs_ended(ended, now)
    failed = [(run, end.error) for (run, _), end in zip(group, ends, strict=True) if end.error is not None]
    if failed:
        yield from alerts.runs_failed(failed, now)
    if len(failed) < len(group):
        yield from alerts.runs_succeeded(
            [run for (run, _), end in zip(group, ends, strict=True) if end.status is RunStatus.COMPLETED], now
        )


def _retry(group: _Group, now: int) -> Script[None]:
    rows: list[list[object]] = []
    attempts: list[tuple[object, ...]] = []
    for run, item in group:
        outcome = item.outcome
        assert isinstance(outcome, Failed) and outcome.retry_in_ms is not None
        available = now + outcome.retry_in_ms
        rows.append([run.id, available, item.executed_ms, outcome.machine])
        error = _ENCODE(outcome.error).decode()
        attempts.append((run.id, run.attempt, run.worker_id, run.claimed_at, now, "failed", error))
        if outcome.fresh:
            yield from _empty_journal(run.id)
            yield from inbox.start_over(run.id)
        elif outcome.error.keys:
            yield call("forget_entries", run_id=run.id, keys=[[key] for key in outcome.error.keys])
        else:
            yield call("forget_failed", run_id=run.id)
        yield Due(available)
    yield call("retry_runs", rows=rows)
    yield call("add_attempts", rows=attempts)
    facts = [(run.id, run.root_id, run.version + 1, "status", "DELAYED", now) for run, _ in group]
    yield from changes.append(facts, keys=_all_old(group))


def _empty_journal(run_id: str) -> Script[None]:
    yield call("forget_journal", run_id=run_id)
    yield call("delete_journal", run_id=run_id)
    yield call("delete_applied", run_id=run_id)
    # Of steps that are no more: a loop may live for years.
    yield call("prune_tries", ids=[[run_id]])


def _wait(group: _Group, replies: _Replies, keys: _Keys, now: int) -> Script[None]:
    """Runs begin to wait, unless something they wait for is there already."""
    wanted: list[list[str]] = []
    for run, item in group:
        assert isinstance(item.outcome, Waiting)
        wanted.extend([run.id, key] for key in item.outcome.keys)
    found: list[JournalRow] = yield call("entries_at", keys=wanted)
    for run_id, entry in (yield from to_entries(found)):
        replies.resolved[run_id].append(entry)
    ready = {row.run_id for row in found}
    waiting = [(run, item) for run, item in group if run.id not in ready]
    if not waiting:
        return
    rows = [
        [run.id, item.executed_ms, int(isinstance(item.outcome, Waiting) and item.outcome.resident), None]
        for run, item in waiting
    ]
    yield call("wait_runs", now=now, rows=rows)
    replies.waiting.update(run.id for run, _ in waiting)
    facts = [(run.id, run.root_id, run.version + 1, "status", "WAITING", now) for run, _ in waiting]
    yield from changes.append(facts, keys=keys)


def _park(group: _Group, keys: _Keys, now: int) -> Script[None]:
    rows: list[list[object]] = []
    for run, item in group:
        assert isinstance(item.outcome, ParkedRun)
        rows.append([run.id, item.executed_ms, 0, item.outcome.reason])
    yield call("wait_runs", now=now, rows=rows)
    facts = [(run.id, run.root_id, run.version + 1, "status", "WAITING", now) for run, _ in group]
    yield from changes.append(facts, keys=keys)
    yield from alerts.runs_parked([(run, str(row[3])) for (run, _), row in zip(group, rows, strict=True)], now)


def _continue(group: _Group, now: int) -> Script[None]:
    rows: list[list[object]] = []
    for run, item in group:
        assert isinstance(item.outcome, Continued)
        payload = yield from blobs.stow(run.id, item.outcome.payload, "payload")
        rows.append([run.id, payload])
        yield from _empty_journal(run.id)
        yield call("forget_transacted", run_id=run.id)
        yield from inbox.start_round(run.id, now)
        yield call("count_round", run_id=run.id, scope=ROUNDS_SCOPE)
    yield call("continue_runs", rows=rows)
    yield call("forget_blobs", ids=[[run.id] for run, _ in group])
    yield Ready(tuple({run.queue for run, _ in group}))
    facts = [(run.id, run.root_id, run.version + 1, "status", "QUEUED", now) for run, _ in group]
    yield from changes.append(facts, keys=_all_old(group))


def _all_old(group: _Group) -> _Keys:
    """Entries were forgotten: whoever shows these journals reads them anew."""
    return {run.id: changes.ANY_KEYS for run, _ in group}


def hand_back(runs: Sequence[tuple[Holding, int]], now: int, keys: _Keys | None = None) -> Script[None]:
    """Runs return to their queue unharmed, ahead of new ones. `keys`: what they recorded at last."""
    yield call("hand_back_runs", rows=[[run.id, executed_ms] for run, executed_ms in runs])
    facts = [(run.id, run.root_id, run.version + 1, "status", "QUEUED", now) for run, _ in runs]
    yield from changes.append(facts, keys=keys)
    yield Ready(tuple({run.queue for run, _ in runs}))


def died_alone(run: Holding, reason: str, now: int) -> Script[None]:
    """The run's own process died: three such deaths end it."""
    yield call("count_death_alone", id=run.id)
    if run.deaths_alone + 1 < MAX_DEATHS_ALONE:
        yield from hand_back([(run, 0)], now)
        return
    error = ErrorInfo(
        type="runcast.Crashed",
        message=f"the process that executed only this run died {MAX_DEATHS_ALONE} times; the last time: {reason}",
        code="crashed",
    )
    yield call("release_slots", ids=[[run.id]])
    yield from resolve.end_without_word([run], RunStatus.CRASHED, _ENCODE(error).decode(), now)
