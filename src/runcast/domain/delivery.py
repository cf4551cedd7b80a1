"""Deliveries: one event, or a test, on its way to one channel, tried until it arrives."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

import msgspec

from runcast.domain.channel import ChannelKind

_DELAYS_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
"""After the first try, the second …; more than half a day in all."""
ATTEMPTS_MAX = len(_DELAYS_S) + 1
_JITTER = 0.2
_WAIT_S_MAX = 86_400
"""The longest that a receiver can ask to be left alone."""


class DeliveryStatus(StrEnum):
    """Where a delivery is."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    """It is not tried again by itself."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of one try."""

    status: int | None = None
    """Of HTTP or SMTP, if there was an answer at all."""
    error: str | None = None
    """None: it arrived."""
    wait_s: float | None = None
    """How long the receiver wants to be left alone."""
    is_final: bool = False
    """It would be the same next time."""
    took_ms: int = 0

    def within(self, took_ms: int) -> Answer:
        """The same, with how long it took."""
        return msgspec.structs.replace(self, took_ms=took_ms)


class DeliveryAttempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try at a delivery."""

    number: int
    at: int
    took_ms: int | None = None
    """None: it is under way, or the server was killed with it."""
    status: int | None = None
    error: str | None = None


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """A delivery, for whoever lists them."""

    id: str
    """The same for every try: a receiver that saw it once can leave the others."""
    environment: str
    channel_id: str
    kind: ChannelKind
    status: DeliveryStatus
    created_at: int
    event: int | None = None
    """The `seq` of the event; None: a test."""
    alert: str = ""
    finished_at: int | None = None
    next_at: int | None = None
    attempts: tuple[DeliveryAttempt, ...] = ()


def next_delay_ms(delivery_id: str, attempt: int, answer: Answer) -> int | None:
    """How long to wait after that try (from 1); None: it was the last.

    >>> [
    ...     next_delay_ms("delivery_1", 1, Answer(error="busy", wait_s=90)),
    ...     next_delay_ms("delivery_1", 10, Answer(error="no")),
    ... ]
    [90000, None]
    """
    if answer.is_final or attempt >= ATTEMPTS_MAX:
        return None
    # Deliveries that failed together do not come back together.
    roll = int.from_bytes(blake2b(f"{delivery_id}\0{attempt}".encode(), digest_size=4).digest()) / 2**32
    delay_s = _DELAYS_S[attempt - 1] * (1 + _JITTER * roll)
    return int(1000 * max(delay_s, min(answer.wait_s or 0, _WAIT_S_MAX)))
