"""The parts of a run as REST shows them: journal, logs, artifacts, messages, usage, and why it is not running."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from runcast.api.times import moment
from runcast.api.views.error import ErrorView, show_error
from runcast.domain.effect import Artifact, Log, step_of_lines
from runcast.domain.journal import Entry, EntryKind, EntryStatus
from runcast.domain.message import Message
from runcast.domain.usage import RunUsage, Usage, UsageItem
from runcast.gateway import Explanation


class EntryView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One record of a run's journal."""

    key: str
    kind: EntryKind
    name: str
    status: EntryStatus
    value: Any = UNSET
    error: ErrorView | UnsetType = UNSET
    awaits: str | UnsetType = UNSET
    """The run, batch or token that it waits for."""
    due_at: datetime | UnsetType = UNSET
    tries: int
    generation: int
    started_at: datetime
    finished_at: datetime | UnsetType = UNSET
    code_version: str | UnsetType = UNSET


class LogView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A log line."""

    seq: int
    at: datetime
    level: str
    message: str
    data: Any = UNSET
    attempt: int
    step: str | UnsetType = UNSET
    """Key of the step in which it was written."""


class ArtifactView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Something that a run stored for people to look at."""

    id: str
    name: str
    content_type: str
    size: int
    attempt: int
    created_at: datetime
    path: str
    """Where its content is, below the base URL."""


class MessageView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A message to an inbox of a run."""

    seq: int
    inbox: str
    key: str
    value: Any
    sent_at: datetime
    received: bool


class UsageItemView(msgspec.Struct, frozen=True, rename="camel"):
    """What was used of one thing in one unit."""

    name: str
    unit: str
    quantity: float
    cost_usd: float


class UsageSumView(msgspec.Struct, frozen=True, rename="camel"):
    """What was used."""

    runs: int
    executing_ms: int
    cost_usd: float
    items: tuple[UsageItemView, ...]


class UsageView(msgspec.Struct, frozen=True):
    """What a run used by itself, and with everything below it."""

    own: UsageSumView
    total: UsageSumView


class WhyView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Why a run is not running."""

    run_id: str
    status: str
    reason: str
    """One sentence for people."""
    position: int | UnsetType = UNSET
    """Its place in its queue; 1 is next."""
    blockers: tuple[str, ...] = ()
    """Runs that hold the slots it needs, or that it waits for."""
    estimate_ms: int | UnsetType = UNSET


def show_entry(entry: Entry) -> EntryView:
    return EntryView(
        key=entry.key,
        kind=entry.kind,
        name=entry.name,
        status=entry.status,
        value=_raw(entry.value),
        error=UNSET if entry.error is None else show_error(entry.error),
        awaits=entry.awaits or UNSET,
        due_at=_moment(entry.due_at),
        tries=entry.tries,
        generation=entry.generation,
        started_at=moment(entry.started_at),
        finished_at=_moment(entry.finished_at),
        code_version=entry.code_version or UNSET,
    )


def show_log(log: Log) -> LogView:
    return LogView(
        seq=log.seq,
        at=moment(log.at),
        level=log.level,
        message=log.message,
        data=_raw(log.data),
        attempt=log.attempt,
        step=step_of_lines(log.scope) or UNSET,
    )


def show_artifact(run_id: str, artifact: Artifact) -> ArtifactView:
    return ArtifactView(
        id=artifact.id,
        name=artifact.name,
        content_type=artifact.content_type,
        size=artifact.size,
        attempt=artifact.attempt,
        created_at=moment(artifact.created_at),
        path=f"/api/v1/runs/{run_id}/artifacts/{artifact.id}",
    )


def show_message(message: Message) -> MessageView:
    return MessageView(
        seq=message.seq,
        inbox=message.inbox,
        key=message.key,
        value=_raw(message.value),
        sent_at=moment(message.sent_at),
        received=message.received,
    )


def show_usage(usage: RunUsage) -> UsageView:
    return UsageView(_sum(usage.own), _sum(usage.total))


def show_why(why: Explanation) -> WhyView:
    return WhyView(
        run_id=why.run_id,
        status=why.status,
        reason=why.reason,
        position=UNSET if why.position is None else why.position,
        blockers=why.blockers,
        estimate_ms=UNSET if why.estimate_ms is None else why.estimate_ms,
    )


def _sum(usage: Usage) -> UsageSumView:
    return UsageSumView(usage.runs, usage.executing_ms, float(usage.cost), tuple(map(_item, usage.items)))


def _item(item: UsageItem) -> UsageItemView:
    return UsageItemView(item.name, item.unit, float(item.quantity), float(item.cost))


def _raw(text: str | None) -> Any:
    return UNSET if text is None else msgspec.Raw(text.encode())


def _moment(ms: int | None) -> datetime | UnsetType:
    return UNSET if ms is None else moment(ms)
