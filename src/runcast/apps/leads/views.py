"""Leads as the API shows them. Times are ISO 8601 in UTC, except in a run's own metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from runcast.apps.leads.contract import ClientBrief, Options
from runcast.apps.leads.estimates import AT_ONCE, StepTime, remaining_s
from runcast.apps.leads.jobs import Known
from runcast.apps.leads.plan import StepKey
from runcast.apps.leads.rows import AssetRow, BatchRow, ClientRow, LeadRow, ShareRow
from runcast.apps.leads.status import (
    LIVE,
    LeadStatus,
    Step,
    read_options,
    read_progress,
    read_status,
    read_steps,
)


class ClientView(ClientBrief, frozen=True, kw_only=True, rename="camel"):
    """A client as it is kept."""

    id: str
    created_at: datetime
    updated_at: datetime


class ClientRef(msgspec.Struct, frozen=True):
    """A client's id, and its name when the lead began."""

    id: str
    name: str


class ErrorView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a lead failed."""

    message: str
    step: str
    """The first step that failed; `POST …/retry` does it again."""


class StepView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A step of a lead."""

    key: str
    title: str
    status: str
    """`pending`, `running`, `waiting` (for a person), `done`, `failed` or `canceled`."""
    started: datetime | None
    finished: datetime | None
    detail: str
    cost_usd: float | None
    run_id: str
    """Whose logs, spans and streams are the step's; empty until it begins."""
    stream: str
    """The stream of that run in which the text appears as it is written; empty: it has none."""
    wait_id: str
    """What a person answers with true or false, while the step waits."""
    estimate: StepTime | None
    """How long it usually takes."""


class LeadView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A lead in a list."""

    id: str
    client: ClientRef
    linkedin_url: str
    slug: str
    name: str
    """Empty until the profile is read."""
    title: str
    company: str
    status: LeadStatus
    batch_id: str
    trigger_run_id: str
    """The run that works on it; a retry is another one."""
    options: Options
    progress: float
    """0 to 100."""
    current_step: str
    cost_usd: float
    """What providers charged, of all runs and tries together."""
    created_at: datetime
    finished_at: datetime | None
    error: ErrorView | None


class AssetView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that was made for a lead; its content is at `…/assets/{id}`."""

    id: str
    kind: str
    """`profile`, `research`, `email` or `page`."""
    name: str
    title: str
    content_type: str
    size: int
    run_id: str
    created_at: datetime


class RunRef(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run that worked on a lead."""

    id: str
    began_at: datetime


class LeadDetail(LeadView, frozen=True, kw_only=True, rename="camel"):
    """A lead with its steps, and what was made."""

    steps: list[StepView]
    assets: list[AssetView]
    runs: list[RunRef]
    """The first, and one for each retry."""
    remaining_s: float | None
    """About, without a person's time; None: it has ended."""
    remaining_n: int
    """From so many earlier runs of its slowest known step; 0: a guess."""
    known: Known
    """What was said of the person when the lead was made."""


class Totals(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All leads of a batch together."""

    count: int
    by_status: dict[str, int]
    cost_usd: float
    progress: float
    remaining_s: float | None


class BatchView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Leads that were given together."""

    id: str
    name: str
    client_id: str
    leads: int
    created_at: datetime
    totals: Totals


class ShareView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link to a lead; the link itself is told once, when it is made."""

    id: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else moment(ms)


def show_client(row: ClientRow) -> ClientView:
    fields = msgspec.structs.asdict(row.brief)
    return ClientView(id=row.id, created_at=moment(row.created_at), updated_at=moment(row.updated_at), **fields)


def show_lead(row: LeadRow) -> LeadView:
    return LeadView(**_fields(row))


def _fields(row: LeadRow) -> dict[str, Any]:
    said, status = read_progress(row), read_status(row)
    return {
        "id": row.id,
        "client": ClientRef(row.client_id, row.client_name),
        "linkedin_url": row.linkedin_url,
        "slug": row.slug,
        "name": row.name,
        "title": row.title,
        "company": row.company,
        "status": status,
        "batch_id": row.batch_id,
        "trigger_run_id": row.run_id,
        "options": read_options(row),
        "progress": round(min(100.0, 100.0 if status is LeadStatus.COMPLETED else said.progress), 1),
        "current_step": said.current_step if status in LIVE else "",
        "cost_usd": round(row.cost_nanos / 1e9, 6),
        "created_at": moment(row.created_at),
        "finished_at": _moment(row.finished_at),
        "error": _show_error(row),
    }


class _RunError(msgspec.Struct, frozen=True):
    message: str = ""
    user_message: str | None = None


def _show_error(row: LeadRow) -> ErrorView | None:
    if not row.error:
        return None
    error = msgspec.json.decode(row.error, type=_RunError)
    failed = next((step.key.value for step in read_steps(row) if step.status == "failed"), "")
    return ErrorView(message=error.message or error.user_message or "", step=failed)


def show_detail(
    row: LeadRow,
    assets: Sequence[AssetRow],
    runs: Sequence[RunRef],
    times: Mapping[str, StepTime],
    *,
    now_ms: int,
) -> LeadDetail:
    steps = read_steps(row)
    fields = _fields(row)
    left = remaining_s(steps, {key: time.seconds for key, time in times.items()}, now_ms=now_ms)
    return LeadDetail(
        **fields,
        steps=[_show_step(step, times.get(step.key)) for step in steps],
        assets=[show_asset(asset) for asset in sorted(assets, key=_reading_order)],
        runs=list(runs),
        remaining_s=round(left, 1) if fields["status"] in LIVE else None,
        remaining_n=min((time.n for time in times.values()), default=0),
        known=msgspec.json.decode(row.input, type=Known) if row.input else Known(),
    )


_KINDS = ("profile", "research", "email", "page")


def _reading_order(asset: AssetRow) -> tuple[int, int, str]:
    return _KINDS.index(asset.kind) if asset.kind in _KINDS else len(_KINDS), len(asset.name), asset.name


def _show_step(step: Step, time: StepTime | None) -> StepView:
    state = step.state
    return StepView(
        key=step.key.value,
        title=step.title,
        status=step.status,
        started=_moment(state.started) if state else None,
        # A database and a worker have clocks of their own.
        finished=_moment(max(state.finished, state.started)) if state and state.finished else None,
        detail=state.detail if state else "",
        cost_usd=state.cost_usd if state else None,
        run_id=state.run_id if state and step.key is not StepKey.APPROVAL else "",
        stream=step.stream,
        wait_id=state.wait_id if state and step.status == "waiting" else "",
        estimate=time,
    )


def show_asset(row: AssetRow) -> AssetView:
    return AssetView(
        id=row.id,
        kind=row.kind,
        name=row.name,
        title=row.title,
        content_type=row.content_type,
        size=row.size,
        run_id=row.run_id,
        created_at=moment(row.created_at),
    )


def show_share(row: ShareRow) -> ShareView:
    return ShareView(
        id=row.id,
        created_by=row.created_by,
        created_at=moment(row.created_at),
        expires_at=moment(row.expires_at),
        revoked_at=_moment(row.revoked_at),
    )


def show_batch(row: BatchRow, rows: Sequence[LeadRow], seconds: Mapping[str, float], *, now_ms: int) -> BatchView:
    leads = [show_lead(one) for one in rows]
    counts: dict[str, int] = {}
    for lead in leads:
        counts[lead.status] = counts.get(lead.status, 0) + 1
    done = sum(100.0 if lead.status not in LIVE else lead.progress for lead in leads)
    totals = Totals(
        count=len(leads),
        by_status=counts,
        cost_usd=round(sum(lead.cost_usd for lead in leads), 6),
        progress=round(done / len(leads), 1) if leads else 0.0,
        remaining_s=_remaining_s(list(zip(rows, leads, strict=True)), seconds, now_ms=now_ms),
    )
    return BatchView(
        id=row.id,
        name=row.name,
        client_id=row.client_id,
        leads=row.leads,
        created_at=moment(row.created_at),
        totals=totals,
    )


def _remaining_s(
    leads: Sequence[tuple[LeadRow, LeadView]], seconds: Mapping[str, float], *, now_ms: int
) -> float | None:
    """By how fast those that were begun since the oldest living one came on; before one is done, by single steps."""
    live = [(row, lead) for row, lead in leads if lead.status in (LeadStatus.QUEUED, LeadStatus.RUNNING)]
    if not live:
        return None
    since = min(row.begun_at or now_ms for row, _ in live)
    begun = [lead for row, lead in leads if (row.begun_at or 0) >= since]
    done = sum(1.0 if lead.status not in LIVE else lead.progress / 100 for lead in begun)
    if done >= 1:
        return round((now_ms - since) / 1000 * (len(begun) - done) / done, 1)
    left = [remaining_s(read_steps(row), seconds, now_ms=now_ms) for row, _ in live]
    return round(max(*left, sum(left) / AT_ONCE), 1)
