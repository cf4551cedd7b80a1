"""Alert channels and deliveries as REST shows them: never with what a channel keeps secret."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.domain.alert import AlertOn
from runcast.domain.channel import ChannelKind
from runcast.domain.delivery import Delivery, DeliveryAttempt, DeliveryStatus
from runcast.store.channels import ChannelState


class ChannelView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A channel."""

    id: str
    name: str
    kind: ChannelKind = msgspec.field(name="type")
    target: str
    """Where it leads: a URL without its path, which may be secret, or addresses."""
    on: tuple[AlertOn, ...]
    tasks: tuple[str, ...] = ()
    """Only of these; none: of any."""
    queues: tuple[str, ...] = ()
    origin: str
    """`api`, or `code` for one that an `Alert` declares."""
    created_at: datetime
    secret: str | UnsetType = UNSET
    """What signs a webhook's deliveries: only in the answer to the request that made it."""


class AttemptView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One try at a delivery. Without a duration it is under way, or its server was killed."""

    number: int
    at: datetime
    duration_ms: int | UnsetType = UNSET
    status: int | UnsetType = UNSET
    """Of HTTP or SMTP."""
    error: str | UnsetType = UNSET


class DeliveryView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An event, or a test, on its way to a channel."""

    id: str
    channel: str
    kind: ChannelKind = msgspec.field(name="type")
    status: DeliveryStatus
    alert: str
    event: int | UnsetType = UNSET
    """The number of the event; absent: a test."""
    created_at: datetime
    finished_at: datetime | UnsetType = UNSET
    next_attempt_at: datetime | UnsetType = UNSET
    attempts: tuple[AttemptView, ...]


def show_channel(state: ChannelState, *, secret: str = "") -> ChannelView:
    channel, rules = state.channel, state.rules
    return ChannelView(
        id=channel.id,
        name=channel.name,
        kind=channel.kind,
        target=channel.shown,
        on=tuple(dict.fromkeys(rule.on for rule in rules)),
        tasks=tuple(dict.fromkeys(task for rule in rules for task in rule.tasks)),
        queues=tuple(dict.fromkeys(queue for rule in rules for queue in rule.queues)),
        origin=channel.origin,
        created_at=moment(channel.created_at),
        secret=secret or UNSET,
    )


def show_delivery(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        channel=delivery.channel_id,
        kind=delivery.kind,
        status=delivery.status,
        alert=delivery.alert,
        event=UNSET if delivery.event is None else delivery.event,
        created_at=moment(delivery.created_at),
        finished_at=_moment(delivery.finished_at),
        next_attempt_at=_moment(delivery.next_at),
        attempts=tuple(_show_attempt(one) for one in delivery.attempts),
    )


def _show_attempt(one: DeliveryAttempt) -> AttemptView:
    return AttemptView(
        number=one.number,
        at=moment(one.at),
        duration_ms=UNSET if one.took_ms is None else one.took_ms,
        status=UNSET if one.status is None else one.status,
        error=UNSET if one.error is None else one.error,
    )


def _moment(ms: int | None) -> datetime | UnsetType:
    return UNSET if ms is None else moment(ms)
