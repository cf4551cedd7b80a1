"""Rows of timelines, of many runs at once."""

from __future__ import annotations

import msgspec

from runcast.domain.timeline import TimelineEntry, TimelineTry


class Claimed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    run_id: str
    claimed_at: int | None


class EntryOf(TimelineEntry, frozen=True, array_like=True, gc=False):
    run_id: str


class TryOf(TimelineTry, frozen=True, array_like=True, gc=False):
    run_id: str
