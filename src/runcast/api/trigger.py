"""What a trigger's body says, as the engine is asked for it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.packets import read_payload
from runcast.domain.durations import duration_ms
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.limits import PRIORITY_S_MAX
from runcast.domain.origin import Origin, write_origin
from runcast.domain.run import Debounce, NewRun
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.options import check_attempts, check_key, check_label, metadata_json, parse_tags

IDEMPOTENCY_MS = 30 * 86_400_000
"""How long an idempotency key holds that names no time."""
REGION_CHARS_MAX = 128
_TTL = re.compile(r"\d+[smhd]")
_HOURS = re.compile(r"(?<=\d)hr\b")


class QueueOption(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which queue, instead of the task's own."""

    name: str
    concurrency_limit: int | None = None
    """Accepted and ignored: a queue's limit is the queue's."""


class DebounceOption(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Triggers of this key push the run instead of making another."""

    key: str
    delay: str
    mode: str = "leading"
    """`leading` keeps the first trigger's data, `trailing` takes the last one's."""
    max_delay: str | None = None


class KeyOption(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The idempotency key before it was hashed."""

    key: str | list[str] = ""
    scope: str = ""


class TriggerOptions(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What may be said beside the payload."""

    payload_type: str | None = msgspec.field(default=None, name="payloadType")
    """How a string payload is read: `application/json`, `application/super+json`, `text/plain`, `application/store`."""
    queue: QueueOption | None = None
    concurrency_key: str | int | float | None = msgspec.field(default=None, name="concurrencyKey")
    delay: str | None = None
    """A duration such as `1h30m`, or a date."""
    ttl: str | int | None = None
    """A run that has not started by then expires: a duration or seconds; 0: never."""
    idempotency_key: str | None = msgspec.field(default=None, name="idempotencyKey")
    idempotency_ttl: str | None = msgspec.field(default=None, name="idempotencyKeyTTL")
    idempotency_options: KeyOption | None = msgspec.field(default=None, name="idempotencyKeyOptions")
    max_attempts: int | None = msgspec.field(default=None, name="maxAttempts")
    max_duration_s: float | None = msgspec.field(default=None, name="maxDuration")
    """Seconds of executing time."""
    machine: str | None = None
    priority: float = 0
    """Seconds of head start in the queue."""
    tags: str | list[str] | None = None
    metadata: Any = None
    metadata_type: str | None = msgspec.field(default=None, name="metadataType")
    test: bool = False
    region: str | None = None
    debounce: DebounceOption | None = None
    parent_run_id: str | None = msgspec.field(default=None, name="parentRunId")


class TriggerBody(msgspec.Struct, frozen=True):
    """A trigger: a payload, and how to run it."""

    payload: Any | UnsetType = UNSET
    options: TriggerOptions | None = None
    check_payload: bool = msgspec.field(default=False, name="checkPayload")
    """Refuse a payload that cannot fit the schema which a worker has declared of the task; else its run fails."""


def new_run(task: str, payload: Any, options: TriggerOptions | None, *, environment: str) -> NewRun:
    """The run that is asked for. Raises `InvalidInput`, naming the option."""
    given = options or TriggerOptions()
    text, meta = read_payload(payload, given.payload_type)
    delay_ms, start_at = read_delay(given.delay)
    debounce = None if given.debounce is None else _debounce(given.debounce)
    queue = None if given.queue is None else queue_name(given.queue.name, task)
    return NewRun(
        RunId(fresh_id("run")),
        task,
        text,
        environment=environment,
        queue=check_key(queue, "queue"),
        concurrency_key=_concurrency_key(given.concurrency_key),
        delay_ms=delay_ms,
        start_at=start_at,
        ttl_ms=None if given.ttl is None else read_duration(given.ttl, "ttl"),
        priority_ms=_priority_ms(given.priority),
        idempotency_key=check_key(given.idempotency_key or None, "idempotencyKey"),
        idempotency_ttl_ms=_key_ttl(given),
        tags=parse_tags(given.tags or ()),
        metadata=_metadata(given),
        max_attempts=check_attempts(given.max_attempts),
        max_duration_ms=None if given.max_duration_s is None else read_duration(given.max_duration_s, "maxDuration"),
        debounce=debounce,
        machine=check_label(given.machine),
        origin=write_origin(_origin(given, meta)),
    )


def read_delay(delay: str | None) -> tuple[int, int | None]:
    """(delay in ms, or 0; absolute ms, or None) of a duration or a date; a date without a zone is UTC.

    >>> read_delay("1h"), read_delay("2026-01-01T00:00:00.120Z")
    ((3600000, None), (0, 1767225600120))
    """
    if not delay:
        return 0, None
    if delay[:4].isdigit() and delay[4:5] == "-":
        return 0, read_date(delay, "delay")
    return read_duration(delay, "delay"), None


def read_duration(value: str | float, name: str) -> int:
    """Milliseconds of `1h52m18s`, also with `hr`, or of a number of seconds."""
    return duration_ms(_HOURS.sub("h", value) if isinstance(value, str) else value, name=name)


def read_date(text: str, name: str) -> int:
    """Milliseconds of an ISO date or time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{name} is an ISO 8601 date or a duration such as 1h30m, got {text[:100]!r}") from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def queue_name(name: str, task: str) -> str | None:
    """The name of a queue here; `task/<id>` is the queue of a task, None the task's own.

    >>> queue_name("task/hello", "hello"), queue_name("mail", "hello")
    (None, 'mail')
    """
    return None if name == f"task/{task}" else name.removeprefix("task/")


def check_region(region: str | None) -> str | None:
    """The same, None for an empty one. Every list shows it. Raises `InvalidInput`."""
    if region and (len(region) > REGION_CHARS_MAX or "\0" in region):
        raise InvalidInput(f"region is up to {REGION_CHARS_MAX} characters without NUL, got {region[:100]!r}")
    return region or None


def _priority_ms(priority: float) -> int:
    if not 0 <= priority <= PRIORITY_S_MAX:
        raise InvalidInput(f"priority is 0 to {PRIORITY_S_MAX:,} seconds of head start, got {priority:g}")
    return round(priority * 1000)


def _concurrency_key(key: str | float | None) -> str:
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    return "" if key in (None, "") else check_key(str(key), "concurrencyKey") or ""


def _key_ttl(options: TriggerOptions) -> int | None:
    if options.idempotency_ttl is None:
        return IDEMPOTENCY_MS if options.idempotency_key else None
    if not _TTL.fullmatch(options.idempotency_ttl):
        raise InvalidInput(f"idempotencyKeyTTL is like 30d, 12h, 5m or 60s, got {options.idempotency_ttl[:100]!r}")
    return duration_ms(options.idempotency_ttl)


def _debounce(option: DebounceOption) -> Debounce:
    if option.mode not in ("leading", "trailing"):
        raise InvalidInput(f"debounce.mode is leading or trailing, got {option.mode[:100]!r}")
    longest = None if option.max_delay is None else read_duration(option.max_delay, "debounce.maxDelay")
    delay = read_duration(option.delay, "debounce.delay")
    return Debounce(option.key, delay, trailing=option.mode == "trailing", max_delay_ms=longest)


def _metadata(options: TriggerOptions) -> str:
    metadata = options.metadata
    if isinstance(metadata, str):
        try:
            metadata = msgspec.json.decode(metadata)
        except msgspec.DecodeError as error:
            raise InvalidInput(f"metadata is no JSON: {error}") from error
    return metadata_json(metadata)


def _origin(options: TriggerOptions, meta: str | None) -> Origin:
    said = options.idempotency_options
    key = "" if said is None else said.key if isinstance(said.key, str) else "-".join(said.key)
    return Origin(
        payload_meta=meta,
        idempotency_key=check_key(key or None, "idempotencyKeyOptions.key"),
        is_test=options.test,
        region=check_region(options.region),
        metadata=None if options.metadata is None else _metadata(options),
        ttl=None if options.ttl is None else f"{options.ttl}s" if isinstance(options.ttl, int) else options.ttl,
    )
