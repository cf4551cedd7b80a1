"""Rows of alert channels and deliveries that only the store sees."""

from __future__ import annotations

import msgspec

from runcast.domain.channel import ChannelKind
from runcast.domain.delivery import DeliveryStatus


class ChannelRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A channel, with what it was made with still to be found among the alerts."""

    id: str
    environment: str
    name: str
    kind: ChannelKind
    shown: str
    origin: str
    created_at: int


class DueDelivery(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A delivery that this engine tries now, with its channel; None: that was removed."""

    id: str
    environment: str
    event: int | None
    attempts: int
    created_at: int
    kind: ChannelKind
    sealed: str | None
    name: str | None


class DeliveryRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A delivery without its attempts."""

    id: str
    environment: str
    channel_id: str
    kind: ChannelKind
    status: DeliveryStatus
    created_at: int
    event: int | None
    alert: str
    finished_at: int | None
    next_at: int | None


class AttemptRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One try at a delivery."""

    delivery_id: str
    number: int
    at: int
    took_ms: int | None
    status: int | None
    error: str | None
