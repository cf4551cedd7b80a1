"""Values of answers, which may have any type and size: what is none of what is asked for is nothing."""

from __future__ import annotations

import math
from typing import Any

TOKENS_MAX = 10**9
"""Of one call; more is a mistake of the provider's."""
USD_MAX = 10_000.0


def whole_number(value: Any) -> int:
    """A count of tokens; 0 for what is none.

    >>> whole_number(12), whole_number(True), whole_number(-1), whole_number("12")
    (12, 0, 0, 0)
    """
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOKENS_MAX else 0


def dollars(value: Any) -> float | None:
    """A cost; None for what is none.

    >>> dollars(0.25), dollars(-1), dollars(float("inf")), dollars(True)
    (0.25, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value <= USD_MAX else None


def word(value: Any) -> str:
    """A short text such as a model's name; "" for what is none.

    >>> word("stop"), word(["stop"])
    ('stop', '')
    """
    return value[:200] if isinstance(value, str) else ""


def kept(value: Any) -> Any:
    """JSON without NUL characters, which databases refuse.

    >>> kept({"a\\0": ["b\\0", 1]})
    {'a': ['b', 1]}
    """
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [kept(one) for one in value]
        case dict():
            return {kept(name): kept(one) for name, one in value.items()}
        case _:
            return value
