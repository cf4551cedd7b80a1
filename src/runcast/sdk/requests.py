"""Triggers on their way: to the run that is executing here, else through the door of this process."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from runcast.domain.errors import InvalidInput, ValueTooLarge
from runcast.domain.ids import CHANCE_BITS, BatchId, RunId, make_id
from runcast.domain.limits import BATCH_RUNS_MAX
from runcast.domain.run import NewRun
from runcast.gateway import ClientGateway
from runcast.sdk.ambient import current_door
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.doors import Door
from runcast.sdk.execution import current_execution
from runcast.sdk.follow import follow_one
from runcast.sdk.handle import BatchHandle, FindDoor, RunHandle, to_result
from runcast.sdk.outside import Following
from runcast.sdk.result import Failed, Ok
from runcast.sdk.snapshot import RunSnapshot

ENVIRONMENT = "dev"


def fresh_id(prefix: str) -> str:
    """A new id, sortable by the time of this machine."""
    return make_id(prefix, at_ms=time.time_ns() // 1_000_000, chance=secrets.randbits(CHANCE_BITS))


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
        return to_result(await gateway.result(handle.id), request.decode)

    return current_door().wait(ask)


def trigger_and_follow(request: ChildRequest) -> Following[RunSnapshot[Any]]:
    """Trigger and follow to the end. Iterating a second time follows the same run."""
    started = trigger(request)
    door = current_door()

    async def follow(gateway: ClientGateway) -> AsyncGenerator[RunSnapshot[Any], None]:
        handle = await started
        async with aclosing(follow_one(handle.id, request.decode).updates(gateway)) as updates:
            async for update in updates:
                yield update

    return door.follow(lambda: follow)


def batch_trigger(requests: Sequence[ChildRequest], *, key: str | None = None) -> Call[BatchHandle[Any]]:
    """Trigger many in one transaction."""
    execution = current_execution()
    if execution is None:
        return batch_through(current_door, requests)
    return execution.batch_trigger(requests, lambda id, run_ids: _batch_of(id, run_ids, requests), key=key)


def batch_trigger_and_wait(requests: Sequence[ChildRequest], *, key: str | None = None) -> Call[list[Ok[Any] | Failed]]:
    """Trigger many and wait for all."""
    execution = current_execution()
    if execution is not None:
        return execution.batch_trigger_and_wait(requests, key=key)
    started = batch_trigger(requests)

    async def ask(gateway: ClientGateway) -> list[Ok[Any] | Failed]:
        return await (await started).collect(gateway)

    return current_door().wait(ask)


# --- through a door ---------------------------------------------------------------------------------------------


def trigger_through(find_door: FindDoor, request: ChildRequest) -> Call[RunHandle[Any]]:
    """Trigger through a door, whatever executes here."""
    new = new_run(request)

    async def ask(gateway: ClientGateway) -> RunHandle[Any]:
        (triggered,) = await gateway.trigger([new])
        return handle_of(triggered.id, request, find_door=find_door, cached=triggered.cached)

    door: Door = find_door()
    return door.call(ask)


def batch_through(find_door: FindDoor, requests: Sequence[ChildRequest]) -> Call[BatchHandle[Any]]:
    """Trigger many through a door, whatever executes here."""
    batch_id, news = new_batch(requests)

    async def ask(gateway: ClientGateway) -> BatchHandle[Any]:
        triggered = await gateway.trigger(news)
        return _batch_of(batch_id, [one.id for one in triggered], requests, find_door=find_door)

    door: Door = find_door()
    return door.call(ask)


def new_run(request: ChildRequest, *, batch_id: str | None = None, batch_position: int = 0) -> NewRun:
    """A root run as the engine is asked to store it. Every idempotency key is global outside of a run."""
    options = request.options
    return NewRun(
        RunId(fresh_id("run")),
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
        batch_id=batch_id,
        batch_position=batch_position,
        environment=ENVIRONMENT,
    )


def new_batch(requests: Sequence[ChildRequest]) -> tuple[BatchId, list[NewRun]]:
    """The runs of a batch, with the id that they share."""
    if not requests:
        raise InvalidInput("a batch needs at least one run")
    if len(requests) > BATCH_RUNS_MAX:
        raise ValueTooLarge(f"a batch has at most {BATCH_RUNS_MAX:,} runs, got {len(requests):,}")
    batch_id = BatchId(fresh_id("batch"))
    return batch_id, [new_run(one, batch_id=batch_id, batch_position=at) for at, one in enumerate(requests)]


def handle_of(
    run_id: RunId, request: ChildRequest, *, find_door: FindDoor = current_door, cached: bool = False
) -> RunHandle[Any]:
    """The handle of a run that was triggered."""
    return RunHandle(run_id, door=find_door, decode=request.decode, cached=cached)


def _batch_of(
    batch_id: BatchId, run_ids: Sequence[RunId], requests: Sequence[ChildRequest], *, find_door: FindDoor = current_door
) -> BatchHandle[Any]:
    handles = [handle_of(id, one, find_door=find_door) for id, one in zip(run_ids, requests, strict=True)]
    return BatchHandle(batch_id, handles, door=find_door)
