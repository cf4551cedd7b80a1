"""The engine: names its parts and delegates. It is both gateways of the process it lives in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import msgspec

from runcast.blobs.bucket import Bucket
from runcast.clock import Clock
from runcast.domain.alert import AlertEvent
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.errors import NotFound, Unavailable
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.limits import LEASE_MS, RENEW_MS, RETENTION_MS
from runcast.domain.message import Message, NewMessage
from runcast.domain.queue import QueueChange, QueueState
from runcast.domain.retention import Retention
from runcast.domain.run import End, NewRun, Run, Triggered
from runcast.domain.usage import RunUsage
from runcast.engine import again, enqueue, inbox
from runcast.engine.access import Access
from runcast.engine.access_desk import AccessDesk
from runcast.engine.alerts import Alerts
from runcast.engine.bulk import BulkActions
from runcast.engine.channels import Courier, admit_channels
from runcast.engine.deliver import Deliver
from runcast.engine.dispatch import Dispatch, Room
from runcast.engine.duty import Duty
from runcast.engine.extensions import Extensions
from runcast.engine.files import FileDesk, FileDoor
from runcast.engine.prune import Prune
from runcast.engine.relay import Relay
from runcast.engine.remove_objects import RemoveObjects
from runcast.engine.rescue import Rescue
from runcast.engine.results import Results
from runcast.engine.schedule import Schedules
from runcast.engine.schedule_desk import ScheduleDesk
from runcast.engine.schedule_door import ScheduleDoor
from runcast.engine.service import Service, Ticker
from runcast.engine.session import LocalSession
from runcast.engine.skip import skip
from runcast.engine.timers import Timers
from runcast.engine.uploads import Uploads
from runcast.engine.waits import WaitDoor
from runcast.feed.doorbell import Doorbell
from runcast.feed.hub import Hub
from runcast.feed.watch import follow
from runcast.gateway import (
    Explanation,
    Hello,
    Inbox,
    RunFilter,
    RunPage,
    TaskInfo,
    Update,
    Watch,
    Welcome,
)
from runcast.store import queues, reads, resolve, workers
from runcast.store.alerts import events as alert_events
from runcast.store.outboxes import Outbox, open_outbox
from runcast.store.prune import prune
from runcast.store.rows import ObjectRow
from runcast.store.script import Script
from runcast.store.store import Store
from runcast.store.vitals import Vitals, newest, take_vitals
from runcast.store.why import why

T = TypeVar("T")


def _nobody_is_gone(_pid: int, _host: str) -> bool:
    return False


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What may be tuned. Milliseconds."""

    lease_ms: int = LEASE_MS
    renew_ms: int = RENEW_MS
    retention_ms: int = RETENTION_MS
    retention_failed_ms: int | None = None
    """For runs that failed, crashed or timed out; None: `retention_ms`."""
    outbox: tuple[str, ...] = ()
    """Addresses of databases whose outboxes are relayed."""
    secret: str = ""
    """What signs and encrypts; empty: what the database keeps."""
    fresh_secret: Callable[[], str] | None = None
    """Makes one, where the database keeps none yet."""
    is_gone: Callable[[int, str], bool] = _nobody_is_gone
    """Whether the process of this id on this host is known to be dead."""


class Engine(Access, FileDoor, ScheduleDoor, WaitDoor):
    """`gateway.WorkerGateway` and `gateway.ClientGateway` over one store. `start` before workers open."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: EngineSettings | None = None,
        *,
        id: str = "",
        bucket: Bucket | None = None,
    ) -> None:
        self.id = id
        self.store = store
        self.clock = clock
        self.settings = settings or EngineSettings()
        self._outboxes = [open_outbox(address) for address in self.settings.outbox]
        self._doorbell = Doorbell(store)
        self.hub = Hub(store, self._doorbell)
        self.extensions = Extensions(store)
        self.courier: Courier | None = None
        """Tells alerts to channels; None: this engine has none."""
        self.access = AccessDesk(store, secret=self.settings.secret, fresh_secret=self.settings.fresh_secret)
        self._results = Results(store)
        self._dispatch = Dispatch(clock, ring=self._ring, on_due=self._on_due, on_changed=self._on_changed)
        self._timers = Timers(store)
        self._rescue = Rescue(
            store, every_ms=self.settings.renew_ms, leave=self._dispatch.leave, is_gone=self.settings.is_gone
        )
        retention = Retention(keep_ms=self.settings.retention_ms, failed_ms=self.settings.retention_failed_ms)
        self._bulk: Service | None = None
        self._prune = Prune(store, retention=retention)
        self._bucket = bucket
        self._uploads = Uploads(store, bucket)
        self.files = FileDesk(store, bucket, self._uploads)
        self._schedules = Schedules(store)
        self.schedule_desk = ScheduleDesk(store, ring=self._on_tick)
        self._schedule_service: Service | None = None
        self._timer_service: Service | None = None
        self._deliver_service: Service | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        store.set_follower(self._dispatch)
        store.database.listen(self._on_ring)

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take back what an earlier process held. The services run in `run`."""
        self._loop = asyncio.get_running_loop()
        now = self.clock.now_ms()
        await self.store.write(partial(workers.bound_leases, now + self.settings.lease_ms), lazy=True)
        await self._rescue.boot(now)

    async def run(self) -> None:
        """Run the services until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._timer_service = Service(self._timers, self.clock, vigilant=True)
        self._schedule_service = Service(self._schedules, self.clock, vigilant=True)
        self._bulk = Service(BulkActions(self.store), self.clock)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._bulk.run())
            group.create_task(self._timer_service.run())
            group.create_task(self._schedule_service.run())
            group.create_task(Service(self._rescue, self.clock).run())
            group.create_task(Service(self._duty(Alerts(self.store)), self.clock).run())
            group.create_task(Service(self._duty(self._prune), self.clock).run())
            if self.courier is not None:
                self._deliver_service = Service(Deliver(self.store, self.courier, self.id), self.clock)
                group.create_task(self._deliver_service.run())
            for outbox in self._outboxes:
                group.create_task(self._relay(outbox))
            remove_objects = RemoveObjects(self.store, self._bucket)
            group.create_task(Service(self._duty(remove_objects), self.clock).run())

    async def _relay(self, outbox: Outbox) -> None:
        relay = Relay(self.store, outbox)
        try:
            await Service(relay, self.clock).run()
        finally:
            relay.close()

    def _duty(self, ticker: Ticker) -> Ticker:
        """Of engines that share a database one does it."""
        return Duty(ticker, self.store, self.id) if self.store.database.shared else ticker

    def stopped(self, reason: str) -> None:
        """The store is closed: whoever waits for a run, or follows one, gets `EngineStopped`."""
        self._results.fail(reason)
        self._doorbell.ring()

    def _on_ring(self, queues: bool) -> None:  # noqa: FBT001 - a callback
        """Another engine did something: a turn of our own learns what."""
        if queues:
            self._dispatch.look_everywhere()
        self._ring()

    def _ring(self) -> None:
        # The last commit of a closing store may ring too: whoever opens the file next looks anyway.
        with suppress(Unavailable):
            self.store.submit(_nothing, _ignore, lazy=True)

    def _on_due(self, at: int) -> None:
        if self._timer_service is not None and self._loop is not None:
            self.store.mailbox(self._loop).put(self._timer_service.wake_at, at)

    def _on_tick(self, at: int | None) -> None:
        """A schedule was changed: it ticks next at `at`."""
        if at is not None and self._schedule_service is not None and self._loop is not None:
            self.store.mailbox(self._loop).put(self._schedule_service.wake_at, at)

    def _on_changed(self, born: Sequence[str], ended: Sequence[End]) -> None:
        self._results.born(born)
        self._results.ended(ended)
        self._doorbell.ring()
        if self._deliver_service is not None and any(end.error is not None for end in ended):
            self.tell_alerts()

    def tell_alerts(self) -> None:
        """Deliveries may have been added: look for them now rather than within a second."""
        if self._deliver_service is not None and self._loop is not None:
            self.store.mailbox(self._loop).put(self._deliver_service.wake_at, 0)

    def room_of(self, worker_id: str) -> Room | None:
        """How much more a worker takes; None: it is not connected to this engine."""
        return self._dispatch.room_of(worker_id)

    # --- the worker's gateway ---------------------------------------------------------------------------------------

    async def open(self, hello: Hello, inbox: Inbox) -> LocalSession:
        now = self.clock.now_ms()
        if hello.was is not None:
            # Its engine went, or the way there: no death of a worker.
            await self._rescue.take_back(hello.was, now, deaths=False)
        if self.store.database.shared:
            hello = msgspec.structs.replace(hello, embedded=False)
        # A worker in this process cannot outlive the engine: if that is the only one, it needs no lease.
        lease_ms = 0 if hello.embedded else self.settings.lease_ms
        variables = await self.access.variables(hello.environment)
        welcome = Welcome(now, lease_ms, self.settings.renew_ms, variables)
        session = LocalSession(self.store, self._dispatch, self._rescue, self._uploads, hello, inbox, welcome)
        said = await admit_channels(hello, self.courier)
        self._on_tick(await self.store.write(partial(workers.hello, said, now, lease_ms)))
        self._dispatch.join(session)
        return session

    # --- the client's gateway ---------------------------------------------------------------------------------------

    async def trigger(self, runs: Sequence[NewRun]) -> Sequence[Triggered]:
        return await enqueue.trigger(self.store, runs)

    async def find_run(self, run_id: RunId) -> Run | None:
        return await self.store.read(partial(reads.find_run, run_id))

    async def list_runs(self, filter: RunFilter, *, cursor: str | None = None, limit: int = 50) -> RunPage:
        return await self.store.read(partial(reads.list_runs, filter, cursor, limit))

    async def cancel(self, run_ids: Sequence[RunId], *, force: bool = False) -> Sequence[RunId]:
        found = await self.store.write(partial(resolve.cancel, run_ids, self.clock.now_ms(), force=force))
        return [RunId(id) for id in found]

    async def reschedule(self, run_id: RunId, *, delay_ms: int = 0, start_at: int | None = None) -> Run:
        return await enqueue.reschedule(self.store, run_id, delay_ms, start_at)

    async def replay(self, run_id: RunId, new_id: RunId, *, payload: str | None = None) -> Triggered:
        return await again.replay(self.store, run_id, new_id, payload)

    async def resume(self, run_id: RunId, new_id: RunId) -> Triggered:
        return await again.resume(self.store, run_id, new_id)

    async def skip(self, run_id: RunId, new_id: RunId, *, key: str, value: str) -> Triggered:
        """`resume`, with `value` as the result of an entry that failed."""
        return await skip(self.store, run_id, new_id, key, value)

    async def journal(self, run_id: RunId) -> Sequence[Entry]:
        return await self.store.read(partial(reads.journal, run_id))

    async def logs(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Log]:
        return await self.store.read(partial(reads.logs, run_id, after, limit))

    async def parts(self, run_id: RunId, stream: str | None, *, after: int = -1, limit: int = 1000) -> Sequence[Part]:
        return await self.store.read(partial(reads.parts, run_id, stream, after, limit))

    async def artifacts(self, run_id: RunId) -> Sequence[Artifact]:
        return await self.store.read(partial(reads.artifacts, run_id))

    async def usage(self, run_id: RunId) -> RunUsage:
        found(await self.find_run(run_id), "run", run_id)
        return await self.store.read(partial(reads.usage, run_id))

    async def artifact(self, artifact_id: str) -> bytes:
        stored: bytes | ObjectRow | None = await self.store.read(partial(reads.artifact, artifact_id))
        if isinstance(stored, ObjectRow):
            return await self._uploads.get(stored)
        return found(stored, "artifact", artifact_id)

    async def members(self, batch_id: str) -> Sequence[Run]:
        return await self.store.read(partial(reads.members, batch_id))

    def watch(self, watch: Watch, *, cursor: int | None = None) -> AsyncIterator[Update]:
        return follow(self.store, self._doorbell, watch, cursor)

    async def result(self, run_id: RunId) -> Run:
        return await self._results.wait(run_id)

    async def ends(self, run_ids: Sequence[RunId]) -> Sequence[End]:
        return await self._results.wait_all(run_ids)

    async def send(self, messages: Sequence[NewMessage]) -> Sequence[Message]:
        return await inbox.send(self.store, messages)

    async def messages(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Message]:
        return await inbox.read(self.store, run_id, after, limit)

    async def fork(self, run_id: RunId, new_id: RunId, *, from_key: str, payload: str | None = None) -> Triggered:
        return await again.fork(self.store, run_id, new_id, from_key, payload)

    async def transact(
        self, extension: str, name: str, arguments: str, *, run_id: RunId | None = None, key: str = ""
    ) -> str:
        return await self.extensions.transact(extension, name, arguments, None if run_id is None else (run_id, key))

    async def alerts(self, *, before: int | None = None, limit: int = 100) -> Sequence[AlertEvent]:
        return await self.store.read(partial(alert_events, before, limit))

    async def why(self, run_id: RunId) -> Explanation:
        run = found(await self.find_run(run_id), "run", run_id)
        return await self.store.read(partial(why, run, self.clock.now_ms()))

    async def tasks(self) -> Sequence[TaskInfo]:
        return await self.store.read(reads.tasks)

    async def queues(self) -> Sequence[QueueState]:
        return await self.store.read(queues.queue_states)

    async def change_queue(self, name: str, change: QueueChange, *, environment: str = "dev") -> QueueState:
        return await self.store.write(partial(queues.change, environment, name, change, self.clock.now_ms()))

    def carry_out(self) -> None:
        """A bulk action was stored: begin with it. On the engine's loop."""
        if self._bulk is not None:
            self._bulk.wake_at(self.clock.now_ms())

    async def prune(self, before: int) -> int:
        return await self.store.write(partial(prune, before), lazy=True)

    # --- for whoever watches over it

    @property
    def subscribers(self) -> int:
        """How many follow runs through this engine."""
        return self._doorbell.listeners

    async def vitals(self) -> Vitals:
        """How full queues are, and what is late. Raises `Unavailable` when the database is."""
        return await self.store.read(partial(take_vitals, self.clock.now_ms()))

    async def check(self) -> None:
        """Raises `Unavailable` unless the database is both read and written."""
        await self.store.write(_nothing, lazy=True)
        await self.store.read(newest)

    async def close(self) -> None:
        """The store is closed by whoever opened it."""


def found(value: T | None, what: str, id: str) -> T:
    """The value. Raises `NotFound` for None."""
    if value is None:
        raise NotFound(f"no {what} {id}")
    return value


def _nothing() -> Script[None]:
    return
    yield


def _ignore(result: object, error: BaseException | None) -> None:
    pass
