"""Tasks by name, for programs that do not have the task's code; and the hooks of all tasks of this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack

from runcast.domain.errors import InvalidPayload
from runcast.sdk import requests
from runcast.sdk.call import Call
from runcast.sdk.child import ChildRequest
from runcast.sdk.codec import decode_json, encode_json
from runcast.sdk.handle import BatchHandle, RunHandle
from runcast.sdk.item import BatchItem
from runcast.sdk.options import OptionArguments, TriggerOptions, parse_options
from runcast.sdk.registry import registry
from runcast.sdk.result import Failed, Ok
from runcast.sdk.task import TaskDefinition, check_task_name

middleware = registry.hooks.middleware
on_start_attempt = registry.hooks.on_start_attempt
on_wait = registry.hooks.on_wait
on_resume = registry.hooks.on_resume
catch_error = registry.hooks.catch_error
on_success = registry.hooks.on_success
on_failure = registry.hooks.on_failure
on_complete = registry.hooks.on_complete
on_cancel = registry.hooks.on_cancel


def trigger(task: str, payload: Any = None, **options: Unpack[OptionArguments]) -> Call[RunHandle[Any]]:
    """Trigger a task by name. `payload` is its JSON: an object of its parameters, or its one structured parameter.

    >>> run = await tasks.trigger("enrich", {"domain": "python.org"}, delay="1h")  # doctest: +SKIP
    """
    return requests.trigger(named_request(task, payload, parse_options(**options)))


def trigger_and_wait(task: str, payload: Any = None, **options: Unpack[OptionArguments]) -> Call[Ok[Any] | Failed]:
    """Trigger a task by name and wait for its end."""
    return requests.trigger_and_wait(named_request(task, payload, parse_options(**options)))


def batch_trigger(task: str, payloads: Iterable[Any], **options: Unpack[OptionArguments]) -> Call[BatchHandle[Any]]:
    """Trigger a task many times in one transaction."""
    parsed = parse_options(**options)
    return requests.batch_trigger([named_request(task, payload, parsed) for payload in payloads], key=parsed.key)


def batch_trigger_and_wait(
    task: str, payloads: Iterable[Any], **options: Unpack[OptionArguments]
) -> Call[list[Ok[Any] | Failed]]:
    """Trigger a task many times and wait for all of them."""
    parsed = parse_options(**options)
    found = [named_request(task, payload, parsed) for payload in payloads]
    return requests.batch_trigger_and_wait(found, key=parsed.key)


def item(task: str, payload: Any = None, **options: Unpack[OptionArguments]) -> BatchItem[Any]:
    """One run of a batch over different tasks, by name.

    >>> batch.trigger([tasks.item("enrich", {"domain": "python.org"}), tasks.item("mail")])  # doctest: +SKIP
    """
    return BatchItem(named_request(task, payload, parse_options(**options)))


def named_request(task: str | TaskDefinition[..., Any], payload: Any, options: TriggerOptions) -> ChildRequest:
    """A request by name; the payload is checked when this process knows the task."""
    known = registry.find(task) if isinstance(task, str) else task
    if known is None:
        assert isinstance(task, str)
        return ChildRequest(check_task_name(task), _payload_text(payload), options, decode_json)
    text = "{}" if payload is None else _payload_text(payload)
    known.decode_payload(text)
    return ChildRequest(known.name, text, options, known.decode_output)


def _payload_text(payload: Any) -> str:
    text = encode_json(payload, what="payload")
    if text[0] not in "{n":
        raise InvalidPayload(f"a payload is an object, such as {{'domain': 'python.org'}}; got {payload!r:.80}")
    return text
