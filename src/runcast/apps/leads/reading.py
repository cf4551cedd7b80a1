"""Leads as the tables have them, with the state of their runs."""

from __future__ import annotations

import msgspec

from runcast import NotFound, Transaction, Tx
from runcast.apps.leads.extension import leads
from runcast.apps.leads.plan import StepKey, task_of
from runcast.apps.leads.rows import (
    AssetContent,
    AssetRow,
    BatchRow,
    KnownRow,
    LeadRow,
    PastRun,
    PlaceRow,
    RunOfLead,
    ShareRow,
)

PAGE_MAX = 1_000
"""As many leads as are given at once: a batch is one page."""
_NEVER_MS = 2**52
PAST_RUNS = 50
"""From which is said how long a step takes."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which leads are listed."""

    batch_id: str = ""
    client_id: str = ""
    statuses: list[str] | None = None
    """Of runs; None: any. The empty one stands for runs that are gone."""
    approval: int = 0
    """1: only those that a person is asked about; 2: only others."""
    after: str = ""


@leads.reading
def get_lead(tx: Tx, environment: str, lead_id: str) -> Transaction[LeadRow]:
    found: LeadRow | None = yield from tx.query("find_lead", id=lead_id, environment=environment)
    if found is None:
        raise NotFound(f"no lead {lead_id!r}")
    return found


@leads.reading
def list_leads(tx: Tx, environment: str, filter: Filter, limit: int) -> Transaction[list[LeadRow]]:
    place = yield from _place(tx, environment, filter)
    found: list[LeadRow] = yield from tx.query(
        "batch_leads" if filter.batch_id else "leads",
        environment=environment,
        position=place.position,
        client_id=filter.client_id,
        asked=int(filter.statuses is not None),
        statuses=[[status] for status in filter.statuses or ()],
        approval=filter.approval,
        limit=limit,
        **({"batch_id": filter.batch_id} if filter.batch_id else {"after": filter.after, "at": place.created_at}),
    )
    return found


def _place(tx: Tx, environment: str, filter: Filter) -> Transaction[PlaceRow]:
    """After which the page begins."""
    if not filter.after:
        return PlaceRow(_NEVER_MS, 0)
    found: PlaceRow | None = yield from tx.query("place", id=filter.after, environment=environment)
    if found is None:
        raise NotFound(f"no lead {filter.after[:100]!r}")
    return found


@leads.reading
def get_batch(tx: Tx, environment: str, batch_id: str) -> Transaction[BatchRow]:
    found: BatchRow | None = yield from tx.query("find_batch", id=batch_id, environment=environment)
    if found is None:
        raise NotFound(f"no batch {batch_id!r}")
    return found


@leads.reading
def known_people(tx: Tx, environment: str, client_id: str, slugs: list[str]) -> Transaction[dict[str, str]]:
    """Who of them is a lead of the client already, and which."""
    found: list[KnownRow] = yield from tx.query(
        "known_people", environment=environment, client_id=client_id, slugs=[[slug] for slug in slugs]
    )
    return {row.slug: row.lead_id for row in found}


@leads.reading
def runs_of(tx: Tx, lead_id: str) -> Transaction[list[RunOfLead]]:
    found: list[RunOfLead] = yield from tx.query("runs_of", lead_id=lead_id)
    return found


@leads.reading
def list_assets(tx: Tx, lead_id: str) -> Transaction[list[AssetRow]]:
    found: list[AssetRow] = yield from tx.query("assets", lead_id=lead_id)
    return found


@leads.reading
def get_asset(tx: Tx, lead_id: str, asset: str) -> Transaction[AssetContent]:
    """By id, or by name such as `landing.html`."""
    found: AssetContent | None = yield from tx.query("asset", lead_id=lead_id, asset=asset)
    if found is None:
        raise NotFound(f"no asset {asset!r} of lead {lead_id!r}")
    return found


@leads.reading
def list_shares(tx: Tx, lead_id: str) -> Transaction[list[ShareRow]]:
    found: list[ShareRow] = yield from tx.query("shares", lead_id=lead_id)
    return found


@leads.reading
def find_share(tx: Tx, digest: str) -> Transaction[ShareRow | None]:
    """A link that is not revoked and has not expired."""
    found: ShareRow | None = yield from tx.query("share_by_digest", digest=digest, now=tx.now_ms)
    return found


@leads.reading
def past_runs(tx: Tx, environment: str) -> Transaction[dict[str, list[int]]]:
    """How long (ms) the newest runs of each step took, by step."""
    took: dict[str, list[int]] = {}
    for key in (StepKey.ENRICH, StepKey.RESEARCH, StepKey.EMAILS, StepKey.PAGE):
        found: list[PastRun] = yield from tx.query(
            "past_runs", environment=environment, task=task_of(key), limit=PAST_RUNS
        )
        took[key.value] = [past.took_ms for past in found]
    return took
