"""The engine's door to schedules."""

from __future__ import annotations

from collections.abc import Sequence

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
from runcast.engine.schedule_desk import ScheduleDesk


class ScheduleDoor:
    """`ScheduleGateway` over a desk."""

    schedule_desk: ScheduleDesk

    async def put_schedule(self, new: NewSchedule) -> ScheduleState:
        return await self.schedule_desk.put(new)

    async def update_schedule(self, schedule_id: ScheduleId, changes: ScheduleChanges) -> ScheduleState:
        return await self.schedule_desk.update(schedule_id, changes)

    async def pause_schedule(self, schedule_id: ScheduleId, *, paused: bool) -> ScheduleState:
        return await self.schedule_desk.pause(schedule_id, paused=paused)

    async def delete_schedule(self, schedule_id: ScheduleId) -> None:
        await self.schedule_desk.delete(schedule_id)

    async def find_schedule(self, schedule_id: ScheduleId) -> ScheduleState | None:
        return await self.schedule_desk.find(schedule_id)

    async def list_schedules(self, filter: ScheduleFilter, *, offset: int = 0, limit: int = 100) -> SchedulePage:
        return await self.schedule_desk.page(filter, offset, limit)

    async def schedule_ticks(self, schedule_id: ScheduleId, *, limit: int = 50) -> Sequence[Tick]:
        return await self.schedule_desk.ticks(schedule_id, limit)

    async def find_tick(self, run_id: RunId) -> Tick | None:
        return await self.schedule_desk.find_tick(run_id)

    async def run_schedule(self, schedule_id: ScheduleId, run_id: RunId) -> Triggered:
        return await self.schedule_desk.run_now(schedule_id, run_id)

    async def backfill_schedule(self, schedule_id: ScheduleId, *, start_at: int, end_at: int) -> Sequence[Triggered]:
        return await self.schedule_desk.backfill(schedule_id, start_at, end_at)
