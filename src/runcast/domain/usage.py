"""What runs use and cost, in whole numbers, so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from runcast.domain.errors import InvalidInput

MICROS = 10**6
NANOS = 10**9
AMOUNT_MAX = 2**53
"""Of one addition, in micros or nanos: sums of a thousand of them fit a database's integer."""

Amount = int | float | str | Decimal


class UsageItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that was used of one thing in one unit."""

    name: str
    """Such as the model."""
    unit: str
    """Such as `input tokens`."""
    quantity_micros: int
    cost_nanos: int = 0
    """Billionths of a US dollar: a token may cost less than a millionth."""

    @property
    def quantity(self) -> Decimal:
        return Decimal(self.quantity_micros) / MICROS

    @property
    def cost(self) -> Decimal:
        """US dollars."""
        return Decimal(self.cost_nanos) / NANOS


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one run, or a run with everything below it, used so far."""

    runs: int = 1
    executing_ms: int = 0
    """Time spent executing, without waiting, of ended executions."""
    items: tuple[UsageItem, ...] = ()

    @property
    def cost(self) -> Decimal:
        """US dollars."""
        return Decimal(sum(item.cost_nanos for item in self.items)) / NANOS


class RunUsage(msgspec.Struct, frozen=True):
    """`own`: the run's. `total`: with its children, their children, and so on."""

    own: Usage
    total: Usage


def whole(amount: Amount, scale: int, *, what: str) -> int:
    """`amount` in units of 1/`scale`, rounded to even; raises `InvalidInput` for what cannot be one.

    >>> whole("0.0000015", NANOS, what="cost")
    1500
    """
    try:
        number = Decimal(str(amount)) * scale
        found = int(number.to_integral_value(ROUND_HALF_EVEN))
    except (ArithmeticError, ValueError) as error:
        raise InvalidInput(f"{what} must be a number, got {amount!r}") from error
    if not 0 <= found <= AMOUNT_MAX:
        raise InvalidInput(f"{what} must be between 0 and {AMOUNT_MAX // scale:,}, got {amount!r}")
    return found
