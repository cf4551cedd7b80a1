"""The part of the seam that is about schedules: what a client may ask of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runcast.domain.ids import RunId
from runcast.domain.run import Triggered
from runcast.domain.schedule import (
    NewSchedule,
    ScheduleChanges,
    ScheduleFilter,
    ScheduleId,
    SchedulePage,
    ScheduleState,
    Tick,
)


class ScheduleGateway(Protocol):
    """Schedules. Every method may raise `Unavailable`, `InvalidInput`, and `NotFound` for an id of none."""

    async def put_schedule(self, new: NewSchedule) -> ScheduleState:
        """Create a schedule, or give the one with its deduplication key (or id) these settings."""
        ...

    async def update_schedule(self, schedule_id: ScheduleId, changes: ScheduleChanges) -> ScheduleState: ...
    async def pause_schedule(self, schedule_id: ScheduleId, *, paused: bool) -> ScheduleState: ...
    async def delete_schedule(self, schedule_id: ScheduleId) -> None: ...
    async def find_schedule(self, schedule_id: ScheduleId) -> ScheduleState | None: ...
    async def list_schedules(self, filter: ScheduleFilter, *, offset: int = 0, limit: int = 100) -> SchedulePage: ...
    async def schedule_ticks(self, schedule_id: ScheduleId, *, limit: int = 50) -> Sequence[Tick]: ...
    async def find_tick(self, run_id: RunId) -> Tick | None: ...
    async def run_schedule(self, schedule_id: ScheduleId, run_id: RunId) -> Triggered:
        """Start a run now, with the caller's id: asked twice, it starts one."""
        ...

    async def backfill_schedule(self, schedule_id: ScheduleId, *, start_at: int, end_at: int) -> Sequence[Triggered]:
        """Start a run for every tick in a time that has passed (both ends with it) which had none."""
        ...
