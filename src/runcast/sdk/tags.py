"""Tags: short labels of a run, to find it by."""

from __future__ import annotations

from runcast.domain.effect import EffectKind
from runcast.sdk.effects import emit
from runcast.sdk.options import parse_tags


def add(*names: str) -> None:
    """Add tags to this run; at most ten together. Outside of a run nothing happens.

    >>> tags.add("customer:acme", "vip")  # doctest: +SKIP
    """
    for name in parse_tags(names):
        emit(EffectKind.TAG, name)
