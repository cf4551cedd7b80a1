"""Runs as rows of the realtime feed: every value a text or null, times without a zone, lists as PostgreSQL writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from runcast.api.packets import PacketType, write_packet
from runcast.api.times import naive
from runcast.domain.errors import ErrorInfo
from runcast.domain.origin import read_origin
from runcast.domain.run import Run, RunStatus
from runcast.store.blobs import is_blob

Row = dict[str, str | None]
_TEXT, _TIME, _TEXTS = {"type": "text"}, {"type": "timestamp"}, {"type": "text", "dims": 1}
_TYPES = {
    **dict.fromkeys(("id", "taskIdentifier", "friendlyId", "status"), _TEXT),
    **dict.fromkeys(
        ("createdAt", "updatedAt", "startedAt", "delayUntil", "queuedAt", "expiredAt", "completedAt"), _TIME
    ),
    "isTest": {"type": "bool"},
    "usageDurationMs": {"type": "int4"},
    "costInCents": {"type": "float8"},
    "baseCostInCents": {"type": "float8"},
    **dict.fromkeys(("ttl", "payload", "payloadType", "metadata", "metadataType", "output", "outputType"), _TEXT),
    "runTags": _TEXTS,
    "error": {"type": "jsonb"},
    "realtimeStreams": _TEXTS,
    "idempotencyKey": _TEXT,
}
SCHEMA = msgspec.json.encode(_TYPES).decode()
"""The header `electric-schema`: how clients read the texts."""
KEPT = frozenset({"id", "taskIdentifier", "friendlyId", "status", "createdAt", "updatedAt"})
"""Columns that nobody can skip: clients fail without them."""
UP_TO_DATE = b'{"headers":{"control":"up-to-date"}}'
MUST_REFETCH = b'[{"headers":{"control":"must-refetch"}}]'
_STATUS = {
    RunStatus.QUEUED: "PENDING",
    RunStatus.WAITING: "WAITING_TO_RESUME",
    RunStatus.COMPLETED: "COMPLETED_SUCCESSFULLY",
    RunStatus.FAILED: "COMPLETED_WITH_ERRORS",
}
_HELD_BACK = frozenset({RunStatus.DELAYED, RunStatus.PENDING_VERSION})


def encode_row(
    run: Run,
    *,
    updated_at: int,
    operation: str,
    streams: Sequence[str] | None,
    skip: Iterable[str] = (),
) -> bytes:
    """The message of a row. `streams`: None leaves them as the client knows them."""
    row = to_row(run, updated_at=updated_at)
    if streams is not None:
        row["realtimeStreams"] = array(streams)
    for column in skip:
        if column not in KEPT:
            row.pop(column, None)
    return msgspec.json.encode({"key": run.id, "value": row, "headers": {"operation": operation}})


def to_row(run: Run, *, updated_at: int) -> Row:
    """All columns but the streams."""
    status, origin = run.shown, read_origin(run.origin)
    payload, payload_type = _packet(run, "payload", run.payload, origin.payload_meta)
    output, output_type = (None, PacketType.JSON) if run.output is None else _packet(run, "output", run.output)
    delayed = status is RunStatus.DELAYED
    return {
        "id": run.id,
        "friendlyId": run.id,
        "taskIdentifier": run.task,
        "status": _STATUS.get(status, status.value),
        "createdAt": naive(run.created_at),
        "updatedAt": naive(updated_at),
        "startedAt": _naive(run.started_at),
        "delayUntil": naive(run.available_at) if delayed else None,
        "queuedAt": None if status in _HELD_BACK else naive(_queued_at(run)),
        "expiredAt": _naive(run.finished_at) if status is RunStatus.EXPIRED else None,
        "completedAt": _naive(run.finished_at),
        "isTest": "t" if origin.is_test else "f",
        "usageDurationMs": str(run.executing_ms),
        "costInCents": "0",
        "baseCostInCents": "0",
        "ttl": origin.ttl,
        "payload": payload,
        "payloadType": payload_type,
        "metadata": run.metadata,
        "metadataType": PacketType.JSON,
        "output": output,
        "outputType": output_type,
        "runTags": array(run.tags),
        "error": None if run.error is None else encode_error(run.error),
        "idempotencyKey": origin.idempotency_key or run.idempotency_key,
    }


def encode_error(error: ErrorInfo) -> str:
    """As clients expect an error that a task raised."""
    said = {
        "type": "BUILT_IN_ERROR",
        "name": error.name,
        "message": error.user_message or error.message,
        "stackTrace": error.stack,
    }
    return msgspec.json.encode(said).decode()


def array(texts: Iterable[str]) -> str:
    r"""A list of texts as PostgreSQL writes it.

    >>> array(["a", 'b"c'])
    '{"a","b\\"c"}'
    """
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def stored_path(run_id: str, part: str) -> str:
    """Where clients fetch a payload or an output that is too large for a row.

    >>> stored_path("run_1", "output")
    'runs/run_1/output'
    """
    return f"runs/{run_id}/{part}"


def last_known_change(run: Run) -> int:
    """When the run changed last, as far as its own times say."""
    return max(run.created_at, run.started_at or 0, run.finished_at or 0)


def _packet(run: Run, part: str, value: str, meta: str | None = None) -> tuple[str, PacketType]:
    if is_blob(value):
        return stored_path(run.id, part), PacketType.STORE
    return write_packet(value, meta)


def _queued_at(run: Run) -> int:
    # Between two attempts `available_at` is that of the next one.
    return (
        run.created_at
        if run.attempt > 1
        else max(run.created_at, min(run.available_at, run.started_at or run.available_at))
    )


def _naive(ms: int | None) -> str | None:
    return None if ms is None else naive(ms)
