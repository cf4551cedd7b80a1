"""Bulk actions: many runs canceled, replayed or resumed by one request, in the background."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.filters import WORDS_MAX, created_range
from runcast.api.pages import PAGE_SIZE, After, Before, Cursors, Size, check_cursors, cursors
from runcast.api.run_filter import check_outcomes, check_statuses, queue_names, shown_statuses, took_ms
from runcast.api.times import moment
from runcast.api.trigger import check_region
from runcast.domain.errors import InvalidInput, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import BULK_RUNS_MAX
from runcast.gateway import RunFilter
from runcast.sdk.fresh_ids import fresh_id
from runcast.store import bulk, run_lists
from runcast.store.bulk import NewBulk
from runcast.store.rows import BulkRow

NAME_CHARS_MAX = 255
RUN_IDS_MAX = 1_000
Names = str | list[str] | None


class QueueChoice(msgspec.Struct, frozen=True):
    """A queue; of the type `task` it is the queue of a task."""

    name: str
    type: Literal["task", "custom"] = "custom"


class BulkFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which runs: those of `GET /api/v1/runs` with the same filters."""

    status: Names = None
    task_identifier: Names = None
    version: Names = None
    tag: Names = None
    queue: QueueChoice | list[QueueChoice] | None = None
    machine: Names = None
    region: Names = None
    schedule: str | None = None
    batch: str | None = None
    bulk_action: str | None = None
    parent: str | None = None
    root: str | None = None
    roots_only: bool | None = None
    is_test: bool | None = None
    has_error: bool | None = None
    outcome: Names = None
    text: str | None = None
    worker: Names = None
    duration_min: str | None = None
    duration_max: str | None = None
    since: int | str | None = msgspec.field(default=None, name="from")
    """Milliseconds since the epoch, or an ISO 8601 time."""
    until: int | str | None = msgspec.field(default=None, name="to")
    period: str | None = None
    """Not older than this, such as `1d`."""


class BulkBody(msgspec.Struct, frozen=True, rename="camel"):
    """What is to be done, and to which runs: exactly one of `filter` and `runIds`."""

    action: Literal["cancel", "replay", "resume"]
    filter: BulkFilter | None = None
    run_ids: list[str] | None = None
    name: str | None = None
    target_region: str | None = None
    """Of replays."""


class BulkReference(msgspec.Struct, frozen=True):
    """A bulk action."""

    id: str


class CountsView(msgspec.Struct, frozen=True):
    """How far it is."""

    total: int
    success: int
    failure: int
    """Runs that had ended before they could be canceled, or with which there was nothing to resume."""


class BulkView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A bulk action."""

    id: str
    name: str | UnsetType = UNSET
    type: str
    status: str
    counts: CountsView
    created_at: datetime
    completed_at: datetime | UnsetType = UNSET


class BulkList(msgspec.Struct, frozen=True):
    """A page of bulk actions, newest first."""

    data: tuple[BulkView, ...]
    pagination: Cursors


@post("/api/v1/bulk-actions", status_code=200, tags=["Bulk actions"], summary="Cancel, replay or resume many runs")
async def create(data: BulkBody, api: Api, caller: Caller) -> BulkReference:
    """Runs that are triggered after this request are none of it."""
    caller.require("write")
    if data.name is not None and len(data.name) > NAME_CHARS_MAX:
        raise InvalidInput(f"a name has at most {NAME_CHARS_MAX} characters, got {len(data.name)}")
    filter = _read(data, caller.environment, api.now_ms())
    total = await api.engine.store.read(partial(run_lists.count, filter, maximum=BULK_RUNS_MAX))
    region = check_region(data.target_region) if data.action == "replay" else None
    new = NewBulk(
        id=fresh_id("bulk"), kind=data.action, filter=filter, total=total, name=data.name or None, region=region
    )
    await api.engine.store.write(partial(bulk.create, new, api.now_ms()))
    api.engine.carry_out()
    return BulkReference(new.id)


@get("/api/v1/bulk-actions", tags=["Bulk actions"], summary="List bulk actions")
async def list_all(
    api: Api, caller: Caller, size: Size = PAGE_SIZE, after: After = None, before: Before = None
) -> BulkList:
    """Those of the environment, newest first."""
    caller.require("read")
    check_cursors(after, before)
    page = await api.engine.store.read(partial(bulk.page, caller.environment, after=after, before=before, limit=size))
    ids = [action.id for action in page.actions]
    return BulkList(tuple(map(_show, page.actions)), cursors(ids, newer=page.newer, older=page.older))


@get("/api/v1/bulk-actions/{bulk_id:str}", tags=["Bulk actions"], summary="Retrieve a bulk action")
async def retrieve(bulk_id: FromPath[str], api: Api, caller: Caller) -> BulkView:
    """How far it is."""
    caller.require("read")
    return _show(await _find(api, caller, bulk_id))


@post("/api/v1/bulk-actions/{bulk_id:str}/abort", status_code=200, tags=["Bulk actions"], summary="Abort a bulk action")
async def abort(bulk_id: FromPath[str], api: Api, caller: Caller) -> BulkReference:
    """Do no more of it. What was done stays."""
    caller.require("write")
    action = await _find(api, caller, bulk_id)
    await api.engine.store.write(partial(bulk.abort, action.id, api.now_ms()))
    return BulkReference(action.id)


async def _find(api: Api, caller: Caller, bulk_id: str) -> BulkRow:
    action = await api.engine.store.read(partial(bulk.find, bulk_id))
    if action is None or action.environment != caller.environment:
        raise NotFound("Bulk action not found")
    return action


def _show(action: BulkRow) -> BulkView:
    return BulkView(
        id=action.id,
        name=action.name or UNSET,
        type=action.kind.upper(),
        status=action.status,
        counts=CountsView(action.total, action.succeeded, action.failed),
        created_at=moment(action.created_at),
        completed_at=UNSET if action.finished_at is None else moment(action.finished_at),
    )


def _read(body: BulkBody, environment: str, now: int) -> RunFilter:
    if (body.filter is None) == (body.run_ids is None):
        raise InvalidInput("say which runs: exactly one of filter and runIds")
    if body.filter is not None:
        return _filter(body.filter, environment, now)
    ids = body.run_ids or []
    if not 1 <= len(ids) <= RUN_IDS_MAX:
        raise InvalidInput(f"runIds are 1 to {RUN_IDS_MAX:,}, got {len(ids):,}")
    return RunFilter(environment=environment, ids=tuple(map(RunId, ids)))


def _filter(asked: BulkFilter, environment: str, now: int) -> RunFilter:
    if asked == BulkFilter() or not any(_says(getattr(asked, name)) for name in asked.__struct_fields__):
        raise InvalidInput("a filter says something: all runs of an environment are never meant")
    shown = shown_statuses(check_statuses(_names(asked.status, "status")), has_error=asked.has_error)
    if shown is None:
        raise InvalidInput("no status fits filter.status and filter.hasError")
    created_from, created_to = created_range(asked.period, _text(asked.since), _text(asked.until), now_ms=now)
    queues = [asked.queue] if isinstance(asked.queue, QueueChoice) else asked.queue or []
    return RunFilter(
        environment=environment,
        shown=shown,
        task=_names(asked.task_identifier, "taskIdentifier"),
        tag=_names(asked.tag, "tag"),
        queue=queue_names(tuple(queue.name for queue in queues)),
        machine=_names(asked.machine, "machine"),
        region=_names(asked.region, "region"),
        schedule_id=asked.schedule or None,
        batch_id=asked.batch or None,
        bulk_id=asked.bulk_action or None,
        parent_id=RunId(asked.parent) if asked.parent else None,
        root_id=RunId(asked.root) if asked.root else None,
        roots_only=bool(asked.roots_only),
        is_test=asked.is_test,
        worker=_names(asked.worker, "worker"),
        version=_names(asked.version, "version"),
        outcome=check_outcomes(_names(asked.outcome, "outcome")),
        text=(asked.text or "").strip() or None,
        took_min_ms=took_ms(asked.duration_min, "filter.durationMin"),
        took_max_ms=took_ms(asked.duration_max, "filter.durationMax"),
        as_of=now if asked.duration_min or asked.duration_max else None,
        created_from=created_from,
        created_to=created_to,
    )


def _says(value: Any) -> bool:
    return value is False or bool(value)


def _names(given: Names, name: str) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given or ())
    if len(names) > WORDS_MAX:
        raise InvalidInput(f"filter.{name} names at most {WORDS_MAX}, got {len(names)}")
    return tuple(name for name in names if name)


def _text(instant: int | str | None) -> str | None:
    return None if instant is None else str(instant)


ROUTES = [create, list_all, retrieve, abort]
