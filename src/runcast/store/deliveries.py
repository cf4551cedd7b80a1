"""Deliveries of alerts: stored with their event, claimed for a while by a server that tries them, tried until they arrive."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from runcast.domain.alert import AlertEvent
from runcast.domain.channel import ChannelRef
from runcast.domain.delivery import Answer, Delivery, DeliveryAttempt, DeliveryStatus, next_delay_ms
from runcast.domain.errors import Conflict, NotFound
from runcast.domain.ids import make_id
from runcast.domain.limits import (
    DELIVERIES_AT_ONCE,
    DELIVERIES_OF_A_CHANNEL,
    DELIVERY_LEASE_MS,
    PAGE_ROWS_MAX,
)
from runcast.gateway import TaskInfo
from runcast.store.delivery_rows import AttemptRow, DeliveryRow, DueDelivery
from runcast.store.rows import Name, TaskRow
from runcast.store.script import Script, call


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to list."""

    environment: str
    id: str | None = None
    channel_id: str | None = None
    status: DeliveryStatus | None = None


def add(environment: str, event: AlertEvent, channels: Iterable[ChannelRef], now: int) -> Script[None]:
    """Deliveries of a new event, one for each channel."""
    rows = [
        (_delivery_id(f"{event.seq}\0{one.id}", now), environment, one.id, one.kind.value, event.seq, event.alert,
         DeliveryStatus.PENDING.value, 0, now, now)
        for one in {one.id: one for one in channels}.values()
    ]  # fmt: skip
    if rows:
        yield call("add_deliveries", rows=rows)


def add_test(environment: str, channel: ChannelRef, alert: str, salt: str, now: int) -> Script[str]:
    """A delivery that tells of nothing, to see whether one arrives; its id."""
    id = _delivery_id(f"test\0{salt}\0{channel.id}", now)
    row = (id, environment, channel.id, channel.kind.value, None, alert, DeliveryStatus.PENDING.value, 0, now, now)
    yield call("add_deliveries", rows=[row])
    return id


def _delivery_id(unique: str, now: int) -> str:
    chance = int.from_bytes(blake2b(f"delivery\0{unique}".encode(), digest_size=8).digest())
    return make_id("delivery", at_ms=now, chance=chance)


def next_due() -> Script[int | None]:
    """When the next delivery is to be tried, None without one."""
    at: int | None = yield call("next_delivery")
    return at


def release(now: int) -> Script[None]:
    """Where one engine owns the database, what a process before it had claimed is nobody's."""
    yield call("release_deliveries", now=now)


def claim(holder: str, now: int) -> Script[list[DueDelivery]]:
    """Some of those that are due, for this server alone until their lease ends; `attempts` is the number of this try."""
    due: list[DueDelivery] = yield call(
        "due_deliveries", now=now, of_a_channel=DELIVERIES_OF_A_CHANNEL, limit=DELIVERIES_AT_ONCE
    )
    if not due:
        return []
    yield call("claim_deliveries", ids=[[one.id] for one in due], holder=holder, until=now + DELIVERY_LEASE_MS)
    claimed = [msgspec.structs.replace(one, attempts=one.attempts + 1) for one in due]
    yield call("add_alert_attempts", rows=[(one.id, one.attempts, now) for one in claimed])
    return claimed


def settle(delivery_id: str, number: int, answer: Answer, now: int) -> Script[None]:
    """What came of a try: it arrived, is tried again, or has failed."""
    yield call(
        "end_attempt",
        id=delivery_id, number=number, took_ms=answer.took_ms, status=answer.status, error=answer.error,
    )  # fmt: skip
    if answer.error is None:
        yield call("delivered", id=delivery_id, now=now)
        return
    delay_ms = next_delay_ms(delivery_id, number, answer)
    if delay_ms is None:
        yield call("fail_delivery", id=delivery_id, number=number, now=now)
    else:
        yield call("try_delivery_again", id=delivery_id, number=number, next_at=now + delay_ms)


def revive(environment: str, delivery_id: str, now: int) -> Script[None]:
    """Try a failed delivery once more. Raises `NotFound`, or `Conflict` for one that has not failed."""
    (found,) = (yield from list_deliveries(DeliveryFilter(environment=environment, id=delivery_id))) or (None,)
    if found is None:
        raise NotFound(f"no alert delivery {delivery_id}")
    if found.status is not DeliveryStatus.FAILED:
        raise Conflict(f"delivery {delivery_id} is {found.status}: only one that has failed is tried again")
    yield call("revive_delivery", id=delivery_id, now=now)


def list_deliveries(
    filter: DeliveryFilter, before: str | None = None, limit: int = PAGE_ROWS_MAX
) -> Script[tuple[Delivery, ...]]:
    """Deliveries with their attempts, newest first."""
    rows: list[DeliveryRow] = yield call(
        "deliveries_before",
        environment=filter.environment,
        id=filter.id,
        channel_id=filter.channel_id,
        status=None if filter.status is None else filter.status.value,
        before=before,
        limit=min(limit, PAGE_ROWS_MAX),
    )
    tries: list[AttemptRow] = yield call("alert_attempts_of", ids=[[row.id] for row in rows])
    return tuple(
        Delivery(
            **msgspec.structs.asdict(row),
            attempts=tuple(
                DeliveryAttempt(one.number, one.at, one.took_ms, one.status, one.error)
                for one in tries
                if one.delivery_id == row.id
            ),
        )
        for row in rows
    )


def find_event(seq: int) -> Script[AlertEvent | None]:
    """The event of a delivery, None once it was removed."""
    found: AlertEvent | None = yield call("find_alert_event", seq=seq)
    return found


def forget(before: int, limit: int) -> Script[None]:
    """Remove a piece of those that ended before, with their attempts."""
    spent: list[Name] = yield call("spent_deliveries", before=before, limit=limit)
    if spent:
        ids = [[row.name] for row in spent]
        yield call("forget_alert_attempts", ids=ids)
        yield call("forget_deliveries", ids=ids)


def source_of(environment: str, task: str) -> Script[str]:
    """Where a task is defined, `file:line`."""
    rows: list[TaskRow] = yield call("known_tasks", environment=environment, names=[[task]])
    return msgspec.json.decode(rows[0].info, type=TaskInfo).source if rows else ""
