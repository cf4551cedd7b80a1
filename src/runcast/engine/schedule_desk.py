"""What clients ask of schedules: checked at the door, stored, and told to the service that ticks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from runcast.domain.cron import parse_cron
from runcast.domain.errors import InvalidInput, InvalidPayload
from runcast.domain.fits import misfit
from runcast.domain.ids import RunId
from runcast.domain.limits import BACKFILL_RUNS_MAX, KEY_CHARS_MAX, PAGE_ROWS_MAX, PAYLOAD_BYTES_MAX
from runcast.domain.run import NewRun, Triggered
from runcast.domain.schedule import (
    EXAMPLE_PAYLOAD,
    NewSchedule,
    ScheduleChanges,
    ScheduleFilter,
    SchedulePage,
    ScheduleState,
    Tick,
)
from runcast.domain.window import parse_window
from runcast.engine.enqueue import check, check_json
from runcast.store import reads, schedule_changes, schedules
from runcast.store.store import Store

_NOTHING = "{}"


class ScheduleDesk:
    """The part of `gateway.ClientGateway` that is about schedules. `ring` tells of a next tick."""

    def __init__(self, store: Store, *, ring: Callable[[int | None], None]) -> None:
        self._store = store
        self._ring = ring

    async def put(self, new: NewSchedule) -> ScheduleState:
        _check(new.id, new.task, new.deduplication_key, new.settings.external_id, new.settings.payload)
        _check_times(new.settings.cron, new.settings.timezone, new.settings.window)
        payload = await self._payload(new.task, new.settings.payload)
        settings = msgspec.structs.replace(new.settings, payload=payload)
        new = msgspec.structs.replace(new, settings=settings)
        return self._changed(await self._store.write(partial(schedule_changes.put, new, self._now())))

    async def update(self, schedule_id: str, changes: ScheduleChanges) -> ScheduleState:
        known = await self.get(schedule_id)
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
        task, payload = given.get("task", known.task), given.get("payload", known.payload)
        _check(schedule_id, task, None, given.get("external_id"), payload)
        _check_times(given.get("cron", known.cron), given.get("timezone", known.timezone), given.get("window"))
        if "task" in given or "payload" in given:
            changes = msgspec.structs.replace(changes, payload=await self._payload(task, payload))
        return self._changed(
            await self._store.write(partial(schedule_changes.update, schedule_id, changes, self._now()))
        )

    async def pause(self, schedule_id: str, *, paused: bool) -> ScheduleState:
        return self._changed(
            await self._store.write(partial(schedule_changes.set_paused, schedule_id, self._now(), paused=paused))
        )

    async def delete(self, schedule_id: str) -> None:
        await self._store.write(partial(schedule_changes.delete, schedule_id))

    async def find(self, schedule_id: str) -> ScheduleState | None:
        return await self._store.read(partial(schedules.find, schedule_id))

    async def get(self, schedule_id: str) -> ScheduleState:
        """Raises `NotFound`."""
        return await self._store.read(partial(schedules.get, schedule_id))

    async def page(self, filter: ScheduleFilter, offset: int, limit: int) -> SchedulePage:
        if offset < 0 or not 1 <= limit <= PAGE_ROWS_MAX:
            raise InvalidInput(
                f"a page has 1 to {PAGE_ROWS_MAX:,} schedules from an offset of 0 on, got {limit}, {offset}"
            )
        return await self._store.read(partial(schedules.page, filter, offset, limit))

    async def ticks(self, schedule_id: str, limit: int) -> Sequence[Tick]:
        return await self._store.read(partial(schedules.ticks, schedule_id, min(limit, PAGE_ROWS_MAX)))

    async def find_tick(self, run_id: str) -> Tick | None:
        return await self._store.read(partial(schedules.tick_of_run, run_id))

    async def run_now(self, schedule_id: str, run_id: RunId) -> Triggered:
        return await self._store.write(partial(schedules.run_now, schedule_id, run_id, self._now()))

    async def backfill(self, schedule_id: str, start_at: int, end_at: int) -> Sequence[Triggered]:
        if not 0 <= start_at <= end_at or end_at > self._now():
            raise InvalidInput(
                "a back-fill is over a time since 1970 that has passed, and its start comes before its end"
            )
        schedule = await self.get(schedule_id)
        wanted = []
        for at in schedule.rule().ticks(start_at - 1, end_at):
            wanted.append(at)
            if len(wanted) > BACKFILL_RUNS_MAX:
                raise InvalidInput(
                    f"more than {BACKFILL_RUNS_MAX:,} ticks of {schedule.cron!r} lie in that time: fill it in pieces"
                )
        return await self._store.write(partial(schedules.backfill, schedule, wanted, self._now()))

    # --- parts

    def _now(self) -> int:
        return self._store.clock.now_ms()

    def _changed(self, schedule: ScheduleState) -> ScheduleState:
        self._ring(schedule.next_at)
        return schedule

    async def _payload(self, task: str, payload: str | None) -> str | None:
        """The payload that fits the task: a task that takes nothing gets nothing. One that no worker knows yet gets
        what was asked for. Raises `InvalidPayload`."""
        info = next((info for info in await self._store.read(reads.tasks) if info.name == task), None)
        if info is None:
            return payload
        if payload is not None:
            if what := misfit(info.schema, payload):
                raise InvalidPayload(f"payload of a schedule of {task!r}: {what}")
            return payload
        if misfit(info.schema, EXAMPLE_PAYLOAD) is None:
            return None
        if what := misfit(info.schema, _NOTHING):
            raise InvalidPayload(f"task {task!r} does not take a ScheduledRun ({what}): give the schedule a payload")
        return _NOTHING


def _check_times(cron: str, timezone: str, window: str | None) -> None:
    parse_cron(cron, timezone)
    if window is not None:
        parse_window(window)


def _check(id: str, task: str, key: str | None, external_id: str | None, payload: str | None) -> None:
    check(NewRun(RunId(id), task, idempotency_key=key))
    if external_id is not None and len(external_id) > KEY_CHARS_MAX:
        raise InvalidInput(f"an external id has at most {KEY_CHARS_MAX:,} characters, got {len(external_id)}")
    if payload is not None:
        check_json("payload", payload, PAYLOAD_BYTES_MAX)
