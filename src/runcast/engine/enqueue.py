"""Takes triggers from clients, and moves the start of delayed runs: checks them at the door, then stores them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from runcast.domain.debounce import check_debounce
from runcast.domain.errors import InvalidInput, InvalidPayload, ValueTooLarge
from runcast.domain.ids import RunId
from runcast.domain.limits import (
    BATCH_RUNS_MAX,
    KEY_CHARS_MAX,
    METADATA_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    PRIORITY_S_MAX,
    START_AT_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
    TASK_NAME_CHARS_MAX,
)
from runcast.domain.machine import check_machine
from runcast.domain.run import NewRun, Run, Triggered
from runcast.store import delay
from runcast.store.enqueue import enqueue
from runcast.store.store import Store

_JSON = msgspec.json.Decoder()


async def trigger(store: Store, runs: Sequence[NewRun]) -> Sequence[Triggered]:
    """Store triggers of a client. Raises `InvalidInput` before anything is written."""
    if len(runs) > BATCH_RUNS_MAX:
        raise InvalidInput(f"{len(runs):,} runs in one batch, the limit is {BATCH_RUNS_MAX:,}. Send several batches.")
    for run in runs:
        check(run)
    return await store.write(partial(enqueue, runs, store.clock.now_ms()))


def check(run: NewRun) -> None:
    """Raise what is wrong with a trigger, naming the field and the limit."""
    if not run.task or len(run.task) > TASK_NAME_CHARS_MAX:
        raise InvalidInput(f"a task's name has 1 to {TASK_NAME_CHARS_MAX} characters, got {len(run.task)}")
    for what, text in (
        ("id", run.id),
        ("task", run.task),
        ("queue", run.queue),
        ("concurrency key", run.concurrency_key),
        ("idempotency key", run.idempotency_key),
        *(("tag", tag) for tag in run.tags),
    ):
        if text and (len(text) > KEY_CHARS_MAX or "\0" in text):
            raise InvalidInput(f"the {what} {text[:40]!r}… has a NUL or more than {KEY_CHARS_MAX:,} characters")
    if len(run.tags) > TAGS_MAX or any(len(tag) > TAG_CHARS_MAX for tag in run.tags):
        raise InvalidInput(f"at most {TAGS_MAX} tags of at most {TAG_CHARS_MAX} characters, got {len(run.tags)}")
    if not 0 <= run.priority_ms <= PRIORITY_S_MAX * 1000:
        raise InvalidInput(f"priority is 0 to {PRIORITY_S_MAX:,} seconds of head start, got {run.priority_ms / 1000:g}")
    if run.max_attempts is not None and run.max_attempts < 1:
        raise InvalidInput(f"max_attempts is at least 1, got {run.max_attempts}")
    if run.delay_ms < 0 or (run.ttl_ms is not None and run.ttl_ms < 0):
        raise InvalidInput(f"delay and ttl lie in the future, got {run.delay_ms} ms and {run.ttl_ms} ms")
    _check_start(run.start_at)
    if run.debounce is not None:
        check_debounce(run.debounce)
    check_machine(run.machine)
    check_json("payload", run.payload, PAYLOAD_BYTES_MAX)
    if run.metadata != "{}":
        check_json("metadata", run.metadata, METADATA_BYTES_MAX)
        if not isinstance(_JSON.decode(run.metadata), dict):
            raise InvalidPayload(f"metadata is a JSON object, got {run.metadata[:40]}")


async def reschedule(store: Store, run_id: RunId, delay_ms: int, start_at: int | None) -> Run:
    """Move a delayed run. Raises `NotFound`, `InvalidInput`, and `Conflict` when it is not delayed or has started."""
    if delay_ms < 0:
        raise InvalidInput(f"a delay is at least 0, got {delay_ms} ms")
    _check_start(start_at)
    now = store.clock.now_ms()
    at = now + delay_ms if start_at is None else max(now, start_at)
    return await store.write(partial(delay.reschedule, run_id, at, now))


def _check_start(at: int | None) -> None:
    if at is not None and at > START_AT_MAX:
        raise InvalidInput(f"a run starts before the year 2200, got {at:,} ms since the epoch")


def check_json(what: str, text: str, bytes_max: int) -> None:
    """Raise `ValueTooLarge` or `InvalidPayload` unless `text` is JSON of at most `bytes_max` bytes."""
    size = len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
    if size > bytes_max:
        raise ValueTooLarge(f"the {what} has {size:,} bytes, the limit is {bytes_max:,}. Pass an address instead.")
    try:
        _JSON.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidPayload(f"the {what} is not JSON: {error}") from error
    except UnicodeEncodeError as error:
        raise InvalidPayload(f"the {what} is not valid Unicode: {error}") from error
