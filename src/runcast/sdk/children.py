"""Child runs: entries of the parent's journal that create runs in the same transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from runcast.domain.errors import ErrorInfo, InvalidInput, RuncastError, ValueTooLarge
from runcast.domain.ids import BatchId, RunId, child_run_id, derived_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.limits import BATCH_RUNS_MAX
from runcast.domain.run import NewRun, Run, RunStatus
from runcast.sdk.ambient import current_door
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.codec import digest
from runcast.sdk.result import Failed, Ok

if TYPE_CHECKING:
    from runcast.sdk.execution import Execution

T = TypeVar("T")
log = logging.getLogger("runcast")
UNKNOWN_ERROR = ErrorInfo(type="runcast.domain.errors.RuncastError", message="it ended without an error")


class ChildCall(Call[T]):
    """A call whose end is that of child runs."""

    __slots__ = ("_unwanted",)
    _unwanted: bool

    def _give_up(self) -> None:
        """Cancel the children, now or when they are on disk."""
        self._unwanted = True
        entry = self._execution.journal.get(self.key)
        if entry is not None and entry.status is EntryStatus.PENDING:
            self.recorded(entry)

    def recorded(self, entry: Entry) -> None:
        if not self.done and getattr(self, "_unwanted", False):
            self._execution.host.spawn(self._cancel_children(entry.awaits or ""))

    async def _cancel_children(self, awaited: str) -> None:
        try:
            ids = await self._children(awaited)
            await current_door().call(lambda gateway: gateway.cancel(ids))
        except RuncastError as error:
            log.warning("%s goes on although nobody wants it: %s", awaited, error)

    async def _children(self, awaited: str) -> list[RunId]:
        return [RunId(awaited)]


def trigger(execution: Execution, request: ChildRequest, wrap: Callable[[RunId], T]) -> Call[T]:
    """A child that nobody waits for: the call is done with the commit."""
    read = partial(_read_handle, wrap)
    call, prior = _open(execution, EntryKind.TRIGGER, request, read, on_engine=False)
    if _is_fresh(prior):
        execution.begin(call, _child_entry(execution, EntryKind.TRIGGER, call.key, request, prior))
    return call


def trigger_and_wait(execution: Execution, request: ChildRequest) -> Call[Ok[Any] | Failed]:
    """A child that the body waits for."""
    read = partial(read_result, request.decode)
    call, prior = _open(execution, EntryKind.CHILD, request, read, on_engine=True, call_type=ChildCall)
    if _is_fresh(prior):
        execution.begin(call, _child_entry(execution, EntryKind.CHILD, call.key, request, prior))
    return call


def wait_for_run(execution: Execution, run_id: RunId, decode: Callable[[str], Any]) -> Call[Ok[Any] | Failed]:
    """A run of somebody else, waited for."""
    return _wait_for(execution, run_id, partial(read_result, decode))


def wait_for_output(execution: Execution, run_id: RunId, decode: Callable[[str], T]) -> Call[T]:
    """Like `wait_for_run`, but the call ends with the output, or raises `TaskFailed`."""
    return _wait_for(execution, run_id, lambda entry: read_result(decode, entry).unwrap())


def _wait_for(execution: Execution, run_id: RunId, read: Callable[[Entry], T]) -> Call[T]:
    call, prior = execution.open(EntryKind.RESULT, "", read=read, on_engine=True, digest=digest(run_id))
    if _is_fresh(prior):
        entry = Entry(
            call.key,
            EntryKind.RESULT,
            status=EntryStatus.PENDING,
            digest=digest(run_id),
            code_version=execution.code_version,
            awaits=run_id,
        )
        execution.begin(call, NewEntry(entry))
    return call


def read_result(decode: Callable[[str], Any], entry: Entry) -> Ok[Any] | Failed:
    """A final entry of a child or wait as a result."""
    if entry.status is EntryStatus.DONE:
        return Ok(decode(entry.value or "null"), run_id=entry.awaits)
    error = entry.error or UNKNOWN_ERROR
    return Failed(error, run_id=entry.awaits, status=_status_of(error), key=entry.key)


def _status_of(error: ErrorInfo) -> str:
    return error.code.upper() if error.code and error.code.upper() in RunStatus.__members__ else RunStatus.FAILED


def _read_handle(wrap: Callable[[RunId], T], entry: Entry) -> T:
    assert entry.awaits is not None
    return wrap(RunId(entry.awaits))


def _open(
    execution: Execution,
    kind: EntryKind,
    request: ChildRequest,
    read: Callable[[Entry], T],
    *,
    on_engine: bool,
    call_type: type[Call[Any]] = Call,
) -> tuple[Call[T], Entry | None]:
    return execution.open(
        kind,
        request.task,
        read=read,
        on_engine=on_engine,
        key=request.options.key,
        digest=digest(request.payload),
        call_type=call_type,
    )


def _is_fresh(prior: Entry | None) -> bool:
    return prior is None or prior.status is EntryStatus.FORGOTTEN


def _child_entry(
    execution: Execution, kind: EntryKind, key: str, request: ChildRequest, prior: Entry | None
) -> NewEntry:
    generation = prior.generation if prior else 0
    child_id = child_run_id(execution.run_id, key, generation)
    entry = Entry(
        key,
        kind,
        request.task,
        EntryStatus.PENDING if kind is EntryKind.CHILD else EntryStatus.DONE,
        digest="" if request.options.key else digest(request.payload),
        code_version=execution.code_version,
        awaits=child_id,
        generation=generation,
        started_at=execution.host.now_ms(),
    )
    adopts = RunId(prior.awaits) if prior and prior.awaits else None
    return NewEntry(entry, children=(new_run(execution, request, child_id, key, generation=generation, adopts=adopts),))


def new_run(
    execution: Execution,
    request: ChildRequest,
    child_id: RunId,
    key: str,
    *,
    generation: int = 0,
    adopts: RunId | None = None,
    batch_id: str | None = None,
    batch_position: int = 0,
) -> NewRun:
    """The child as the engine is asked to store it."""
    options, parent = request.options, execution.assignment
    return NewRun(
        child_id,
        request.task,
        request.payload,
        queue=options.queue,
        concurrency_key=options.concurrency_key,
        delay_ms=options.delay_ms,
        start_at=options.start_at,
        ttl_ms=options.ttl_ms,
        priority_ms=options.priority_ms,
        idempotency_key=_scoped_idempotency_key(execution, request),
        idempotency_ttl_ms=options.idempotency_ttl_ms,
        tags=options.tags,
        metadata=options.metadata,
        max_attempts=options.max_attempts,
        max_duration_ms=options.max_duration_ms,
        debounce=options.debounce,
        machine=options.machine,
        parent_id=execution.run_id,
        parent_key=key,
        root_id=parent.root_id or execution.run_id,
        depth=parent.depth + 1,
        generation=generation,
        batch_id=batch_id,
        batch_position=batch_position,
        adopts=adopts,
        environment=parent.environment,
    )


def _scoped_idempotency_key(execution: Execution, request: ChildRequest) -> str | None:
    options = request.options
    if options.idempotency_key is None or options.idempotency_scope == "global":
        return options.idempotency_key
    attempt = f":{execution.assignment.attempt}" if options.idempotency_scope == "attempt" else ""
    return f"{execution.run_id}{attempt}:{options.idempotency_key}"


# --- batches ----------------------------------------------------------------------------------------------------


class BatchCall(ChildCall[T]):
    """A batch is done in two steps: the engine says that all are done, then the worker reads the members."""

    __slots__ = ("finish_from_members",)
    finish_from_members: Callable[[Sequence[Run]], T]

    def settle(self, entry: Entry) -> None:
        if self.done:
            return
        self.hand_over()
        self._execution.busy += 1
        self._execution.host.spawn(self._read_members(entry))

    async def _children(self, awaited: str) -> list[RunId]:
        return [member.id for member in await self._execution.host.members(awaited)]

    async def _read_members(self, entry: Entry) -> None:
        execution = self._execution
        try:
            value = self.finish_from_members(await execution.host.members(entry.awaits or ""))
        except Exception as error:  # noqa: BLE001 - an output that no longer fits its type, or a lost session
            execution.busy -= 1
            self.fail(error)
        else:
            execution.busy -= 1
            self.finish(value)
        execution.host.changed(execution)


def batch_trigger(
    execution: Execution,
    requests: Sequence[ChildRequest],
    wrap: Callable[[BatchId, list[RunId]], T],
    *,
    key: str | None,
) -> Call[T]:
    """Children that nobody waits for, in one transaction."""
    call, prior = _open_batch(execution, requests, key, on_engine=False)
    new = _batch_entry(execution, call.key, requests, prior, key_given=key is not None, on_engine=False)
    batch_id = BatchId((new.entry if _is_fresh(prior) else prior or new.entry).awaits or "")
    call.finish_from_members = lambda members: wrap(batch_id, [member.id for member in members])
    if _is_fresh(prior):
        execution.begin(call, new)
    return call


def batch_trigger_and_wait(
    execution: Execution,
    requests: Sequence[ChildRequest],
    *,
    key: str | None,
    into: Callable[[list[Ok[Any] | Failed]], T],
) -> Call[T]:
    """Children that the body waits for, all of them, in one transaction."""
    call, prior = _open_batch(execution, requests, key, on_engine=True)
    call.finish_from_members = lambda members: into(
        [_member_result(call.key, member, request.decode) for member, request in zip(members, requests, strict=True)]
    )
    if prior is None or (_is_fresh(prior) and prior.awaits is None):
        new = _batch_entry(execution, call.key, requests, prior, key_given=key is not None, on_engine=True)
        execution.begin(call, new)
    elif prior.status is EntryStatus.FORGOTTEN:
        execution.begin(call)
        execution.on_loop(_begin_retry, execution, call, prior, requests, key)
    return call


def _open_batch(
    execution: Execution, requests: Sequence[ChildRequest], key: str | None, *, on_engine: bool
) -> tuple[BatchCall[Any], Entry | None]:
    if not requests:
        raise InvalidInput("a batch needs at least one run")
    if len(requests) > BATCH_RUNS_MAX:
        raise ValueTooLarge(f"a batch has at most {BATCH_RUNS_MAX:,} runs, got {len(requests):,}")
    call, prior = execution.open(
        EntryKind.BATCH,
        _batch_name(requests),
        read=_read_nothing,
        on_engine=on_engine,
        key=key,
        digest=_batch_digest(requests),
        call_type=BatchCall,
    )
    assert isinstance(call, BatchCall)
    return call, prior


def _read_nothing(_entry: Entry) -> None:
    return None


def _batch_name(requests: Sequence[ChildRequest]) -> str:
    names = sorted({request.task for request in requests})
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _batch_digest(requests: Sequence[ChildRequest]) -> str:
    return digest("\0".join(f"{request.task}\0{request.payload}" for request in requests))


def _batch_id(execution: Execution, key: str, generation: int) -> str:
    return derived_id("batch", execution.run_id, f"{key}\0{generation}")


def _batch_entry(
    execution: Execution,
    key: str,
    requests: Sequence[ChildRequest],
    prior: Entry | None,
    *,
    key_given: bool,
    on_engine: bool,
    members: Sequence[Run] = (),
) -> NewEntry:
    """The entry with its runs. `members` of the batch before: those that completed are members of this one too,
    and the others are triggered again and adopt what was done."""
    generation = prior.generation if prior else 0
    former = {run.batch_position: run for run in members}
    done = {position: run.id for position, run in former.items() if run.status is RunStatus.COMPLETED}
    batch_id = _batch_id(execution, key, generation)
    children = tuple(
        new_run(
            execution,
            request,
            done.get(position) or child_run_id(execution.run_id, f"{key}\0{position}", generation),
            key,
            generation=generation,
            adopts=former[position].id if position in former else None,
            batch_id=batch_id,
            batch_position=position,
        )
        for position, request in enumerate(requests)
    )
    entry = Entry(
        key,
        EntryKind.BATCH,
        _batch_name(requests),
        EntryStatus.PENDING if on_engine else EntryStatus.DONE,
        digest="" if key_given else _batch_digest(requests),
        code_version=execution.code_version,
        awaits=batch_id,
        generation=generation,
        started_at=execution.host.now_ms(),
    )
    return NewEntry(entry, children=children)


def _begin_retry(
    execution: Execution, call: BatchCall[Any], prior: Entry, requests: Sequence[ChildRequest], key: str | None
) -> None:
    # From now on, not from its first step: until then the run would wait for an entry that nobody has asked for.
    execution.busy += 1
    execution.host.spawn(_retry_batch(execution, call, prior, requests, key))


async def _retry_batch(
    execution: Execution, call: BatchCall[Any], prior: Entry, requests: Sequence[ChildRequest], key: str | None
) -> None:
    """Trigger again what failed of a forgotten batch; what is done stays."""
    try:
        members = await execution.host.members(prior.awaits or "")
    except Exception as error:  # noqa: BLE001 - a lost session ends the execution, and this call with it
        execution.give_up(call, error)
        return
    finally:
        execution.busy -= 1
    new = _batch_entry(execution, call.key, requests, prior, key_given=key is not None, on_engine=True, members=members)
    execution.record(new)


def _member_result(key: str, member: Run, decode: Callable[[str], Any]) -> Ok[Any] | Failed:
    if member.status is RunStatus.COMPLETED:
        return Ok(decode(member.output or "null"), run_id=member.id)
    return Failed(member.error or UNKNOWN_ERROR, run_id=member.id, status=member.status, key=key)
