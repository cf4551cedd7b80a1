"""A queue: where runs wait, with a total, a bound per key, a rate, and a pause."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from runcast.domain.ids import make_id

DEFAULT_QUEUE = "default"


class QueueSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Limits of a queue. None means no limit."""

    name: str
    concurrency: int | None = None
    """Runs that may hold a slot at once, over all keys and workers."""
    per_key: int | None = None
    """The same, for each concurrency key."""
    rate_count: int | None = None
    rate_period_ms: int | None = None
    """New attempts flow evenly, `rate_count` in `rate_period_ms`; an idle queue may first spend that many at once (GCRA)."""
    max_length: int | None = None
    """Runs that may be queued at once; a trigger past it is refused with `Overloaded`."""


class QueueChange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a person changes of a queue, live. What is unset stays as it is; None means no limit."""

    concurrency: int | msgspec.UnsetType | None = msgspec.UNSET
    per_key: int | msgspec.UnsetType | None = msgspec.UNSET
    rate: tuple[int, int] | msgspec.UnsetType | None = msgspec.UNSET
    """Count and period in milliseconds."""
    max_length: int | msgspec.UnsetType | None = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET
    """A paused queue starts nothing; what executes goes on."""
    reset: bool = False
    """Back to the limits that the code declares, before anything else of this change applies."""
    for_ms: int | msgspec.UnsetType | None = msgspec.UNSET
    """When the limits of this change, or else those that a person set before, give way to the declared ones. None, and unset
    beside limits: not before a reset."""


class QueueState(msgspec.Struct, frozen=True):
    """A queue as anyone may read it."""

    name: str
    environment: str
    concurrency: int | None
    per_key: int | None
    rate_count: int | None
    rate_period_ms: int | None
    paused: bool
    queued: int
    executing: int
    max_length: int | None = None
    overridden: bool = False
    """The limits are a person's, not those that the code declares."""
    declared: QueueSettings | None = None
    """The limits in the code, or None for a queue that no worker has declared."""
    override_ends_at: int | None = None
    """When a person's limits give way to them; None: not before a reset."""


def queue_id(environment: str, name: str) -> str:
    """A name for a queue that fits into any address: the same whoever computes it.

    >>> queue_id("dev", "mail") == queue_id("dev", "mail") != queue_id("prod", "mail")
    True
    """
    digest = blake2b(f"{environment}\0{name}".encode(errors="replace"), digest_size=8).digest()
    return make_id("queue", at_ms=0, chance=int.from_bytes(digest))


def _interval_us(count: int, period_ms: int) -> int:
    """Microseconds between two attempts of an even flow; a microsecond is the finest there is."""
    return max(1, period_ms * 1000 // count)


def rate_allowance(now_ms: int, tat_us: int, count: int, period_ms: int) -> int:
    """How many attempts the bucket admits now (GCRA, I.371): `tat_us` is its theoretical arrival time in µs.

    >>> rate_allowance(1_000, 0, 5, 1_000)
    5
    """
    interval_us = _interval_us(count, period_ms)
    ahead_us = max(tat_us, now_ms * 1000) - now_ms * 1000
    return max(0, (count * interval_us - ahead_us) // interval_us)


def rate_consume(now_ms: int, tat_us: int, count: int, period_ms: int, taken: int) -> int:
    """The bucket's next theoretical arrival time (µs) after `taken` attempts."""
    return max(tat_us, now_ms * 1000) + taken * _interval_us(count, period_ms)


def rate_ready_at(now_ms: int, tat_us: int, count: int, period_ms: int) -> int:
    """The first millisecond at which one more attempt is admitted."""
    interval_us = _interval_us(count, period_ms)
    return max(now_ms, -(-(tat_us - (count - 1) * interval_us) // 1000))
