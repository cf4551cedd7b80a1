"""One execution of a run: what its durable calls share, and where they become records.

A body runs on the worker's event loop (or, a `def` body, on a thread that posts to that loop). What it records
gathers in `entries` and `effects`; the worker sends them and hands the answers back to `acknowledge` and `resolve`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any, NoReturn, TypeVar

from msgspec import structs

from runcast.domain.effect import Effect
from runcast.domain.errors import InvalidInput, NotDurableHere
from runcast.domain.ids import BatchId, RunId
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.run import Counts
from runcast.gateway import Assignment
from runcast.sdk import children
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.host import Host
from runcast.sdk.quiet import is_quiet
from runcast.sdk.result import Failed, Ok
from runcast.sdk.scope import Scope, check_key, current_scope
from runcast.sdk.spans import RunSpan
from runcast.sdk.stopping import Stopping
from runcast.sdk.suspension import Suspension
from runcast.sdk.unasked import put_back
from runcast.sdk.waiters import EngineWait, ThreadWait

T = TypeVar("T")


def current_execution() -> Execution | None:
    """The execution whose body is running here, or None outside of any."""
    scope = current_scope.get()
    return None if scope is None else scope.execution


class Execution:
    """One execution of one run. Durable calls take their key when they are called; see `sdk.scope`."""

    __slots__ = (
        "__weakref__",
        "assignment",
        "background",
        "busy",
        "calls",
        "code_version",
        "counts",
        "effects",
        "ended",
        "entries",
        "epoch",
        "explicit",
        "gates",
        "host",
        "journal",
        "local_metadata",
        "locals",
        "park_reason",
        "positions",
        "root",
        "run_id",
        "scope",
        "settled_unasked",
        "span",
        "stop",
        "suspension",
        "tasks",
        "thread_id",
        "thread_wait",
        "threaded",
        "waiting",
        "waits",
    )

    def __init__(self, assignment: Assignment, host: Host, code_version: str) -> None:
        self.assignment = assignment
        self.run_id = assignment.run_id
        self.epoch = assignment.epoch
        self.host = host
        self.code_version = code_version
        self.thread_id = host.thread_id
        """The only thread whose durable calls have an order."""
        self.scope = Scope(self, "")
        self.journal: dict[str, Entry] = {entry.key: entry for entry in assignment.journal}
        self.calls: dict[str, Call[Any]] = {}
        """Calls whose entry is not final yet, by key."""
        self.entries: list[NewEntry] = []
        self.effects: list[Effect] = []
        self.explicit: set[str] | None = None
        self.settled_unasked = not self.journal
        """What an earlier execution asked for, and this one does not, was given up."""
        self.positions: dict[str, int] | None = None
        """Which durable call of this execution has a key, from 1: what a fork goes by."""
        self.local_metadata: dict[str, Any] | None = None
        self.locals: dict[object, Any] | None = None
        self.suspension: Suspension | None = None
        """Who is told when the body waits and goes on, if anybody."""
        self.span: RunSpan | None = None
        self.counts: Counts | None = None
        """How the run's items ended, if its body says so: for the outcome that it succeeds with."""
        self.waits = 0
        self.busy = 0
        """How much work must end before the run may wait: step bodies, commits under way, a running `def` body."""
        self.tasks: set[asyncio.Task[Any]] | None = None
        """Live asyncio tasks that the body made; then those that the run must not end before."""
        self.background: list[asyncio.Task[None]] | None = None
        self.root: asyncio.Task[Any] | None = None
        self.threaded = False
        """True for a `def` body, which runs on a thread of its own."""
        self.thread_wait: ThreadWait | None = None
        self.stop: Stopping | None = None
        self.park_reason = ""
        self.waiting = False
        """The engine has the run as `WAITING`: it holds no slot, so nothing new may begin."""
        self.gates: list[asyncio.Future[None]] = []
        """Steps that begin when the run executes again."""
        self.ended = False
        """The body has ended: what its remaining tasks do is not recorded."""

    # --- making durable calls; on the body's thread

    def open(
        self,
        kind: EntryKind,
        name: str,
        *,
        read: Callable[[Entry], T],
        on_engine: bool,
        key: str | None = None,
        digest: str = "",
        call_type: type[Call[Any]] = Call,
    ) -> tuple[Call[T], Entry | None]:
        """A call and what the journal holds of it: None, a forgotten entry (do it again), or one that counts."""
        found_key = self.key_of(kind, name, key)
        call: Call[T] = call_type(self, found_key, read, on_engine=on_engine)
        entry = self.journal.get(found_key)
        if entry is None or entry.status is EntryStatus.FORGOTTEN:
            return call, entry
        self._check_same(entry, kind, name, "" if key else digest)
        self.on_loop(self._attach, call)
        return call, entry

    def key_of(self, kind: EntryKind, name: str, explicit: str | None = None) -> str:
        """The key of the durable call that is being made here; raises `NotDurableHere` where there can be none."""
        scope = self.durable_scope(kind)
        if explicit is None:
            key = scope.next(f"{kind}:{name}" if name else kind)
        else:
            key = self._take_explicit(check_key(explicit))
        if self.positions is None:
            self.positions = {}
        self.positions[key] = len(self.positions) + 1
        return key

    def _take_explicit(self, key: str) -> str:
        if self.explicit is None:
            self.explicit = set()
        if key in self.explicit:
            raise InvalidInput(f"key={key!r} was used twice in this run: a key names one call")
        self.explicit.add(key)
        return key

    def durable_scope(self, what: str) -> Scope:
        """The scope of the caller, if durable calls are possible there."""
        scope = current_scope.get()
        if scope is None or scope.execution is not self or get_ident() != (scope.thread_id or self.thread_id):
            raise NotDurableHere(
                f"a {what} was asked for on a thread that does not run the body, where calls have no order: "
                "make it in the body, or pass the thread plain values"
            )
        if scope.trial is not None:
            raise NotDurableHere(
                f"a {what} was asked for inside step {scope.trial.key!r}: a step is recorded as one result, so what "
                "happens inside it cannot be recorded again; make the call in the task's body"
            )
        if scope.refusal is not None:
            raise NotDurableHere(f"a {what} was asked for {scope.refusal}")
        if self.stop is not None or self.ended:
            self.raise_stopped()
        return scope

    def _check_same(self, entry: Entry, kind: EntryKind, name: str, digest: str) -> None:
        if entry.kind is not kind or entry.name != name:
            self.park(
                f"the journal holds a {entry.kind} {entry.name!r} under {entry.key!r}, but the code now asks for a "
                f"{kind} {name!r}: restore the code, or fork the run"
            )
        if digest and entry.digest and digest != entry.digest and entry.code_version == self.code_version:
            self.park(
                f"the order of calls changed: {entry.key!r} was recorded with other arguments, so its result may "
                "belong to another item. Sort what the calls are made from, or pass key="
            )

    def park(self, reason: str) -> NoReturn:
        """Stop here until a person decides; the body does not go on."""
        self.park_reason = reason
        self.stop = Stopping.PARK
        self.on_loop(self.unwind, Stopping.PARK)
        self.raise_stopped()

    def _attach(self, call: Call[Any]) -> None:
        entry = self.journal[call.key]
        if entry.status is EntryStatus.PENDING:
            self.calls[call.key] = call
        else:
            call.settle(entry)

    def begin(self, call: Call[Any], new: NewEntry | None = None) -> None:
        """Take up a fresh call, with its record unless that comes later (a step's)."""
        self.on_loop(self._begin, call, new)

    def _begin(self, call: Call[Any], new: NewEntry | None) -> None:
        self.calls[call.key] = call
        if not call.on_engine:
            self.busy += 1
        if new is not None:
            self._record(new)
        elif self.waiting:
            self.host.changed(self)

    def record(self, new: NewEntry) -> None:
        """Put an entry on its way."""
        self.on_loop(self._record, new)

    def _record(self, new: NewEntry) -> None:
        if self.stop is None and not self.ended:
            position = 0 if self.positions is None else self.positions.get(new.entry.key, 0)
            self.entries.append(structs.replace(new, position=position))
            self.host.changed(self)

    def add_effect(self, effect: Effect) -> None:
        """Put an effect on its way."""
        self.on_loop(self._add_effect, effect)

    def _add_effect(self, effect: Effect) -> None:
        if (self.stop is None or not self.stop.is_eviction) and not self.ended:
            self.effects.append(effect)
            self.host.changed(self)

    def on_loop(self, work: Callable[..., None], *args: Any) -> None:
        """Do it on the worker's loop: now, or in order when the body has a thread of its own."""
        if get_ident() == self.host.thread_id:
            work(*args)
        else:
            self.host.loop.call_soon_threadsafe(work, *args)

    # --- children

    def trigger(self, request: ChildRequest, wrap: Callable[[RunId], T]) -> Call[T]:
        """Trigger a child without waiting for it; `wrap` makes the handle from its id, after the commit."""
        return children.trigger(self, request, wrap)

    def trigger_and_wait(self, request: ChildRequest) -> Call[Ok[Any] | Failed]:
        """Trigger a child and wait for its end."""
        return children.trigger_and_wait(self, request)

    def batch_trigger(
        self, requests: Sequence[ChildRequest], wrap: Callable[[BatchId, list[RunId]], T], *, key: str | None = None
    ) -> Call[T]:
        """Trigger children together without waiting; `wrap` makes the handle from the batch's and the runs' ids."""
        return children.batch_trigger(self, requests, wrap, key=key)

    def batch_trigger_and_wait(
        self, requests: Sequence[ChildRequest], *, key: str | None, into: Callable[[list[Ok[Any] | Failed]], T]
    ) -> Call[T]:
        """Trigger children together and wait for all of them; results in the order of the requests, in `into`."""
        return children.batch_trigger_and_wait(self, requests, key=key, into=into)

    def wait_for_run(self, run_id: RunId, decode: Callable[[str], Any]) -> Call[Ok[Any] | Failed]:
        """Wait for a run that is not (or not known to be) a child: `handle.result()` inside a body."""
        return children.wait_for_run(self, run_id, decode)

    # --- what the engine answers; on the loop

    def acknowledge(self, entries: Sequence[NewEntry], resolved: Sequence[Entry]) -> None:
        """Entries of a report are on disk; those in `resolved` are final already, or found to be another's."""
        found = {entry.key: entry for entry in resolved}
        newest = [found.pop(new.entry.key, new.entry) for new in entries]
        for entry in (*newest, *found.values()):
            self.resolve(entry)

    def resolve(self, entry: Entry) -> None:
        """An entry is on disk, and perhaps final."""
        if entry.status is EntryStatus.PENDING:
            # News of its end may overtake the answer that it is on disk: then it is pending no more.
            if entry.key in self.calls:
                self.journal[entry.key] = entry
                self.calls[entry.key].recorded(entry)
            return
        self.journal[entry.key] = entry
        # What was given up may be asked for again before the answer comes: by another call, which goes on.
        call = None if entry.status is EntryStatus.FORGOTTEN else self.calls.pop(entry.key, None)
        if call is not None:
            if not call.on_engine:
                self.busy -= 1
            call.settle(entry)
        elif entry.kind is EntryKind.MESSAGE and entry.status is EntryStatus.DONE:
            put_back(self, entry)
        self.host.changed(self)

    def give_up(self, call: Call[Any], error: BaseException) -> None:
        """A call ends without a record: its step was canceled, or the engine refused it."""
        if self.calls.pop(call.key, None) is not None and not call.on_engine:
            self.busy -= 1
        call.fail(error)
        self.host.changed(self)

    # --- who waits; on the loop

    def make_waiter(self, call: Call[Any]) -> asyncio.Future[None]:
        """Something to await until `call` is done."""
        if self.stop is not None or self.ended:
            self.raise_stopped()
        if get_ident() != self.host.thread_id:
            raise NotDurableHere("a durable call was awaited on another thread: in a def task use call.result()")
        if not call.on_engine:
            return self.host.loop.create_future()
        self.waits += 1
        self.host.changed(self)
        return EngineWait(loop=self.host.loop)

    def release(
        self, call: Call[Any], waiters: Sequence[asyncio.Future[None] | ThreadWait], *, wake: bool = True
    ) -> None:
        """These waiters no longer wait for the engine; `wake` them if the call is done."""
        if call.on_engine:
            self.waits -= len(waiters)
            self.busy += sum(type(waiter) is ThreadWait for waiter in waiters)
        if wake:
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def until_executing(self) -> None:
        """Wait for the run's slot, which it gave up while it waited."""
        if self.waiting:
            self.gates.append(self.host.loop.create_future())
            await self.gates[-1]

    def go_on(self) -> None:
        """The run executes again."""
        self.waiting = False
        gates, self.gates = self.gates, []
        for gate in gates:
            if not gate.done():
                gate.set_result(None)

    def waiting_keys(self, *, patient: bool = True) -> tuple[str, ...]:
        """What the body waits for, or nothing if some of it still works; not `patient`: work of its own (its I/O,
        its timers, which are not recorded) does not count."""
        if self.waits == 0 or self.busy or self.stop is not None or self.ended or (patient and not is_quiet(self)):
            return ()
        keys = tuple(key for key, call in self.calls.items() if call.on_engine and call.watched)
        if keys and self.suspension is not None and not self.suspension.announced(keys):
            return ()
        return keys

    # --- stopping; on the loop

    def register(self, task: asyncio.Task[Any]) -> None:
        """Remember an asyncio task of the body, to end with it."""
        if self.tasks is None:
            self.tasks = set()
        self.tasks.add(task)
        task.add_done_callback(self._forget_task)

    def _forget_task(self, task: asyncio.Task[Any]) -> None:
        assert self.tasks is not None
        self.tasks.discard(task)
        if (self.stop is not None or self.ended) and not task.cancelled():
            # Nobody will ask for what it raised while it was being stopped.
            task.exception()
        if self.waits:
            self.host.changed(self)

    def unwind(self, stop: Stopping) -> None:
        """Stop the body: cancel its root and every asyncio task it made; a waiting thread wakes."""
        self.stop = stop
        if self.root is not None:
            self.root.cancel()
        for task in tuple(self.tasks or ()):
            task.cancel()
        if self.thread_wait is not None and not self.thread_wait.done():
            self.thread_wait.set_result(None)

    def raise_if_evicted(self) -> None:
        """Inside a canceled await: turn an eviction's cancel into `Evicted`."""
        if self.stop is not None and self.stop.is_eviction:
            raise self.stop.error() from None

    def raise_stopped(self) -> NoReturn:
        """A durable call after the end of the execution."""
        raise (self.stop or Stopping.CANCEL).error()
