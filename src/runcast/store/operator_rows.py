"""Rows of what operators do: slots that are freed by force, limits that were set for a while."""

from __future__ import annotations

import msgspec


class HeldBelow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A final run whose body has not ended, below (or the same as) one that was asked for."""

    id: str
    asked: str
    finished_at: int


class EndedOverride(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A queue whose limits were set for a while that is over."""

    environment: str
    name: str
