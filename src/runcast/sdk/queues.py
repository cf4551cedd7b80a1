"""A queue as a developer declares it."""

from __future__ import annotations

import re

from runcast.domain.errors import DuplicateTask, InvalidInput
from runcast.domain.limits import QUEUE_LENGTH_MAX
from runcast.domain.queue import QueueSettings
from runcast.sdk.durations import duration_ms
from runcast.sdk.options import check_key

_RATE = re.compile(r"\s*(\d+)\s*/\s*(\d*\.?\d*\s*(?:ms|s|m|h|d))\s*", re.ASCII)


class Queue:
    """Where runs wait: a total, a bound per concurrency key, a rate and a length; no limit unless it says one.

    `concurrency` counts runs that hold a slot over all keys and workers, `per_key` those of each concurrency key.
    `rate` such as `"100/60s"` admits 100 new attempts a minute. `max_length` is how many runs may be queued at once: a
    trigger past it raises `Overloaded`, a batch that does not fit as a whole is refused as a whole.

    >>> Queue("web", concurrency=20, per_key=2, rate="100/60s").settings.rate_period_ms
    60000
    """

    __slots__ = ("settings",)

    def __init__(
        self,
        name: str,
        *,
        concurrency: int | None = None,
        per_key: int | None = None,
        rate: str | None = None,
        max_length: int | None = None,
    ) -> None:
        rate_count, rate_period_ms = parse_rate(rate)
        self.settings = QueueSettings(
            name=check_key(name, "queue name") or "",
            concurrency=_check_limit(concurrency, "concurrency"),
            per_key=_check_limit(per_key, "per_key"),
            rate_count=rate_count,
            rate_period_ms=rate_period_ms,
            max_length=_check_limit(max_length, "max_length"),
        )

    @property
    def name(self) -> str:
        return self.settings.name

    def __repr__(self) -> str:
        return f"Queue({self.name!r})"


def parse_rate(rate: str | None) -> tuple[int | None, int | None]:
    """`"100/60s"` or `"5/s"` as a count and a period in milliseconds.

    >>> parse_rate("5/s")
    (5, 1000)
    """
    if rate is None:
        return None, None
    match = _RATE.fullmatch(rate)
    period = match[2].strip() if match else ""
    period_ms = duration_ms(period if period[:1].isdigit() or period[:1] == "." else f"1{period}") if match else 0
    if match is None or int(match[1]) == 0 or period_ms == 0:
        raise InvalidInput(f'rate must be like "100/60s" or "5/s", got {rate!r}')
    return int(match[1]), period_ms


def same_settings(queues: list[Queue]) -> tuple[QueueSettings, ...]:
    """The settings of the queues that a process declares; two different ones of one name are a mistake."""
    found: dict[str, QueueSettings] = {}
    for queue in queues:
        known = found.setdefault(queue.name, queue.settings)
        if known != queue.settings:
            raise DuplicateTask(
                f"queue {queue.name!r} is declared twice with different limits: {known}, {queue.settings}"
            )
    return tuple(found.values())


def _check_limit(value: int | None, name: str) -> int | None:
    if value is None or (type(value) is int and 1 <= value <= (QUEUE_LENGTH_MAX if name == "max_length" else value)):
        return value
    raise InvalidInput(f"{name} must be a whole number from 1, or None for no limit; got {value!r}")
