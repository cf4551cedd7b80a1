"""Schedules, for a caller of one environment."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from runcast.api.confined import Confined
from runcast.domain.access import Role
from runcast.domain.errors import NotFound
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


class ConfinedSchedules(Confined):
    """`ScheduleGateway` for a caller of one environment."""

    async def put_schedule(self, new: NewSchedule) -> ScheduleState:
        self._require(Role.OPERATOR)
        there = await self._engine.find_schedule(new.id)
        if there is not None and there.environment != self._environment:
            raise NotFound(f"no schedule {new.id!r}")
        return await self._engine.put_schedule(replace(new, environment=self._environment))

    async def update_schedule(self, schedule_id: ScheduleId, changes: ScheduleChanges) -> ScheduleState:
        await self._own_schedule(schedule_id, Role.OPERATOR)
        return await self._engine.update_schedule(schedule_id, changes)

    async def pause_schedule(self, schedule_id: ScheduleId, *, paused: bool) -> ScheduleState:
        await self._own_schedule(schedule_id, Role.OPERATOR)
        return await self._engine.pause_schedule(schedule_id, paused=paused)

    async def delete_schedule(self, schedule_id: ScheduleId) -> None:
        await self._own_schedule(schedule_id, Role.OPERATOR)
        await self._engine.delete_schedule(schedule_id)

    async def find_schedule(self, schedule_id: ScheduleId) -> ScheduleState | None:
        self._require(Role.VIEWER)
        found = await self._engine.find_schedule(schedule_id)
        return found if found is not None and found.environment == self._environment else None

    async def list_schedules(self, filter: ScheduleFilter, *, offset: int = 0, limit: int = 100) -> SchedulePage:
        self._require(Role.VIEWER)
        filter = replace(filter, environment=self._environment)
        return await self._engine.list_schedules(filter, offset=offset, limit=limit)

    async def schedule_ticks(self, schedule_id: ScheduleId, *, limit: int = 50) -> Sequence[Tick]:
        await self._own_schedule(schedule_id, Role.VIEWER)
        return await self._engine.schedule_ticks(schedule_id, limit=limit)

    async def find_tick(self, run_id: RunId) -> Tick | None:
        await self._see(run_id)
        return await self._engine.find_tick(run_id)

    async def run_schedule(self, schedule_id: ScheduleId, run_id: RunId) -> Triggered:
        await self._own_schedule(schedule_id, Role.OPERATOR)
        await self._look([run_id])
        return await self._engine.run_schedule(schedule_id, run_id)

    async def backfill_schedule(self, schedule_id: ScheduleId, *, start_at: int, end_at: int) -> Sequence[Triggered]:
        await self._own_schedule(schedule_id, Role.OPERATOR)
        return await self._engine.backfill_schedule(schedule_id, start_at=start_at, end_at=end_at)

    async def _own_schedule(self, schedule_id: ScheduleId, role: Role) -> None:
        self._require(role)
        if await self.find_schedule(schedule_id) is None:
            raise NotFound(f"no schedule {schedule_id!r}")
