"""Queues: what the code declares of them, what a person changes live, and how full they are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runcast.domain.durations import duration_text
from runcast.domain.errors import InvalidInput, NotFound, Overloaded
from runcast.domain.limits import OVERRIDE_MS_MAX, OVERRIDE_MS_MIN, QUEUE_LENGTH_MAX, QUEUE_LIMIT_MAX, TICK_ROWS_MAX
from runcast.domain.queue import QueueChange, QueueSettings, QueueState
from runcast.store.operator_rows import EndedOverride
from runcast.store.rows import Limits
from runcast.store.script import READY, Due, Script, call

_ENCODE = msgspec.json.Encoder().encode
_SETTINGS = msgspec.json.Decoder(QueueSettings)


def declare(environment: str, declared: Sequence[QueueSettings]) -> Script[None]:
    """What a worker's code says of its queues; limits that a person changed stay."""
    yield call("declare_queues", rows=[_declared_row(environment, queue) for queue in declared])
    for queue in declared:
        # Runs were set aside under the bound that the last version of the code declared.
        if queue.per_key is None:
            yield call("unhold_all", environment=environment, queue=queue.name)


def _declared_row(environment: str, queue: QueueSettings) -> tuple[object, ...]:
    return (
        environment, queue.name, queue.concurrency, queue.per_key, queue.rate_count, queue.rate_period_ms,
        queue.max_length, _ENCODE(queue).decode(),
    )  # fmt: skip


def change(environment: str, name: str, wanted: QueueChange, now: int) -> Script[QueueState]:
    """Change limits or the pause, for ever or for a while; runs set aside under the old limits come back to be looked at again.

    Raises `NotFound` for a queue that nobody declared or used, `InvalidInput` for a limit that is none.
    """
    _check(wanted)
    limits: Limits | None = yield call("queue_limits", environment=environment, name=name)
    if limits is None:
        raise NotFound(f"no queue {name!r} in environment {environment!r}: a worker declares it, or a trigger names it")
    changed = _changed(name, limits, wanted, now)
    yield call("set_queue", environment=environment, name=name, **changed)
    if isinstance(ends_at := changed["override_ends_at"], int):
        yield Due(ends_at)
    yield call("unhold_all", environment=environment, queue=name)
    # In every queue: the dispatcher forgets which of them had a bound.
    yield READY
    states = yield from queue_states(environment, name)
    return states[0]


def end_overrides(now: int) -> Script[None]:
    """Limits that a person set for a while give way to those that the code declares."""
    ended: list[EndedOverride] = yield call("ended_overrides", now=now, limit=TICK_ROWS_MAX)
    for row in ended:
        yield from change(row.environment, row.name, QueueChange(reset=True), now)


def _changed(name: str, limits: Limits, wanted: QueueChange, at: int) -> dict[str, object]:
    """The columns of `set_queue`."""
    now = {field: getattr(limits, field) for field in Limits.__struct_fields__ if field != "declared"}
    if wanted.reset:
        declared = QueueSettings(name) if limits.declared is None else _SETTINGS.decode(limits.declared)
        now.update(msgspec.structs.asdict(declared), overridden=False, override_ends_at=None)
        del now["name"]
    asked = {field: getattr(wanted, field) for field in ("concurrency", "per_key", "max_length")}
    if wanted.rate is not msgspec.UNSET:
        asked["rate_count"], asked["rate_period_ms"] = wanted.rate or (None, None)
    given = {field: value for field, value in asked.items() if value is not msgspec.UNSET}
    if given:
        now.update(given, overridden=True, override_ends_at=None)
    if wanted.for_ms is not msgspec.UNSET:
        if not now["overridden"]:
            raise InvalidInput("these are the limits that the code declares, which do not end: say which ones to set")
        now["override_ends_at"] = None if wanted.for_ms is None else at + int(wanted.for_ms)
    if wanted.paused is not msgspec.UNSET:
        now["paused"] = wanted.paused
    return {field: int(value) if isinstance(value, bool) else value for field, value in now.items()}


def _check(wanted: QueueChange) -> None:
    for value in (wanted.concurrency, wanted.per_key, wanted.rate[0] if isinstance(wanted.rate, tuple) else None):
        if isinstance(value, int) and value > QUEUE_LIMIT_MAX:
            raise InvalidInput(f"a limit is at most {QUEUE_LIMIT_MAX:,}, got {value:,}. For no limit, say none.")
    for field in ("concurrency", "per_key", "max_length"):
        value = getattr(wanted, field)
        if isinstance(value, int) and value < 1:
            raise InvalidInput(f"{field} is at least 1, or None for no limit, got {value}. To start nothing, pause.")
    if isinstance(wanted.max_length, int) and wanted.max_length > QUEUE_LENGTH_MAX:
        raise InvalidInput(f"max_length is at most {QUEUE_LENGTH_MAX:,}, got {wanted.max_length:,}")
    if isinstance(wanted.for_ms, int) and not OVERRIDE_MS_MIN <= wanted.for_ms <= OVERRIDE_MS_MAX:
        raise InvalidInput(f"limits are set for 1 second to 366 days, got {duration_text(wanted.for_ms)}")
    if isinstance(wanted.rate, tuple) and min(wanted.rate) < 1:
        raise InvalidInput(f"a rate is a count and a period of at least 1 ms, got {wanted.rate}")


def queue_states(environment: str | None = None, name: str | None = None) -> Script[tuple[QueueState, ...]]:
    """Queues as anyone may read them, by environment and name."""
    rows: list[QueueState] = yield call("queue_states", environment=environment, name=name)
    return tuple(rows)


def check_room(environment: str, queue: str, coming: int, bound: int) -> Script[None]:
    """Raise `Overloaded` unless the queue has room for so many more."""
    length: int = 0
    if coming <= bound:
        length = yield call("queue_length", environment=environment, queue=queue, limit=bound)
        if length + coming <= bound:
            return
    wanted = "one more has no room" if coming == 1 else f"{coming:,} more have no room"
    raise Overloaded(
        f"queue {queue!r} has {length:,} of at most {bound:,} queued runs: {wanted}, and nothing was stored. "
        f"Try again later, or raise its max_length.",
        queue=queue,
        length=length,
        bound=bound,
    )
