"""A run again: what a replay keeps of the first one, and what may be said differently."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from runcast.api.packets import PacketType, read_payload
from runcast.api.trigger import QueueOption, TriggerOptions, check_region, new_run
from runcast.domain.ids import RunId
from runcast.domain.origin import read_origin, write_origin
from runcast.domain.run import NewRun, Run
from runcast.engine.again import repeat
from runcast.sdk.fresh_ids import fresh_id


class ReplayBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is left out is as it was."""

    payload: Any | UnsetType = UNSET
    payload_type: str = msgspec.field(default=PacketType.JSON.value, name="payloadType")
    """`application/json`: `payload` is the value itself; `application/super+json`: it is the text of a packet."""
    metadata: dict[str, Any] | None = None
    tags: str | list[str] | None = None
    queue: str | None = None
    concurrency_key: str | int | float | None = msgspec.field(default=None, name="concurrencyKey")
    machine: str | None = None
    version: str | None = None
    """Accepted and ignored: a run is executed by whoever is there."""
    region: str | None = None
    delay: str | None = None
    ttl: str | int | None = None
    idempotency_key: str | None = msgspec.field(default=None, name="idempotencyKey")
    idempotency_ttl: str | None = msgspec.field(default=None, name="idempotencyKeyTTL")
    max_attempts: int | None = msgspec.field(default=None, name="maxAttempts")
    max_duration_s: float | None = msgspec.field(default=None, name="maxDuration")
    priority: float | None = None


def replayed(run: Run, body: ReplayBody) -> NewRun:
    """The new run. Raises `InvalidInput`, naming the option."""
    again, before = repeat(run, RunId(fresh_id("run"))), read_origin(run.origin)
    given = _given(run, body)
    origin = replace(
        read_origin(given.origin),
        is_test=before.is_test,
        replayed=run.id,
        region=check_region(body.region) or before.region,
        metadata=before.metadata if body.metadata is None else given.metadata,
        payload_meta=before.payload_meta,
    )
    payload = run.payload
    if body.payload is not UNSET:
        payload, meta = _read(body)
        origin = replace(origin, payload_meta=meta)
    return replace(
        again,
        payload=payload,
        origin=write_origin(origin),
        queue=again.queue if body.queue is None else given.queue,
        concurrency_key=again.concurrency_key if body.concurrency_key is None else given.concurrency_key,
        tags=again.tags if body.tags is None else given.tags,
        metadata=again.metadata if body.metadata is None else given.metadata,
        machine=given.machine or again.machine,
        delay_ms=given.delay_ms,
        start_at=given.start_at,
        ttl_ms=given.ttl_ms,
        idempotency_key=given.idempotency_key,
        idempotency_ttl_ms=given.idempotency_ttl_ms,
        max_attempts=given.max_attempts or again.max_attempts,
        max_duration_ms=again.max_duration_ms if given.max_duration_ms is None else given.max_duration_ms,
        priority_ms=again.priority_ms if body.priority is None else given.priority_ms,
    )


def _given(run: Run, body: ReplayBody) -> NewRun:
    """What the body says, as a trigger would say it."""
    options = TriggerOptions(
        queue=None if body.queue is None else QueueOption(body.queue),
        concurrency_key=body.concurrency_key,
        delay=body.delay,
        ttl=body.ttl,
        idempotency_key=body.idempotency_key,
        idempotency_ttl=body.idempotency_ttl,
        max_attempts=body.max_attempts,
        max_duration_s=body.max_duration_s,
        machine=body.machine,
        priority=body.priority or 0,
        tags=body.tags,
        metadata=body.metadata,
    )
    return new_run(run.task, UNSET, options, environment=run.environment)


def _read(body: ReplayBody) -> tuple[str, str | None]:
    # With `application/json` the payload is the value itself, also where it is a string.
    return read_payload(body.payload, None if body.payload_type == PacketType.JSON else body.payload_type)
