"""A histogram as Prometheus reads it; one thread writes, any may read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Counts of observations up to each bound.

    >>> histogram = Histogram((1.0, 5.0))
    >>> histogram.observe(3.0)
    >>> histogram.buckets()
    [('1.0', 0), ('5.0', 1), ('+Inf', 1)]
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """(upper bound, observations at most that large), cumulated."""
        names = [*map(str, self._bounds), "+Inf"]
        total = 0
        cumulated: list[tuple[str, float]] = []
        for name, count in zip(names, tuple(self._counts), strict=True):
            total += count
            cumulated.append((name, total))
        return cumulated
