"""The seam between the server and the user's process: what a worker, and what a client, may ask.

Both protocols are asynchronous and batch-first. The local implementation is the engine in the same process;
the remote one speaks length-prefixed msgpack over a socket. All values are frozen structs of `domain`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec

from runcast.access_gateway import AccessGateway
from runcast.domain.alert import AlertEvent, AlertRule
from runcast.domain.effect import Artifact, Effect, Log, Part
from runcast.domain.ids import RunId, WorkerId
from runcast.domain.journal import Entry, NewEntry, NewWait, Wait
from runcast.domain.message import Message, NewMessage
from runcast.domain.outcome import Outcome
from runcast.domain.queue import QueueChange, QueueSettings, QueueState
from runcast.domain.retention import Retention
from runcast.domain.run import End, NewRun, Run, Triggered
from runcast.domain.schedule import ScheduleSettings
from runcast.domain.usage import RunUsage
from runcast.domain.watch import Update as Update  # noqa: PLC0414 - of this seam too
from runcast.domain.watch import Watch as Watch  # noqa: PLC0414
from runcast.file_gateway import FileGateway
from runcast.schedule_gateway import ScheduleGateway

# --- the worker's side ------------------------------------------------------------------------------------------


class TaskInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the engine knows of a task: enough to fill a trigger's gaps and to describe it."""

    name: str
    queue: str
    lane: str = "async"
    """`async`, `thread` or `process`: which capacity of the worker an execution takes."""
    max_attempts: int = 3
    max_duration_ms: int | None = None
    ttl_ms: int | None = None
    source: str = ""
    """`file:line`."""
    schema: str = "{}"
    """JSON Schema of the payload."""
    description: str = ""
    schedule: ScheduleSettings | None = None
    """When it is triggered by itself."""
    machine: str | None = None
    """The label that its runs need, unless their trigger names another."""
    retention: Retention | None = None
    """How long its finished runs are kept; None: as the engine is set."""


class Hello(msgspec.Struct, frozen=True, omit_defaults=True):
    """A worker introduces itself."""

    worker_id: WorkerId
    tasks: tuple[TaskInfo, ...]
    queues: tuple[QueueSettings, ...] = ()
    environment: str = "dev"
    code_version: str = ""
    pid: int = 0
    host: str = ""
    embedded: bool = False
    """In the engine's own process: its runs are taken back at once when that process restarts."""
    alerts: tuple[AlertRule, ...] = ()
    labels: tuple[str, ...] | None = None
    """The machines it serves; None: every one. A run that names no machine goes to any worker."""
    was: WorkerId | None = None
    """Who this worker was until its session was lost. No body of then is left, so what it held goes on at once."""


class Welcome(msgspec.Struct, frozen=True):
    now_ms: int
    """Engine time, to measure the worker's clock offset."""
    lease_ms: int
    """0: no lease. The worker is embedded, and owns what it executes for as long as the process lives."""
    renew_ms: int
    """Between two renewals; without a lease they only tell whether the session is still open."""
    variables: dict[str, str] = {}
    """Environment variables of its environment, when it opens."""


class Demand(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many more executions the worker takes, by lane. Replaces the previous demand. The engine lowers its
    copy by what it assigns, and the worker sends a new absolute figure whenever room appears."""

    lanes: dict[str, int]
    """None at all: the worker takes no more, and leaves."""
    received: int = 0
    """Assignments the worker has received so far: those that crossed this message count against it."""


class Assignment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A claimed run: execute it, or go on with it if it is resident."""

    run_id: RunId
    task: str
    payload: str
    attempt: int
    epoch: int
    resume: bool = False
    """True: the run waited in this worker; `journal` holds only what was resolved since."""
    journal: tuple[Entry, ...] = ()
    applied: dict[str, int] = {}
    """Effects already applied, by scope."""
    metadata: str = "{}"
    tags: tuple[str, ...] = ()
    queue: str = ""
    concurrency_key: str = ""
    max_attempts: int = 3
    remaining_ms: int | None = None
    """What is left of `max_duration`."""
    created_at: int = 0
    parent_id: RunId | None = None
    root_id: RunId | None = None
    depth: int = 0
    batch_id: str | None = None
    idempotency_key: str | None = None
    environment: str = "dev"
    machine: str | None = None
    traceparent: str | None = None
    """The caller's span, as W3C Trace Context writes it."""
    alone: bool = False
    """Quarantine: execute in a process of its own."""
    deaths: int = 0


class Report(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one execution did since its last report: applied whole in one transaction, in this order
    (entries, effects, outcome), or refused whole when the epoch is old.

    A report with nothing in it wakes a run that waits in this worker: one of its branches went on by itself (a timer
    of its own, a thread) and wants its slot back. The answer is `waiting`, and an `Assignment(resume=True)` follows.
    """

    run_id: RunId
    epoch: int
    entries: tuple[NewEntry, ...] = ()
    effects: tuple[Effect, ...] = ()
    outcome: Outcome | None = None
    executed_ms: int = 0
    """Time spent executing since the last outcome report, for `max_duration`."""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The engine's answer to one report, on disk when it arrives.

    An `Assignment(resume=True)` of the same run may overtake it: the higher epoch is the truth.
    """

    run_id: RunId
    lost: bool = False
    """The run belongs to somebody else or is final: stop the body, report `Released` when it is gone."""
    resolved: tuple[Entry, ...] = ()
    """Entries of this report that are already final (cached children, completed waits), and, for `Waiting`,
    those of its keys: then the run did not start to wait."""
    waiting: bool = False
    """The run is `WAITING` now and holds no slot."""
    due: dict[str, int] = {}
    """Engine time at which the report's sleeps and timeouts fall due, by key."""
    error: str | None = None
    """The report was refused for its content (a value too large, say): nothing of it was kept."""
    error_code: str | None = None
    details: dict[str, str | int | float | bool | None] = {}
    """The error's own attributes."""


class News(msgspec.Struct, frozen=True, gc=False):
    """Entries of an executing run that were resolved."""

    run_id: RunId
    epoch: int
    entries: tuple[Entry, ...]


class Stop(msgspec.Struct, frozen=True):
    """Stop executing a run: it was canceled or taken over."""

    run_id: RunId
    epoch: int
    reason: str


class Inbox(Protocol):
    """Where the engine pushes to a worker. Called on the worker's own loop, in order."""

    def assign(self, assignments: Sequence[Assignment]) -> None: ...
    def news(self, news: Sequence[News]) -> None: ...
    def stop(self, stops: Sequence[Stop]) -> None: ...


class WorkerSession(Protocol):
    """An open worker. Every method may raise `Unavailable`; a session that breaks must be opened anew."""

    welcome: Welcome

    def demand(self, demand: Demand) -> None:
        """Say how much room there is; assignments arrive in the inbox. Lossless, no answer."""

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        """Record what executions did. Replies come in the order of the reports, after the commit."""
        ...

    async def renew(self) -> Welcome:
        """Keep the lease, if there is one. Raises `LostOwnership` when it was already taken."""
        ...

    async def journal(self, run_id: RunId, epoch: int) -> Assignment | None:
        """The full assignment of a run this worker holds, or None if it no longer does."""
        ...

    async def members(self, batch_id: str) -> Sequence[Run]:
        """The runs of a batch, by position."""
        ...

    async def close(self) -> None:
        """End the session; what it still holds is handed back without counting a death."""
        ...

    async def lost(self) -> None:
        """The worker's process is gone without having closed: what it held comes back, and each run it executed counts a death."""


class WorkerGateway(Protocol):
    """Where a worker connects."""

    async def open(self, hello: Hello, inbox: Inbox) -> WorkerSession: ...


# --- the client's side ------------------------------------------------------------------------------------------


class RunFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which runs. Empty fields do not restrict."""

    environment: str | None = None
    status: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    parent_id: RunId | None = None
    root_id: RunId | None = None
    batch_id: str | None = None
    created_from: int | None = None
    created_to: int | None = None
    roots_only: bool = False
    ids: tuple[RunId, ...] = ()
    shown: tuple[str, ...] = ()
    """Statuses as people see them: between two attempts a run is `EXECUTING`."""
    machine: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    is_test: bool | None = None
    schedule_id: str | None = None
    bulk_id: str | None = None
    """What a bulk action canceled, or made."""
    text: str | None = None
    """Somewhere in the id or the task, in whatever case."""
    worker: tuple[str, ...] = ()
    """Ids of workers: who executed it last."""
    version: tuple[str, ...] = ()
    """Versions of the code of those workers."""
    took_min_ms: int | None = None
    """From the start to the end, or until `as_of`."""
    took_max_ms: int | None = None
    as_of: int | None = None
    outcome: tuple[str, ...] = ()
    """Of runs that counted items: `completed`, `partial`, `failed`."""


class RunPage(msgspec.Struct, frozen=True):
    """A page of runs, newest first; `cursor` continues after it (None: the end)."""

    runs: tuple[Run, ...]
    cursor: str | None


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a run is not running."""

    run_id: RunId
    status: str
    reason: str
    """One sentence for people."""
    position: int | None = None
    """Its place in its queue; 1 is next."""
    blockers: tuple[RunId, ...] = ()
    """Runs that hold the slots it needs, or that it waits for."""
    estimate_ms: int | None = None


class ClientGateway(ScheduleGateway, AccessGateway, FileGateway, Protocol):
    """What a client may ask. Every method may raise `Unavailable`, and `InvalidInput` for bad arguments."""

    async def trigger(self, runs: Sequence[NewRun]) -> Sequence[Triggered]:
        """Store runs; returns after the commit."""
        ...

    async def find_run(self, run_id: RunId) -> Run | None: ...
    async def list_runs(self, filter: RunFilter, *, cursor: str | None = None, limit: int = 50) -> RunPage: ...

    async def cancel(self, run_ids: Sequence[RunId], *, force: bool = False) -> Sequence[RunId]:
        """Cancel live runs with their live children; the ids (of those given) that were live. `force`: as `Client.cancel` says."""
        ...

    async def reschedule(self, run_id: RunId, *, delay_ms: int = 0, start_at: int | None = None) -> Run:
        """Move the start of a delayed run, from now or to a time (`start_at`). Raises `NotFound`, and `Conflict` for any other."""
        ...

    async def replay(self, run_id: RunId, new_id: RunId, *, payload: str | None = None) -> Triggered:
        """A new run of the same task, with an empty journal."""
        ...

    async def resume(self, run_id: RunId, new_id: RunId) -> Triggered:
        """A finished run: a new run that adopts its journal. A parked run: goes on itself. Else `Conflict`."""
        ...

    async def journal(self, run_id: RunId) -> Sequence[Entry]: ...
    async def logs(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Log]: ...
    async def parts(self, run_id: RunId, stream: str | None, *, after: int = -1, limit: int = 1000) -> Sequence[Part]:
        """Parts of one stream after a `seq`, or (stream None) the newest parts of all streams."""
        ...

    async def artifacts(self, run_id: RunId) -> Sequence[Artifact]: ...
    async def usage(self, run_id: RunId) -> RunUsage:
        """What the run used, and the run with everything below it. Raises `NotFound`."""
        ...

    async def artifact(self, artifact_id: str) -> bytes: ...
    async def members(self, batch_id: str) -> Sequence[Run]: ...

    def watch(self, watch: Watch, *, cursor: int | None = None) -> AsyncIterator[Update]:
        """The state now, then every change after it, in order, without a gap."""
        ...

    async def result(self, run_id: RunId) -> Run:
        """The run, once it is final. Raises `NotFound`."""
        ...

    async def ends(self, run_ids: Sequence[RunId]) -> Sequence[End]:
        """How runs ended, in the order asked, once all have. Raises `NotFound`."""
        ...

    async def create_wait(self, wait: NewWait) -> Wait: ...
    async def find_wait(self, wait_id: str) -> Wait | None: ...
    async def list_waits(self, *, limit: int = 100) -> Sequence[Wait]:
        """Waits not yet completed, oldest first."""
        ...

    async def complete_wait(self, wait_id: str, value: str) -> Wait:
        """Complete a wait; the first completion wins and later ones see its value. Raises `NotFound`."""
        ...

    async def answer_path(self, wait_id: str) -> str:
        """Where a person answers a wait without an account, below `public_url`. Raises `NotFound`."""
        ...

    async def send(self, messages: Sequence[NewMessage]) -> Sequence[Message]:
        """Put messages into inboxes of runs, in one transaction; a run that waits for one wakes in the same. A message
        whose key was used before is the one sent then. Raises `NotFound`, `Conflict` for a run that has ended."""
        ...

    async def messages(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> Sequence[Message]:
        """What a run was sent, after a `seq`, in order."""
        ...

    async def fork(self, run_id: RunId, new_id: RunId, *, from_key: str, payload: str | None = None) -> Triggered:
        """A new run that adopts the journal up to, and without, the entry `from_key` (or the only one of that name)."""
        ...

    async def transact(
        self, extension: str, name: str, arguments: str, *, run_id: RunId | None = None, key: str = ""
    ) -> str:
        """Run a transaction that an installed extension registered, with JSON arguments; its result is JSON. With a run
        and a key it happens once: asked again it answers what it came to. Raises `NotFound`."""
        ...

    async def alerts(self, *, before: int | None = None, limit: int = 100) -> Sequence[AlertEvent]:
        """Events of alerts, newest first; `before` a `seq` for older ones."""
        ...

    async def why(self, run_id: RunId) -> Explanation: ...
    async def tasks(self) -> Sequence[TaskInfo]: ...
    async def queues(self) -> Sequence[QueueState]: ...
    async def change_queue(self, name: str, change: QueueChange, *, environment: str = "dev") -> QueueState:
        """Change limits, pause or resume, live: runs that have room now start at once. Raises `NotFound`."""
        ...

    async def prune(self, before: int) -> int:
        """Remove one bounded piece of what ended before `before` (ms); how many runs went. Zero: nothing is left."""
        ...

    async def close(self) -> None: ...


Wake = Callable[[str], None]
"""Rings a service's doorbell by name; may be lost safely, because every service also ticks."""
