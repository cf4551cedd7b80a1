"""The options of one trigger: what sits beside the payload, parsed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack, get_args

import msgspec

from runcast.domain import limits
from runcast.domain import run as domain
from runcast.domain.errors import InvalidInput, InvalidPayload, ValueTooLarge
from runcast.domain.machine import check_machine
from runcast.sdk.debounce import Debounce
from runcast.sdk.durations import Duration, duration_ms, instant_ms

IdempotencyScope = Literal["run", "attempt", "global"]


class TriggerOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of a trigger, already parsed: make one with `parse_options`."""

    delay_ms: int = 0
    start_at: int | None = None
    """Milliseconds since the epoch; beats `delay_ms`."""
    ttl_ms: int | None = None
    idempotency_key: str | None = None
    """As the caller wrote it; whoever triggers puts the scope in front."""
    idempotency_scope: IdempotencyScope = "run"
    """Inside a run: `run` (default) or `attempt` make the key local to it. Outside a run every key is global."""
    idempotency_ttl_ms: int | None = None
    priority_ms: int = 0
    concurrency_key: str = ""
    queue: str | None = None
    tags: tuple[str, ...] = ()
    metadata: str = "{}"
    """JSON text of an object."""
    max_attempts: int | None = None
    max_duration_ms: int | None = None
    debounce: domain.Debounce | None = None
    machine: str | None = None
    key: str | None = None
    """The journal key, when the caller names it."""


NO_OPTIONS = TriggerOptions()


class OptionArguments(TypedDict, total=False):
    """Options as a developer writes them, beside a task's name and payload or in `task.options(…)`."""

    delay: Duration | datetime
    """A duration, or an aware datetime."""
    ttl: Duration
    """A run that has not started by then, counted from its delay's end, expires; 0: never, whatever the task says."""
    idempotency_key: str
    """Equal keys of one task mean the same run."""
    idempotency_scope: IdempotencyScope
    idempotency_ttl: Duration
    priority: Duration
    """Head start over other runs of the same concurrency key."""
    concurrency_key: str
    queue: object
    """A `Queue` or its name."""
    tags: str | Sequence[str]
    metadata: Mapping[str, Any]
    max_attempts: int
    max_duration: Duration
    """Executing time, without waits; 0: no limit, whatever the task says."""
    debounce: Debounce
    """Further triggers of its key push the run instead of making another; instead of `delay`."""
    machine: str
    """Only workers that serve this label take the run, such as "large-1x"."""
    key: str
    """The journal key, inside a run."""


def parse_options(**given: Unpack[OptionArguments]) -> TriggerOptions:
    """Check and parse what a developer wrote; every mistake is an `InvalidInput` that names the option.

    >>> parse_options(delay="1h", tags=["vip"]).delay_ms
    3600000
    """
    if not given:
        return NO_OPTIONS
    unknown = given.keys() - OptionArguments.__annotations__.keys()
    if unknown:
        raise InvalidInput(f"no option {sorted(unknown)} (options: {', '.join(OptionArguments.__annotations__)})")
    scope = given.get("idempotency_scope", "run")
    if scope not in get_args(IdempotencyScope):
        raise InvalidInput(f"idempotency_scope must be run, attempt or global, got {scope!r}")
    delay = given.get("delay")
    debounce = given.get("debounce")
    if debounce is not None and not isinstance(debounce, Debounce):
        raise InvalidInput(f'debounce must be a Debounce, such as Debounce("user-7", "5s"), got {debounce!r}')
    if debounce is not None and delay is not None:
        raise InvalidInput("a debounce has a delay of its own: give one of delay and debounce")
    return TriggerOptions(
        delay_ms=0 if delay is None or isinstance(delay, datetime) else duration_ms(delay, name="delay"),
        start_at=instant_ms(delay, name="delay") if isinstance(delay, datetime) else None,
        ttl_ms=_optional_ms(given.get("ttl"), "ttl"),
        idempotency_key=check_key(given.get("idempotency_key"), "idempotency_key"),
        idempotency_scope=scope,
        idempotency_ttl_ms=_optional_ms(given.get("idempotency_ttl"), "idempotency_ttl"),
        priority_ms=_priority_ms(given.get("priority", 0)),
        concurrency_key=check_key(given.get("concurrency_key"), "concurrency_key") or "",
        queue=queue_name(given.get("queue")),
        tags=parse_tags(given.get("tags", ())),
        metadata=metadata_json(given.get("metadata")),
        max_attempts=check_attempts(given.get("max_attempts")),
        max_duration_ms=_optional_ms(given.get("max_duration"), "max_duration"),
        debounce=None if debounce is None else debounce.settings,
        machine=check_label(given.get("machine")),
        key=check_key(given.get("key"), "key"),
    )


def queue_name(queue: object) -> str | None:
    """The name of a `Queue`, a name itself, or None."""
    if queue is None or isinstance(queue, str):
        return check_key(queue, "queue")
    name = getattr(queue, "name", None)
    if isinstance(name, str):
        return name
    raise InvalidInput(f"queue must be a Queue or the name of one, got {queue!r}")


def check_label(machine: str | None) -> str | None:
    """A machine's label; raises `InvalidInput`."""
    check_machine(machine)
    return machine


def check_key(value: object, name: str) -> str | None:
    """A key that fits its column: a non-empty string without NUL, not too long."""
    if value is None:
        return None
    if not isinstance(value, str) or not value or "\0" in value:
        raise InvalidInput(f"{name} must be a non-empty string without NUL characters, got {value!r}")
    if len(value) > limits.KEY_CHARS_MAX:
        raise ValueTooLarge(f"{name} has {len(value)} characters; at most {limits.KEY_CHARS_MAX} are allowed")
    return value


def parse_tags(tags: str | Sequence[str]) -> tuple[str, ...]:
    """One tag or several, without repetitions, in order."""
    found: tuple[object, ...] = tuple(dict.fromkeys((tags,) if isinstance(tags, str) else tags))
    if len(found) > limits.TAGS_MAX:
        raise ValueTooLarge(f"a run has at most {limits.TAGS_MAX} tags, got {len(found)}")
    return tuple(_check_tag(tag) for tag in found)


def _check_tag(tag: object) -> str:
    if isinstance(tag, str) and tag and "\0" not in tag and len(tag) <= limits.TAG_CHARS_MAX:
        return tag
    raise InvalidInput(f"a tag must be a string of 1 to {limits.TAG_CHARS_MAX} characters, got {tag!r}")


def metadata_json(metadata: Mapping[str, Any] | None) -> str:
    """Metadata as JSON text."""
    if metadata is None:
        return "{}"
    from runcast.sdk.codec import encode_json

    text = encode_json(metadata, what="metadata")
    if not text.startswith("{"):
        raise InvalidPayload(f"metadata must be an object, got {type(metadata).__name__}")
    if len(text.encode()) > limits.METADATA_BYTES_MAX:
        raise ValueTooLarge(f"metadata is larger than {limits.METADATA_BYTES_MAX} bytes")
    return text


def check_attempts(max_attempts: int | None) -> int | None:
    """A number of attempts within the bounds."""
    if max_attempts is None or (type(max_attempts) is int and 1 <= max_attempts <= limits.ATTEMPTS_MAX):
        return max_attempts
    raise InvalidInput(f"max_attempts must be 1 to {limits.ATTEMPTS_MAX}, got {max_attempts!r}")


def _optional_ms(value: Duration | None, name: str) -> int | None:
    return None if value is None else duration_ms(value, name=name)


def _priority_ms(value: Duration) -> int:
    milliseconds = duration_ms(value, name="priority")
    if milliseconds > limits.PRIORITY_S_MAX * 1000:
        raise InvalidInput(f"priority is a head start of at most {limits.PRIORITY_S_MAX} seconds, got {value!r}")
    return milliseconds
