"""`usage`: what a run uses and what that costs, recorded once and summed over its children."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from time import perf_counter

import msgspec

from runcast.domain.effect import EffectKind
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import USAGE_NAME_CHARS_MAX
from runcast.domain.usage import MICROS, NANOS, Amount, Usage, UsageItem, whole
from runcast.sdk.effects import emit_spent
from runcast.sdk.execution import current_execution
from runcast.sdk.locals import Local

_ENCODE = msgspec.json.Encoder().encode


class Meter:
    """What was added while it ran."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], UsageItem] = {}
        self._began = perf_counter()
        self._duration_ms: float | None = None

    @property
    def duration_ms(self) -> float:
        """How long it ran, or has been running."""
        return (perf_counter() - self._began) * 1000 if self._duration_ms is None else self._duration_ms

    @property
    def items(self) -> tuple[UsageItem, ...]:
        return tuple(self._items.values())

    @property
    def cost(self) -> Decimal:
        """US dollars."""
        return Usage(items=self.items).cost

    def count(self, item: UsageItem) -> None:
        """Add to what was used of the same thing."""
        key = (item.name, item.unit)
        before = self._items.get(key, UsageItem(item.name, item.unit, 0))
        quantity, cost = before.quantity_micros + item.quantity_micros, before.cost_nanos + item.cost_nanos
        self._items[key] = UsageItem(item.name, item.unit, quantity, cost)

    def stop(self) -> None:
        self._duration_ms = self.duration_ms


_meters: ContextVar[tuple[Meter, ...]] = ContextVar("runcast_meters", default=())
_SPENT = Local[Meter]("usage")


def add(name: str, quantity: Amount = 1, unit: str = "calls", *, cost: Amount = 0) -> None:
    """The run used `quantity` `unit` of `name`, for `cost` US dollars.

    In the body it counts once, however often the body is executed. In a step it counts for every try: each was paid for.
    Amounts are exact: pass a `Decimal` or text where a float is not.

    >>> usage.add("geocoder", 3, "look-ups", cost="0.0045")  # doctest: +SKIP
    """
    item = UsageItem(
        _checked(name, "name"),
        _checked(unit, "unit"),
        whole(quantity, MICROS, what="quantity"),
        whole(cost, NANOS, what="cost"),
    )
    for meter in _meters.get():
        meter.count(item)
    if current_execution() is not None:
        spent = _SPENT.get()
        if spent is None:
            spent = Meter()
            _SPENT.set(spent)
        spent.count(item)
        value = {"unit": unit, "quantity": item.quantity_micros, "cost": item.cost_nanos}
        emit_spent(EffectKind.USAGE, name, _ENCODE(value).decode())


def llm(model: str, *, input_tokens: int = 0, output_tokens: int = 0, cost: Amount = 0) -> None:
    """One call of a language model, with its tokens and its price in US dollars.

    >>> usage.llm("gpt-5-mini", input_tokens=1_200, output_tokens=85, cost="0.00047")  # doctest: +SKIP
    """
    add(model, 1, "calls", cost=cost)
    if input_tokens:
        add(model, input_tokens, "input tokens")
    if output_tokens:
        add(model, output_tokens, "output tokens")


def current() -> Usage:
    """What was added in this execution so far. An execution after an eviction counts anew, without the steps that are
    done: `handle.usage()` has the whole run.
    """
    spent = _SPENT.get()
    return Usage(items=() if spent is None else spent.items)


@contextmanager
def measure() -> Iterator[Meter]:
    """What is added inside, also by branches started there, and how long it takes; nothing is recorded by it.

    >>> with usage.measure() as spent:  # doctest: +SKIP
    ...     answer = await ask(question)
    >>> spent.cost, spent.duration_ms  # doctest: +SKIP
    """
    meter = Meter()
    token = _meters.set((*_meters.get(), meter))
    try:
        yield meter
    finally:
        meter.stop()
        _meters.reset(token)


def _checked(text: str, what: str) -> str:
    if not isinstance(text, str) or not text or len(text) > USAGE_NAME_CHARS_MAX or not text.isprintable():
        raise InvalidInput(
            f"the {what} of usage has 1 to {USAGE_NAME_CHARS_MAX} printable characters, got {text!r:.80}"
        )
    return text
