"""Rows of what runs used."""

from __future__ import annotations

import msgspec


class UsageRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    own: int
    name: str
    unit: str
    quantity_micros: int
    cost_nanos: int


class ExecutedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    runs: int
    total_ms: int
    own_ms: int
