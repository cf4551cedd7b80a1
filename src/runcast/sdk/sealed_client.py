"""A client's gateway behind a codec: what it sends is sealed, what it reads is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, cast

from msgspec import structs

from runcast.domain.errors import InvalidPayload
from runcast.domain.fits import misfit
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, NewWait, Wait
from runcast.domain.message import Message, NewMessage
from runcast.domain.run import End, NewRun, Run, Triggered
from runcast.domain.schedule import (
    NewSchedule,
    ScheduleChanges,
    ScheduleFilter,
    ScheduleId,
    SchedulePage,
    ScheduleState,
)
from runcast.gateway import ClientGateway, RunFilter, RunPage, Update, Watch
from runcast.sdk.sealed_worker import opened_entry, opened_run, sealed_run
from runcast.sdk.sealing import Codec, find_codec, open_if_possible, seal


def sealed(gateway: ClientGateway, codec: Codec | None) -> ClientGateway:
    """The gateway behind `codec`, if there is one."""
    return gateway if codec is None else cast(ClientGateway, SealedClientGateway(gateway, codec))


def sealed_by_settings(gateway: ClientGateway) -> ClientGateway:
    """The gateway behind the codec of this process's settings, if there is one."""
    return sealed(gateway, find_codec())


class SealedClientGateway:
    """`ClientGateway` behind a codec. What carries no values passes as it is."""

    def __init__(self, gateway: ClientGateway, codec: Codec) -> None:
        self._gateway = gateway
        self._codec = codec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    # --- runs

    async def trigger(self, runs: Sequence[NewRun]) -> Sequence[Triggered]:
        return await self._gateway.trigger([sealed_run(self._codec, run) for run in runs])

    async def find_run(self, run_id: RunId) -> Run | None:
        run = await self._gateway.find_run(run_id)
        return None if run is None else opened_run(self._codec, run)

    async def list_runs(self, filter: RunFilter, *, cursor: str | None = None, limit: int = 50) -> RunPage:
        page = await self._gateway.list_runs(filter, cursor=cursor, limit=limit)
        return structs.replace(page, runs=self._opened(page.runs))

    async def replay(self, run_id: RunId, new_id: RunId, *, payload: str | None = None) -> Triggered:
        return await self._gateway.replay(run_id, new_id, payload=self._sealed(payload))

    async def fork(self, run_id: RunId, new_id: RunId, *, from_key: str, payload: str | None = None) -> Triggered:
        return await self._gateway.fork(run_id, new_id, from_key=from_key, payload=self._sealed(payload))

    async def journal(self, run_id: RunId) -> Sequence[Entry]:
        return [opened_entry(self._codec, entry) for entry in await self._gateway.journal(run_id)]

    async def members(self, batch_id: str) -> Sequence[Run]:
        return self._opened(await self._gateway.members(batch_id))

    async def watch(self, watch: Watch, *, cursor: int | None = None) -> AsyncIterator[Update]:
        async with aclosing(cast(Any, self._gateway.watch(watch, cursor=cursor))) as updates:
            async for update in updates:
                yield structs.replace(update, runs=self._opened(update.runs))

    async def result(self, run_id: RunId) -> Run:
        return opened_run(self._codec, await self._gateway.result(run_id))

    async def ends(self, run_ids: Sequence[RunId]) -> Sequence[End]:
        return [self._opened_end(end) for end in await self._gateway.ends(run_ids)]

    # --- waits and messages

    async def create_wait(self, wait: NewWait) -> Wait:
        return self._opened_wait(await self._gateway.create_wait(wait))

    async def find_wait(self, wait_id: str) -> Wait | None:
        wait = await self._gateway.find_wait(wait_id)
        return None if wait is None else self._opened_wait(wait)

    async def complete_wait(self, wait_id: str, value: str) -> Wait:
        # The engine cannot compare a sealed answer with what was asked for: who answers can.
        asked = await self._gateway.find_wait(wait_id)
        if asked is not None and asked.completed_at is None and (what := misfit(asked.schema, value)):
            raise InvalidPayload(f"value of wait {wait_id}: {what}")
        return self._opened_wait(await self._gateway.complete_wait(wait_id, seal(self._codec, value)))

    async def send(self, messages: Sequence[NewMessage]) -> Sequence[Message]:
        sealed = [structs.replace(message, value=seal(self._codec, message.value)) for message in messages]
        return [self._opened_message(message) for message in await self._gateway.send(sealed)]

    async def messages(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Message]:
        found = await self._gateway.messages(run_id, after=after, limit=limit)
        return [self._opened_message(message) for message in found]

    # --- schedules

    async def put_schedule(self, new: NewSchedule) -> ScheduleState:
        settings = structs.replace(new.settings, payload=self._sealed(new.settings.payload))
        return self._opened_schedule(await self._gateway.put_schedule(structs.replace(new, settings=settings)))

    async def update_schedule(self, schedule_id: ScheduleId, changes: ScheduleChanges) -> ScheduleState:
        if isinstance(changes.payload, str):
            changes = structs.replace(changes, payload=seal(self._codec, changes.payload))
        return self._opened_schedule(await self._gateway.update_schedule(schedule_id, changes))

    async def pause_schedule(self, schedule_id: ScheduleId, *, paused: bool) -> ScheduleState:
        return self._opened_schedule(await self._gateway.pause_schedule(schedule_id, paused=paused))

    async def find_schedule(self, schedule_id: ScheduleId) -> ScheduleState | None:
        schedule = await self._gateway.find_schedule(schedule_id)
        return None if schedule is None else self._opened_schedule(schedule)

    async def list_schedules(self, filter: ScheduleFilter, *, offset: int = 0, limit: int = 100) -> SchedulePage:
        page = await self._gateway.list_schedules(filter, offset=offset, limit=limit)
        return structs.replace(page, schedules=tuple(map(self._opened_schedule, page.schedules)))

    # --- values

    def _sealed(self, text: str | None) -> str | None:
        return None if text is None else seal(self._codec, text)

    def _opened(self, runs: Sequence[Run]) -> tuple[Run, ...]:
        return tuple(opened_run(self._codec, run) for run in runs)

    def _opened_end(self, end: End) -> End:
        return end if end.output is None else structs.replace(end, output=open_if_possible(self._codec, end.output))

    def _opened_wait(self, wait: Wait) -> Wait:
        return wait if wait.value is None else structs.replace(wait, value=open_if_possible(self._codec, wait.value))

    def _opened_schedule(self, schedule: ScheduleState) -> ScheduleState:
        if schedule.payload is None:
            return schedule
        return structs.replace(schedule, payload=open_if_possible(self._codec, schedule.payload))

    def _opened_message(self, message: Message) -> Message:
        return structs.replace(message, value=open_if_possible(self._codec, message.value))
