"""Both gateways over a socket: what a worker process and a client in another process, or on another machine, use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import msgspec

from runcast.domain.alert import AlertEvent
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.errors import Unavailable, ValueTooLarge
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry, NewWait, Wait
from runcast.domain.message import Message, NewMessage
from runcast.domain.queue import QueueChange, QueueState
from runcast.domain.run import End, NewRun, Run, Triggered
from runcast.domain.schedule import (
    NewSchedule,
    ScheduleChanges,
    ScheduleFilter,
    ScheduleId,
    SchedulePage,
    ScheduleState,
    Tick,
)
from runcast.domain.usage import RunUsage
from runcast.gateway import (
    Assignment,
    ClientGateway,
    Demand,
    Explanation,
    Hello,
    Inbox,
    News,
    Reply,
    Report,
    RunFilter,
    RunPage,
    Stop,
    TaskInfo,
    Update,
    Watch,
    Welcome,
    WorkerSession,
)
from runcast.sdk.connection import Connection
from runcast.sdk.dial import Where
from runcast.sdk.remote_access import RemoteAccess
from runcast.sdk.remote_files import RemoteFiles
from runcast.wire import Frame, operation

T = TypeVar("T")
GOOD_BYE_S = 5.0
"""An engine that hangs must not keep a worker from another one."""


class RemoteClientGateway(RemoteAccess, RemoteFiles):
    """`ClientGateway` over a socket, on the loop that connected it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, where: Where) -> RemoteClientGateway:
        """Raises `Unavailable` when nobody listens there, `AccessDenied`."""
        return cls(await Connection.open(where))

    @property
    def is_closed(self) -> bool:
        """True once the connection broke; connect anew."""
        return self._connection.is_closed

    # The answer is decoded by the annotation of the protocol's method, which is the caller's return type.
    async def _ask(self, name: str, *arguments: object) -> T:
        read: Callable[[msgspec.Raw], T] = operation(ClientGateway, name).read_result
        return await self._connection.ask(f"client.{name}", arguments, read)

    async def trigger(self, runs: Sequence[NewRun]) -> Sequence[Triggered]:
        return await self._ask("trigger", runs)

    async def find_run(self, run_id: RunId) -> Run | None:
        return await self._ask("find_run", run_id)

    async def list_runs(self, filter: RunFilter, *, cursor: str | None = None, limit: int = 50) -> RunPage:
        return await self._ask("list_runs", filter, cursor, limit)

    async def cancel(self, run_ids: Sequence[RunId], *, force: bool = False) -> Sequence[RunId]:
        return await self._ask("cancel", run_ids, force)

    async def reschedule(self, run_id: RunId, *, delay_ms: int = 0, start_at: int | None = None) -> Run:
        return await self._ask("reschedule", run_id, delay_ms, start_at)

    async def replay(self, run_id: RunId, new_id: RunId, *, payload: str | None = None) -> Triggered:
        return await self._ask("replay", run_id, new_id, payload)

    async def resume(self, run_id: RunId, new_id: RunId) -> Triggered:
        return await self._ask("resume", run_id, new_id)

    async def journal(self, run_id: RunId) -> Sequence[Entry]:
        return await self._ask("journal", run_id)

    async def logs(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Log]:
        return await self._ask("logs", run_id, after, limit)

    async def parts(self, run_id: RunId, stream: str | None, *, after: int = -1, limit: int = 1000) -> Sequence[Part]:
        return await self._ask("parts", run_id, stream, after, limit)

    async def artifacts(self, run_id: RunId) -> Sequence[Artifact]:
        return await self._ask("artifacts", run_id)

    async def usage(self, run_id: RunId) -> RunUsage:
        return await self._ask("usage", run_id)

    async def artifact(self, artifact_id: str) -> bytes:
        return await self._ask("artifact", artifact_id)

    async def members(self, batch_id: str) -> Sequence[Run]:
        return await self._ask("members", batch_id)

    async def watch(self, watch: Watch, *, cursor: int | None = None) -> AsyncIterator[Update]:
        """The client pulls: a slow reader holds back only its own stream."""
        ask = self._connection.ask
        stream: int = await ask("watch.open", (watch, cursor), msgspec.msgpack.Decoder(int).decode)
        read = msgspec.msgpack.Decoder(Update | None).decode
        try:
            while (update := await ask("watch.next", (stream,), read)) is not None:
                yield update
        finally:
            if not self.is_closed:
                self._connection.tell("watch.close", (stream,))

    async def result(self, run_id: RunId) -> Run:
        return await self._ask("result", run_id)

    async def ends(self, run_ids: Sequence[RunId]) -> Sequence[End]:
        try:
            return await self._ask("ends", run_ids)
        except ValueTooLarge:
            if len(run_ids) < 2:
                raise
        # Outputs that fill more than a frame, together.
        middle = len(run_ids) // 2
        return [*await self.ends(run_ids[:middle]), *await self.ends(run_ids[middle:])]

    async def create_wait(self, wait: NewWait) -> Wait:
        return await self._ask("create_wait", wait)

    async def find_wait(self, wait_id: str) -> Wait | None:
        return await self._ask("find_wait", wait_id)

    async def list_waits(self, *, limit: int = 100) -> Sequence[Wait]:
        return await self._ask("list_waits", limit)

    async def complete_wait(self, wait_id: str, value: str) -> Wait:
        return await self._ask("complete_wait", wait_id, value)

    async def answer_path(self, wait_id: str) -> str:
        return await self._ask("answer_path", wait_id)

    async def send(self, messages: Sequence[NewMessage]) -> Sequence[Message]:
        return await self._ask("send", messages)

    async def messages(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Message]:
        return await self._ask("messages", run_id, after, limit)

    async def fork(self, run_id: RunId, new_id: RunId, *, from_key: str, payload: str | None = None) -> Triggered:
        return await self._ask("fork", run_id, new_id, from_key, payload)

    async def transact(
        self, extension: str, name: str, arguments: str, *, run_id: RunId | None = None, key: str = ""
    ) -> str:
        return await self._ask("transact", extension, name, arguments, run_id, key)

    async def alerts(self, *, before: int | None = None, limit: int = 100) -> Sequence[AlertEvent]:
        return await self._ask("alerts", before, limit)

    async def why(self, run_id: RunId) -> Explanation:
        return await self._ask("why", run_id)

    async def tasks(self) -> Sequence[TaskInfo]:
        return await self._ask("tasks")

    async def prune(self, before: int) -> int:
        return await self._ask("prune", before)

    async def queues(self) -> Sequence[QueueState]:
        return await self._ask("queues")

    async def change_queue(self, name: str, change: QueueChange, *, environment: str = "dev") -> QueueState:
        return await self._ask("change_queue", name, change, environment)

    async def put_schedule(self, new: NewSchedule) -> ScheduleState:
        return await self._ask("put_schedule", new)

    async def update_schedule(self, schedule_id: ScheduleId, changes: ScheduleChanges) -> ScheduleState:
        return await self._ask("update_schedule", schedule_id, changes)

    async def pause_schedule(self, schedule_id: ScheduleId, *, paused: bool) -> ScheduleState:
        return await self._ask("pause_schedule", schedule_id, paused)

    async def delete_schedule(self, schedule_id: ScheduleId) -> None:
        await self._ask("delete_schedule", schedule_id)

    async def find_schedule(self, schedule_id: ScheduleId) -> ScheduleState | None:
        return await self._ask("find_schedule", schedule_id)

    async def list_schedules(self, filter: ScheduleFilter, *, offset: int = 0, limit: int = 100) -> SchedulePage:
        return await self._ask("list_schedules", filter, offset, limit)

    async def schedule_ticks(self, schedule_id: ScheduleId, *, limit: int = 50) -> Sequence[Tick]:
        return await self._ask("schedule_ticks", schedule_id, limit)

    async def find_tick(self, run_id: RunId) -> Tick | None:
        return await self._ask("find_tick", run_id)

    async def run_schedule(self, schedule_id: ScheduleId, run_id: RunId) -> Triggered:
        return await self._ask("run_schedule", schedule_id, run_id)

    async def backfill_schedule(self, schedule_id: ScheduleId, *, start_at: int, end_at: int) -> Sequence[Triggered]:
        return await self._ask("backfill_schedule", schedule_id, start_at, end_at)

    async def close(self) -> None:
        await self._connection.close()


class RemoteWorkerGateway:
    """`WorkerGateway` over a socket: every session is a connection of its own."""

    def __init__(self, where: Where) -> None:
        self._where = where

    async def open(self, hello: Hello, inbox: Inbox) -> RemoteWorkerSession:
        """Raises `Unavailable` when nobody listens, `AccessDenied`."""
        pushes: dict[str, tuple[Callable[[msgspec.Raw], Any], Callable[[Any], None]]] = {
            "assign": (msgspec.msgpack.Decoder(list[Assignment]).decode, inbox.assign),
            "news": (msgspec.msgpack.Decoder(list[News]).decode, inbox.news),
            "stop": (msgspec.msgpack.Decoder(list[Stop]).decode, inbox.stop),
        }

        def on_push(frame: Frame) -> None:
            decode, receive = pushes[frame.op]
            receive(decode(frame.body))

        connection = await Connection.open(self._where, on_push=on_push)
        try:
            welcome = await connection.ask("worker.open", (hello,), msgspec.msgpack.Decoder(Welcome).decode)
        except BaseException:
            await connection.close()
            raise
        return RemoteWorkerSession(connection, welcome)


class RemoteWorkerSession:
    """An open worker over a socket. When the socket breaks, every method raises `Unavailable`: open another."""

    def __init__(self, connection: Connection, welcome: Welcome) -> None:
        self._connection = connection
        self.welcome = welcome

    # The answer is decoded by the annotation of the protocol's method, which is the caller's return type.
    async def _ask(self, name: str, *arguments: object) -> T:
        read: Callable[[msgspec.Raw], T] = operation(WorkerSession, name).read_result
        return await self._connection.ask(f"worker.{name}", arguments, read)

    def demand(self, demand: Demand) -> None:
        self._connection.tell("worker.demand", (demand,))

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        try:
            return await self._ask("report", reports)
        except ValueTooLarge:
            if len(reports) < 2:
                raise
        # Many large results at once: halves keep the order, because the first is answered before the second is sent.
        middle = len(reports) // 2
        return [*await self.report(reports[:middle]), *await self.report(reports[middle:])]

    async def renew(self) -> Welcome:
        return await self._ask("renew")

    async def journal(self, run_id: RunId, epoch: int) -> Assignment | None:
        return await self._ask("journal", run_id, epoch)

    async def members(self, batch_id: str) -> Sequence[Run]:
        return await self._ask("members", batch_id)

    async def close(self) -> None:
        """Say good-bye, so that nothing counts as a death, and close."""
        if not self._connection.is_closed:
            try:
                async with asyncio.timeout(GOOD_BYE_S):
                    await self._ask("close")
            except (Unavailable, TimeoutError):
                pass  # the lease does what the good-bye would have done
        await self._connection.close()

    async def lost(self) -> None:
        """Break the connection without a good-bye."""
        await self._connection.close()
