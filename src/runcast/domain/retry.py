"""When to try again: Trigger.dev's defaults and formula."""

from __future__ import annotations

import msgspec


class Retry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A retry policy: 3 attempts, 1 s doubling up to 60 s, randomised.

    >>> Retry().delay_ms(1, roll=0.0), Retry(randomize=False).delay_ms(3, roll=0.9)
    (1000, 4000)
    """

    max_attempts: int = 3
    factor: float = 2.0
    min_s: float = 1.0
    max_s: float = 60.0
    randomize: bool = True
    fresh: bool = False
    """Each attempt starts over, with an empty journal, instead of repeating only what failed. (Of a task, not a step.)"""
    out_of_memory: str | None = None
    """The label of a bigger machine: a run that runs out of memory elsewhere is tried once more there, also after its
    last attempt. (Of a task, not a step.)"""

    def delay_ms(self, attempt: int, *, roll: float) -> int:
        """Milliseconds to wait after failed attempt `attempt` (from 1); `roll` is chance in [0, 1).

        `min(max, (1 + roll) * min * factor ** (attempt - 1))`, the formula of Trigger.dev's `calculateNextRetryDelay`.
        """
        spread = 1.0 + roll if self.randomize else 1.0
        exponent = min(attempt - 1, 64)
        return int(1000 * min(self.max_s, spread * max(self.min_s, 0.0) * self.factor**exponent))
