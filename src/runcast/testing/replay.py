"""Executes a body over a recorded journal and does nothing else: no step, no child, no effect, no engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from random import Random
from threading import get_ident
from typing import Any, TypeVar

from runcast.domain.errors import Conflict
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.run import Run
from runcast.gateway import Assignment
from runcast.sdk.ambient import use_door
from runcast.sdk.call import Call
from runcast.sdk.execution import Execution
from runcast.sdk.factory import task_factory
from runcast.sdk.quiet import is_quiet
from runcast.sdk.scope import current_scope
from runcast.sdk.stopping import Stopping
from runcast.sdk.task import TaskDefinition
from runcast.testing.golden import Golden

T = TypeVar("T")
PATIENCE_S = 10.0
"""How long a body may do something of its own before the check gives it up."""
LOOK_EVERY_S = 0.002


class Replay(Execution):
    """A body over its journal. What the journal does not hold is asked for, and never comes."""

    __slots__ = ("asked", "changed", "fresh")

    def __init__(self, golden: Golden, host: Stage, code_version: str) -> None:
        super().__init__(_assignment(golden), host, code_version)
        self.asked: list[str] = []
        """Keys in the order in which the code asked for them."""
        self.fresh: list[str] = []
        """Those that nothing was recorded for."""
        self.changed: list[str] = []
        """Those that were recorded with other arguments, by other code: the record stands."""
        self.settled_unasked = True

    def key_of(self, kind: EntryKind, name: str, explicit: str | None = None) -> str:
        key = super().key_of(kind, name, explicit)
        self.asked.append(key)
        entry = self.journal.get(key)
        if entry is None or entry.status is EntryStatus.FORGOTTEN:
            self.fresh.append(key)
            if kind is not EntryKind.VALUE:
                self.journal[key] = Entry(key, kind, name, EntryStatus.PENDING)
        return key

    def _check_same(self, entry: Entry, kind: EntryKind, name: str, digest: str) -> None:
        super()._check_same(entry, kind, name, digest)
        if digest and entry.digest and digest != entry.digest:
            self.changed.append(entry.key)

    def _attach(self, call: Call[Any]) -> None:
        if self.journal[call.key].status is EntryStatus.PENDING:
            # Whatever it is, it never comes: the body waits as it would for the engine.
            call.on_engine = True
        super()._attach(call)

    def _record(self, new: NewEntry) -> None:
        """Nobody keeps it."""

    def _add_effect(self, effect: object) -> None:
        """Nobody keeps it."""


class Stage:
    """The host of one replay."""

    def __init__(self, golden: Golden) -> None:
        self.loop = asyncio.get_running_loop()
        self.thread_id = get_ident()
        self.random = Random(0)
        self._golden = golden
        self._spawned: set[asyncio.Task[None]] = set()

    def now_ms(self) -> int:
        run = self._golden.run
        return run.finished_at or run.created_at

    def changed(self, execution: Execution) -> None:
        """Nobody is told."""

    def spawn(self, work: Coroutine[Any, Any, None], /) -> None:
        context = copy_context()
        context.run(current_scope.set, None)
        task = self.loop.create_task(work, context=context)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)

    async def members(self, batch_id: str) -> Sequence[Run]:
        return self._golden.batches.get(batch_id, ())

    async def in_thread(self, work: Callable[[], T]) -> T:
        raise Conflict("a check executes no steps")


class _NoDoor:
    """There is no engine: what a body asks of one beside its durable calls is refused, and reaches no database."""

    def call(self, ask: Any, *, again: Any = None) -> Any:
        raise Conflict("a check of journals has no engine: it follows only what the journal records")

    def wait(self, ask: Any) -> Any:
        return self.call(ask)

    def follow(self, begin: Any) -> Any:
        return self.call(begin)

    async def close(self) -> None:
        """Nothing is open."""


class Replayed:
    """How a replay came out."""

    def __init__(self, execution: Replay) -> None:
        self.execution = execution
        self.output: str | None = None
        self.error: BaseException | None = None
        self.ended = False
        """The body came to its end, by a value or an error."""


async def replay(golden: Golden, task: TaskDefinition[..., Any]) -> Replayed:
    """Execute the body of `task` over a journal until it ends, or waits for what was not recorded."""
    loop = asyncio.get_running_loop()
    factory_before = loop.get_task_factory()
    loop.set_task_factory(task_factory)
    door_before = use_door(_NoDoor())
    try:
        found = Replayed(Replay(golden, Stage(golden), task.code_version))
        await _play(found, task)
        return found
    finally:
        use_door(door_before)
        loop.set_task_factory(factory_before)


async def _play(found: Replayed, task: TaskDefinition[..., Any]) -> None:
    execution = found.execution
    loop = execution.host.loop
    context = copy_context()
    context.run(current_scope.set, execution.scope)
    ending: asyncio.Future[Any]
    if task.is_async:
        execution.root = ending = loop.create_task(_body(found, task), context=context)
    else:
        execution.threaded = True
        ending = loop.run_in_executor(None, lambda: context.run(_body_on_thread, found, task))
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not ending.done() and not _rests(execution):  # noqa: ASYNC110 - nobody tells that a body rests
                await asyncio.sleep(LOOK_EVERY_S)
    finally:
        if not ending.done() and execution.stop is None:
            execution.unwind(Stopping.EVICT)
        # A thread that does something of its own cannot be stopped.
        await asyncio.wait([ending], timeout=PATIENCE_S)
        execution.ended = True
        for left in tuple(execution.tasks or ()):
            left.cancel()


def _rests(execution: Replay) -> bool:
    if execution.threaded:
        blocked = execution.thread_wait
        return blocked is not None and not blocked.done()
    return execution.waits > 0 and is_quiet(execution)


async def _body(found: Replayed, task: TaskDefinition[..., Any]) -> None:
    try:
        args, kwargs = task.decode_payload(found.execution.assignment.payload)
        found.output = task.encode_output(await task.fn(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - however it ends is what was asked
        _failed(found, error)
    else:
        found.ended = found.execution.stop is None


def _body_on_thread(found: Replayed, task: TaskDefinition[..., Any]) -> None:
    found.execution.thread_id = get_ident()
    try:
        args, kwargs = task.decode_payload(found.execution.assignment.payload)
        found.output = task.encode_output(task.fn(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 - however it ends is what was asked
        _failed(found, error)
    else:
        found.ended = found.execution.stop is None


def _failed(found: Replayed, error: BaseException) -> None:
    if found.execution.stop is None:
        found.ended, found.error = True, error


def _assignment(golden: Golden) -> Assignment:
    run = golden.run
    return Assignment(
        run.id,
        run.task,
        run.payload,
        attempt=run.attempt,
        epoch=1,
        journal=golden.journal,
        metadata=run.metadata,
        tags=run.tags,
        queue=run.queue,
        concurrency_key=run.concurrency_key,
        max_attempts=run.max_attempts,
        created_at=run.created_at,
        parent_id=run.parent_id,
        root_id=run.root_id,
        depth=run.depth,
        batch_id=run.batch_id,
        idempotency_key=run.idempotency_key,
        environment=run.environment,
    )
