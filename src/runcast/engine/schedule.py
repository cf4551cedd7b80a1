"""Ticks schedules: reads what is due, plans it without holding the writer, and stores ticks and runs together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from runcast.domain.cron import upcoming_of
from runcast.domain.errors import InvalidInput
from runcast.domain.limits import KEPT_LOOK_MS, SCHEDULES_PER_TICK, UPCOMING_TICKS
from runcast.domain.schedule import ScheduleState, plan_ticks
from runcast.store import schedule_changes, schedules
from runcast.store.schedules import Planned
from runcast.store.store import Store


class Schedules:
    """A tick of the service decides the ticks of a bounded number of schedules, and says when the next one is.

    Nothing is written while none is due. What was planned counts only if the schedule is still as it was read.
    """

    name = "schedules"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tick(self, now: int) -> int | None:
        found = await self._store.read(partial(schedules.due, now, SCHEDULES_PER_TICK))
        planned = await self._plan(found.due, now)
        busy = {schedule.id for schedule in found.due}
        planned += [Planned(schedule, None) for schedule in found.kept if schedule.id not in busy]
        if planned:
            # What was decided is told with the time of the decision: runs may have ended since `now`.
            await self._store.write(partial(schedules.fire, planned, self._store.clock.now_ms()))
            found = await self._store.read(partial(schedules.due, now, SCHEDULES_PER_TICK))
        if not found.keeping:
            return found.next_at
        return now + KEPT_LOOK_MS if found.next_at is None else min(found.next_at, now + KEPT_LOOK_MS)

    async def _plan(self, due: Sequence[ScheduleState], now: int) -> list[Planned]:
        planned: list[Planned] = []
        for schedule in due:
            try:
                plan = plan_ticks(schedule, now)
                for at in plan.fires:
                    # Looked up here, so that the writer finds it remembered.
                    upcoming_of(schedule.cron, schedule.timezone, at, UPCOMING_TICKS)
            except InvalidInput as error:
                await self._store.write(partial(schedule_changes.give_up, schedule, str(error), now))
            else:
                planned.append(Planned(schedule, plan))
        return planned
