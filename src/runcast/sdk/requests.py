"""Triggers on their way: to the run that is executing here, else through the door of this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.ids import BatchId, RunId
from runcast.domain.limits import BATCH_RUNS_MAX
from runcast.domain.run import NewRun
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_door, current_environment
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.execution import current_execution
from runcast.sdk.fresh_ids import fresh_id, fresh_ids
from runcast.sdk.handle import BatchHandle, FindDoor, RunHandle, to_result
from runcast.sdk.options import NO_OPTIONS
from runcast.sdk.result import Failed, Ok
from runcast.sdk.spans import callers_span
from runcast.sdk.subscription import Subscription

Results = TypeVar("Results")


def trigger(request: ChildRequest) -> Call[RunHandle[Any]]:
    """Trigger; the call ends with a handle when the run is on disk."""
    execution = current_execution()
    if execution is None:
        return trigger_through(current_door, request)
    return execution.trigger(request, lambda id: handle_of(id, request))


def trigger_and_wait(request: ChildRequest) -> Call[Ok[Any] | Failed]:
    """Trigger and wait for the end."""
    execution = current_execution()
    if execution is not None:
        return execution.trigger_and_wait(request)
    started = trigger(request)

    async def ask(gateway: ClientGateway) -> Ok[Any] | Failed:
        handle = await started
        (end,) = await gateway.ends([handle.id])
        return to_result(end, request.decode)

    return current_door().wait(ask)


def trigger_and_follow(request: ChildRequest) -> Subscription[Any]:
    """Trigger and follow to the end. Iterating a second time follows the same run."""
    return Subscription(trigger(request), current_door(), request.decode)


def batch_trigger(requests: Sequence[ChildRequest], *, key: str | None = None) -> Call[BatchHandle[Any]]:
    """Trigger many in one transaction."""
    execution = current_execution()
    if execution is None:
        return batch_through(current_door, requests)
    return execution.batch_trigger(requests, lambda id, run_ids: _batch_of(id, run_ids, requests), key=key)


def batch_trigger_and_wait(
    requests: Sequence[ChildRequest],
    *,
    key: str | None = None,
    into: Callable[[list[Ok[Any] | Failed]], Results] = list,  # type: ignore[assignment]
) -> Call[Results]:
    """Trigger many and wait for all; the results come as `into` makes of them."""
    execution = current_execution()
    if execution is not None:
        return execution.batch_trigger_and_wait(requests, key=key, into=into)
    started = batch_trigger(requests)

    async def ask(gateway: ClientGateway) -> Results:
        return into(await (await started).collect(gateway))

    return current_door().wait(ask)


# --- through a door ---------------------------------------------------------------------------------------------


def trigger_through(find_door: FindDoor, request: ChildRequest) -> Call[RunHandle[Any]]:
    """Trigger through a door, whatever executes here. A connection that breaks meanwhile does no harm."""
    new = new_run(request)

    async def ask(gateway: ClientGateway) -> RunHandle[Any]:
        (triggered,) = await gateway.trigger([new])
        return handle_of(triggered.id, request, find_door=find_door, cached=triggered.cached)

    async def again(gateway: ClientGateway) -> RunHandle[Any]:
        if await gateway.find_run(new.id) is None:
            return await ask(gateway)
        return handle_of(new.id, request, find_door=find_door)

    return find_door().call(ask, again=again)


def batch_through(find_door: FindDoor, requests: Sequence[ChildRequest]) -> Call[BatchHandle[Any]]:
    """Trigger many through a door, whatever executes here. A connection that breaks meanwhile does no harm."""
    batch_id, news = new_batch(requests)

    async def ask(gateway: ClientGateway) -> BatchHandle[Any]:
        triggered = await gateway.trigger(news)
        return _batch_of(batch_id, [one.id for one in triggered], requests, find_door=find_door)

    async def again(gateway: ClientGateway) -> BatchHandle[Any]:
        stored = {run.batch_position: run.id for run in await gateway.members(batch_id)}
        # All or none were stored, but for those whose idempotency key named an older run: ask for these again.
        rest = [new for new in news if new.batch_position not in stored]
        named = await gateway.trigger(rest) if rest else []
        stored.update((new.batch_position, one.id) for new, one in zip(rest, named, strict=True))
        return _batch_of(batch_id, [stored[new.batch_position] for new in news], requests, find_door=find_door)

    return find_door().call(ask, again=again)


def new_run(
    request: ChildRequest, run_id: str | None = None, *, batch_id: str | None = None, batch_position: int = 0
) -> NewRun:
    """A root run as the engine is asked to store it. Every idempotency key is global outside of a run."""
    run_id = run_id or fresh_id("run")
    options = request.options
    if options is NO_OPTIONS:
        return NewRun(
            RunId(run_id), request.task, request.payload, batch_id=batch_id, batch_position=batch_position,
            traceparent=callers_span(), environment=current_environment(),
        )  # fmt: skip
    return NewRun(
        RunId(run_id),
        request.task,
        request.payload,
        queue=options.queue,
        concurrency_key=options.concurrency_key,
        delay_ms=options.delay_ms,
        start_at=options.start_at,
        ttl_ms=options.ttl_ms,
        priority_ms=options.priority_ms,
        idempotency_key=options.idempotency_key,
        idempotency_ttl_ms=options.idempotency_ttl_ms,
        tags=options.tags,
        metadata=options.metadata,
        max_attempts=options.max_attempts,
        max_duration_ms=options.max_duration_ms,
        debounce=options.debounce,
        machine=options.machine,
        batch_id=batch_id,
        batch_position=batch_position,
        traceparent=callers_span(),
        environment=current_environment(),
    )


def new_batch(requests: Sequence[ChildRequest]) -> tuple[BatchId, list[NewRun]]:
    """The runs of a batch, with the id that they share."""
    if not requests:
        raise InvalidInput("a batch needs at least one run")
    if len(requests) > BATCH_RUNS_MAX:
        raise ValueTooLarge(f"a batch has at most {BATCH_RUNS_MAX:,} runs, got {len(requests):,}")
    batch_id = BatchId(fresh_id("batch"))
    ids = fresh_ids("run", len(requests))
    return batch_id, [
        new_run(request, run_id, batch_id=batch_id, batch_position=position)
        for position, (request, run_id) in enumerate(zip(requests, ids, strict=True))
    ]


def handle_of(
    run_id: RunId, request: ChildRequest, *, find_door: FindDoor = current_door, cached: bool = False
) -> RunHandle[Any]:
    """The handle of a run that was triggered."""
    return RunHandle(run_id, door=find_door, decode=request.decode, cached=cached)


def _batch_of(
    batch_id: BatchId, run_ids: Sequence[RunId], requests: Sequence[ChildRequest], *, find_door: FindDoor = current_door
) -> BatchHandle[Any]:
    return BatchHandle(batch_id, run_ids, [request.decode for request in requests], door=find_door)
