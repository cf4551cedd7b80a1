"""Durable waits: for a time, for a person or program. A run that waits holds no slot and no thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar, overload

import msgspec

from runcast.domain.errors import ErrorInfo, InvalidInput, NotDurableHere, WaitTimedOut
from runcast.domain.ids import derived_id
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry, NewWait
from runcast.sdk.ambient import page_url, public_url
from runcast.sdk.call import Call, PlainCall
from runcast.sdk.codec import codec_for, decode_json, digest, encode_json
from runcast.sdk.durations import Duration, duration_ms, instant_ms
from runcast.sdk.execution import Execution, current_execution
from runcast.sdk.options import check_key, parse_tags
from runcast.sdk.result import Failed, Ok

T = TypeVar("T")


class Token(msgspec.Struct, Generic[T], frozen=True):
    """A wait that somebody completes. `url` is where a person does; while `public_url` is not set, the command."""

    id: str
    url: str
    type: Any = Any
    """The annotation of the value."""


def for_(duration: Duration, *, key: str | None = None) -> Call[None]:
    """Sleep for `"2m"`, a `timedelta`, or seconds.

    >>> await wait.for_("2m")  # doctest: +SKIP
    """
    duration_in_ms = duration_ms(duration)
    execution = current_execution()
    if execution is None:
        return _plain_sleep(duration_in_ms / 1000)
    return sleep(execution, due_in_ms=duration_in_ms, key=key)


def until(when: datetime, *, refuse_past: bool = False, key: str | None = None) -> Call[None]:
    """Sleep until an aware `datetime`. One in the past does not sleep, or with `refuse_past` raises `InvalidInput`.

    Past is what it was when the body first came here: a sleep that was recorded is not refused when it is over.

    >>> await wait.until(datetime(2030, 1, 1, tzinfo=UTC), refuse_past=True)  # doctest: +SKIP
    """
    due_at = instant_ms(when)
    execution = current_execution()
    if execution is None:
        left_s = due_at / 1000 - time.time()
        if refuse_past and left_s < 0:
            raise _is_past(when)
        return _plain_sleep(max(0.0, left_s))
    return sleep(execution, due_at=due_at, key=key, refuses=_is_past(when) if refuse_past else None)


def _is_past(when: datetime) -> InvalidInput:
    return InvalidInput(f"wait.until({when.isoformat()}) is in the past: give a later time, or leave out refuse_past")


def sleep(
    execution: Execution,
    *,
    due_in_ms: int | None = None,
    due_at: int | None = None,
    key: str | None = None,
    name: str = "",
    refuses: InvalidInput | None = None,
) -> Call[None]:
    """A sleep as a durable call. A relative one starts to count with its record; `refuses` is raised for one that would
    be over before it is recorded."""
    call, prior = execution.open(EntryKind.SLEEP, name, read=_read_nothing, on_engine=True, key=key)
    if prior is None:
        if refuses is not None and due_at is not None and due_at < execution.host.now_ms():
            raise refuses
        entry = _pending(execution, call.key, EntryKind.SLEEP, name=name, due_at=due_at)
        execution.begin(call, NewEntry(entry, due_in_ms=due_in_ms))
    return call


def create_token(
    type: type[T] = object,  # type: ignore[assignment]
    *,
    timeout: Duration | None = None,
    tags: str | Sequence[str] = (),
    idempotency_key: str | None = None,
    idempotency_ttl: Duration | None = None,
    question: str | None = None,
    key: str | None = None,
) -> Call[Token[T]]:
    """Create a wait that a person or program completes with a value of `type`; `timeout` ends it unanswered.

    `question` is what people are asked, wherever they are: `"Publish the post about otters?"`.

    Equal `idempotency_key`s mean the same wait, within `idempotency_ttl` of its creation.

    >>> approval = await wait.create_token(bool, timeout="7d")  # doctest: +SKIP
    """
    execution = _execution("wait.create_token")
    wait_timeout = None if timeout is None else duration_ms(timeout, name="timeout")
    call, prior = execution.open(EntryKind.CREATE, "", read=partial(_read_token, type), on_engine=False, key=key)
    if prior is None or prior.status is EntryStatus.FORGOTTEN:
        # After `Continue` the same key stands for another wait.
        generation = prior.generation if prior else 0
        wait = NewWait(
            derived_id("waitpoint", execution.run_id, f"{call.key}\0{generation}"),
            timeout_ms=wait_timeout,
            tags=parse_tags(tags),
            idempotency_key=check_key(idempotency_key, "idempotency_key"),
            schema=_schema_of(type),
            run_id=execution.run_id,
            environment=execution.assignment.environment,
            idempotency_ttl_ms=None
            if idempotency_ttl is None
            else duration_ms(idempotency_ttl, name="idempotency_ttl"),
            question=check_key(question, "question"),
        )
        entry = Entry(
            call.key,
            EntryKind.CREATE,
            code_version=execution.code_version,
            # Recorded: with another setting at a replay the arguments of a step that mailed it would be others.
            value=encode_json(public_url(), what="public_url"),
            awaits=wait.id,
            generation=generation,
            started_at=execution.host.now_ms(),
        )
        execution.begin(call, NewEntry(entry, wait=wait))
    return call


@overload
def for_token(token: Token[T], *, timeout: Duration | None = None, key: str | None = None) -> Call[Ok[T] | Failed]: ...
@overload
def for_token(
    token: str, type: type[T], *, timeout: Duration | None = None, key: str | None = None
) -> Call[Ok[T] | Failed]: ...
@overload
def for_token(token: str, *, timeout: Duration | None = None, key: str | None = None) -> Call[Ok[Any] | Failed]: ...
def for_token(
    token: Token[Any] | str, type: Any = Any, *, timeout: Duration | None = None, key: str | None = None
) -> Call[Ok[Any] | Failed]:
    """Wait until the token is completed; `.unwrap()` gives its value, or raises `WaitTimedOut`.

    `token` is a `Token`, or an id with the `type` of its value. `timeout` bounds this wait, not the token.
    """
    execution = _execution("wait.for_token")
    token_id, annotation = (token.id, token.type) if isinstance(token, Token) else (token, type)
    call: Call[Ok[Any] | Failed]
    call, prior = execution.open(
        EntryKind.TOKEN,
        "",
        read=partial(_read_completed, annotation),
        on_engine=True,
        key=key,
        digest=digest(token_id),
    )
    if prior is None or prior.status is EntryStatus.FORGOTTEN:
        entry = _pending(execution, call.key, EntryKind.TOKEN, awaits=token_id, digest="" if key else digest(token_id))
        due_in_ms = None if timeout is None else duration_ms(timeout, name="timeout")
        execution.begin(call, NewEntry(entry, due_in_ms=due_in_ms))
    return call


def _pending(execution: Execution, key: str, kind: EntryKind, **fields: Any) -> Entry:
    return Entry(
        key,
        kind,
        status=EntryStatus.PENDING,
        code_version=execution.code_version,
        started_at=execution.host.now_ms(),
        **fields,
    )


def _execution(what: str) -> Execution:
    execution = current_execution()
    if execution is None:
        raise NotDurableHere(f"{what} needs a run around it; outside of one use a Client")
    return execution


def _plain_sleep(seconds: float) -> Call[None]:
    return PlainCall(lambda: asyncio.sleep(seconds), lambda: time.sleep(seconds))


def _schema_of(annotation: Any) -> str | None:
    schema = codec_for(annotation).schema()
    return msgspec.json.encode(schema).decode() if schema else None


def _read_nothing(_entry: Entry) -> None:
    return None


def _read_token(annotation: Any, entry: Entry) -> Token[Any]:
    assert entry.awaits is not None
    base = decode_json(entry.value or '""')
    command = f"runcast waits complete {entry.awaits} JSON"
    return Token(entry.awaits, page_url(f"waits/{entry.awaits}", command=command, base=base), annotation)


def _read_completed(annotation: Any, entry: Entry) -> Ok[Any] | Failed:
    if entry.status is EntryStatus.DONE:
        return Ok(codec_for(annotation).decode(entry.value or "null", what=f"value of wait {entry.awaits}"))
    error = entry.error or ErrorInfo("runcast.domain.errors.WaitTimedOut", f"wait {entry.awaits} timed out")
    if error.code is None and error.type.endswith("WaitTimedOut"):
        error = msgspec.structs.replace(error, code=WaitTimedOut.code)
    return Failed(error, key=entry.key)
