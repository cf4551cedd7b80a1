"""Events of alerts: stored with the run that handles each, and its deliveries, in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from runcast.domain.alert import AlertEvent, AlertOn, AlertRule, fingerprint
from runcast.domain.errors import ErrorInfo
from runcast.domain.ids import RunId, make_id
from runcast.domain.limits import ALERT_CHARS_MAX, PAGE_ROWS_MAX
from runcast.domain.run import NewRun
from runcast.domain.transaction import topic_id
from runcast.gateway import Hello
from runcast.store import changes, channels, deliveries, queues
from runcast.store.enqueue import enqueue
from runcast.store.rows import AlertRow, Holding, SlowRun
from runcast.store.script import Script, call

TOPIC = "runcast.alerts"
_ENCODE = msgspec.json.Encoder().encode
_RULE = msgspec.json.Decoder(AlertRule)
_FOR_GOOD = frozenset({AlertOn.NEW_ERROR, AlertOn.SLOW})
"""What is one event however much time passes: an error group is new once, and a run is slow once."""


class Cause(msgspec.Struct, frozen=True):
    """Something that an alert may be about."""

    kind: AlertOn
    environment: str
    subject: str
    message: str
    fingerprint: str
    run_id: str | None = None


def declare(worker: Hello, now: int) -> Script[None]:
    """Take over the alerts that a worker's code declares, and drop those that were removed from it."""
    tasks = [[task.name] for task in worker.tasks]
    yield call(
        "drop_alerts", environment=worker.environment, tasks=tasks, alerts=[[rule.name] for rule in worker.alerts]
    )
    # An alert without a task of its own belongs to the first of all: who knows that one has the same code.
    first = min((task.name for task in worker.tasks), default="")
    rows = [
        (worker.environment, rule.name, rule.on.value, rule.run or first,
         _ENCODE(channels.without_secrets(rule)).decode(), now)
        for rule in worker.alerts
    ]  # fmt: skip
    if rows:
        yield call("put_alerts", rows=rows)
    yield from channels.declare(worker.environment, worker.alerts, now)


def runs_failed(failed: Sequence[tuple[Holding, ErrorInfo]], now: int) -> Script[None]:
    """Runs ended without success, each with its error."""
    rules = yield from _rules(AlertOn.FAILED, AlertOn.NEW_ERROR)
    if not rules:
        return
    for run, error in failed:
        message = f"{error.name}: {error.user_message or error.message}"
        looks = fingerprint(run.task, error)
        for kind in (AlertOn.FAILED, AlertOn.NEW_ERROR):
            yield from _raise(rules, Cause(kind, run.environment, run.task, message, looks, run.id), run.queue, now)


def runs_succeeded(succeeded: Sequence[Holding], now: int) -> Script[None]:
    """Runs completed. Each is an event of its own: none looks like another."""
    rules = yield from _rules(AlertOn.SUCCEEDED)
    if not rules:
        return
    # Two alerts of which each hears of the other's task would raise each other for ever.
    handlers = {(environment, rule.run) for environment, rule in rules}
    for run in succeeded:
        if (run.environment, run.task) not in handlers:
            cause = Cause(AlertOn.SUCCEEDED, run.environment, run.task, "it completed", run.id, run.id)
            yield from _raise(rules, cause, run.queue, now)


def runs_parked(parked: Sequence[tuple[Holding, str]], now: int) -> Script[None]:
    """Runs need a person, each for a reason."""
    rules = yield from _rules(AlertOn.PARKED)
    if not rules:
        return
    for run, reason in parked:
        looks = fingerprint(run.task, ErrorInfo("parked", reason))
        cause = Cause(AlertOn.PARKED, run.environment, run.task, reason, looks, run.id)
        yield from _raise(rules, cause, run.queue, now)


def look(now: int) -> Script[bool]:
    """Look for slow runs and long queues; whether any alert wants that."""
    rules = yield from _rules(AlertOn.SLOW, AlertOn.BACKLOG)
    for environment, rule in rules:
        if rule.on is AlertOn.SLOW:
            yield from _look_for_slow(environment, rule, now)
    if any(rule.on is AlertOn.BACKLOG for _, rule in rules):
        yield from _look_for_backlog(rules, now)
    return bool(rules)


def _look_for_slow(environment: str, rule: AlertRule, now: int) -> Script[None]:
    rows: list[SlowRun] = yield call("slow_runs", environment=environment, before=now - rule.over, limit=PAGE_ROWS_MAX)
    for row in rows:
        message = f"it started {(now - row.started_at) / 1000:.0f} s ago and still runs"
        cause = Cause(AlertOn.SLOW, row.environment, row.task, message, row.id, row.id)
        yield from _raise([(environment, rule)], cause, row.queue, now)


def _look_for_backlog(rules: Sequence[tuple[str, AlertRule]], now: int) -> Script[None]:
    for queue in (yield from queues.queue_states()):
        over = [
            (environment, rule)
            for environment, rule in rules
            if rule.on is AlertOn.BACKLOG and queue.queued > rule.over
        ]
        message = f"{queue.queued:,} runs are queued"
        cause = Cause(AlertOn.BACKLOG, queue.environment, queue.name, message, queue.name)
        yield from _raise(over, cause, queue.name, now)


def _rules(*kinds: AlertOn) -> Script[list[tuple[str, AlertRule]]]:
    rows: list[AlertRow] = yield call("alert_rules", kinds=[[kind.value] for kind in kinds])
    return [(row.environment, _RULE.decode(row.rule)) for row in rows]


def _raise(rules: Sequence[tuple[str, AlertRule]], cause: Cause, queue: str, now: int) -> Script[None]:
    """An event for each alert that wants to hear of this; one that looks the same is counted."""
    for environment, rule in rules:
        if environment != cause.environment or not _wants(rule, cause, queue):
            continue
        after = -1 if rule.on in _FOR_GOOD else now - rule.window_ms
        known: int | None = yield call(
            "same_event", environment=environment, alert=rule.name, fingerprint=cause.fingerprint, after=after
        )
        if known is None:
            yield from _add_event(rule, cause, now)
        elif rule.on is not AlertOn.SLOW:
            yield call("count_event", seq=known, now=now)


def _wants(rule: AlertRule, cause: Cause, queue: str) -> bool:
    if rule.on is not cause.kind or (rule.queues and queue not in rule.queues):
        return False
    if rule.on is AlertOn.BACKLOG:
        return True
    # An alert whose own task fails would raise itself for ever.
    return cause.subject != rule.run and (not rule.tasks or cause.subject in rule.tasks)


def _add_event(rule: AlertRule, cause: Cause, now: int) -> Script[None]:
    message = cause.message[:ALERT_CHARS_MAX]
    row = (
        cause.environment, rule.name, rule.on.value, cause.subject, message, cause.run_id, cause.fingerprint, 1, now, now,
    )  # fmt: skip
    yield call("add_event", rows=[row])
    seq: int = yield call("newest_event")
    chance = int.from_bytes(blake2b(f"alert\0{rule.name}\0{seq}".encode(), digest_size=8).digest())
    run_id = RunId(make_id("run", at_ms=now, chance=chance))
    event = AlertEvent(
        seq, rule.name, rule.on, cause.subject, message, cause.run_id, cause.fingerprint, 1, now, now,
        run_id if rule.run else None,
    )  # fmt: skip
    payload = _ENCODE(event).decode()
    yield from deliveries.add(cause.environment, event, rule.channels, now)
    if rule.run:
        yield from enqueue(
            [NewRun(run_id, rule.run, payload, tags=("alert",), environment=cause.environment)], now, owed=True
        )
        yield call("set_handled_by", seq=seq, run_id=run_id)
    yield from changes.append([(rule.name, topic_id(TOPIC), 0, "topic", "", now)])


def events(before: int | None, limit: int) -> Script[tuple[AlertEvent, ...]]:
    """Events, newest first."""
    rows: list[AlertEvent] = yield call("alert_events_before", before=before, limit=min(limit, PAGE_ROWS_MAX))
    return tuple(rows)
