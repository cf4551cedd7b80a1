"""A wait as REST shows it: a waitpoint token."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.packets import PacketType
from runcast.api.times import moment
from runcast.domain.answer_form import AnswerForm, answer_form
from runcast.domain.journal import Wait

ANSWER_CHARS_SHOWN = 1_000
TIMEOUT_CODE = "TRIGGER_WAITPOINT_TIMEOUT"
"""By which the official client knows a token that nobody completed in time."""


class WaitView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What lists show of a token, too."""

    id: str
    url: str
    """Where any program completes it with a POST, without a key. Its last part is `hidden` from who may only read."""
    status: str
    """`WAITING`, `COMPLETED` or `TIMED_OUT`."""
    completed_at: datetime | UnsetType = UNSET
    timeout_at: datetime | UnsetType = UNSET
    idempotency_key: str | UnsetType = UNSET
    key_expires_at: datetime | UnsetType = msgspec.field(default=UNSET, name="idempotencyKeyExpiresAt")
    tags: tuple[str, ...]
    created_at: datetime
    run_id: str | UnsetType = UNSET
    """The run that made it."""
    task_identifier: str | UnsetType = UNSET
    """The task of that run."""
    question: str | UnsetType = UNSET
    """What people are asked."""
    answer: str | UnsetType = UNSET
    """The value that completed it, as JSON text, where that is short."""
    completed_by: str | UnsetType = UNSET
    """Who completed it, where that is known: a person, the name of a key, `link` for the page of its address."""
    form: AnswerForm | UnsetType = UNSET
    """How people answer: buttons and fields. Absent: only JSON can say it."""
    page_url: str
    """Where a person answers it without an account; its last part is `hidden` like that of `url`."""


class WholeWaitView(WaitView, frozen=True, rename="camel", kw_only=True):
    """A token that was asked for by its id."""

    output: str | UnsetType = UNSET
    """A packet: text of the type `outputType`."""
    output_type: str | UnsetType = UNSET
    output_is_error: bool | UnsetType = UNSET
    schema: Any = UNSET
    """JSON Schema of the value that is waited for, for forms."""


class WaitAddresses(NamedTuple):
    """Where a token is completed: by programs, and by people."""

    url: str
    page_url: str


def wait_fields(wait: Wait, addresses: WaitAddresses, task: str | None = None) -> dict[str, Any]:
    """The fields of `WaitView`."""
    return {
        "id": wait.id,
        "url": addresses.url,
        "page_url": addresses.page_url,
        "question": wait.question or UNSET,
        "completed_by": wait.completed_by or UNSET,
        "task_identifier": task or UNSET,
        "answer": wait.value if wait.value is not None and len(wait.value) <= ANSWER_CHARS_SHOWN else UNSET,
        "form": answer_form(wait.schema) or UNSET,
        "status": wait.status,
        "completed_at": _moment(wait.completed_at),
        "timeout_at": _moment(wait.due_at),
        "idempotency_key": wait.idempotency_key or UNSET,
        "key_expires_at": _moment(wait.key_expires_at),
        "tags": wait.tags,
        "created_at": moment(wait.created_at),
        "run_id": wait.run_id or UNSET,
    }


def show_wait(wait: Wait, addresses: WaitAddresses, task: str | None) -> WholeWaitView:
    """A token with its output."""
    fields = wait_fields(wait, addresses, task)
    if wait.schema:
        fields["schema"] = msgspec.json.decode(wait.schema)
    if wait.status == "TIMED_OUT":
        error = {"code": TIMEOUT_CODE, "message": f"Waitpoint {wait.id} timed out"}
        fields |= {"output": msgspec.json.encode(error).decode(), "output_is_error": True}
    elif wait.value is not None:
        fields |= {"output": wait.value, "output_is_error": False}
    return WholeWaitView(**fields, output_type=PacketType.JSON.value if "output" in fields else UNSET)


def _moment(ms: int | None) -> datetime | UnsetType:
    return UNSET if ms is None else moment(ms)
