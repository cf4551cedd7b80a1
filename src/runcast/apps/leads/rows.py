"""What the queries of Leads answer with. Times are milliseconds since the epoch."""

from __future__ import annotations

import msgspec

from runcast.apps.leads.contract import ClientBrief


class ClientRow(msgspec.Struct, frozen=True):
    """For whom is written."""

    id: str
    brief: ClientBrief
    created_at: int
    updated_at: int


class BatchRow(msgspec.Struct, frozen=True):
    """Leads that were given together."""

    id: str
    client_id: str
    name: str
    leads: int
    created_at: int


class LeadRow(msgspec.Struct, frozen=True):
    """A lead, and of its run what is shown; without `status` the run is gone."""

    id: str
    environment: str
    client_id: str
    client_name: str
    batch_id: str
    linkedin_url: str
    slug: str
    name: str
    title: str
    company: str
    run_id: str
    options: str
    input: str
    created_at: int
    status: str | None
    metadata: str | None
    error: str | None
    begun_at: int | None
    """When the run was triggered; a retry is another one."""
    finished_at: int | None
    cost_nanos: int
    """Of all its runs, and of every call: also of those that failed and were tried again."""


class PlaceRow(msgspec.Struct, frozen=True):
    """Where a lead is in lists."""

    created_at: int
    position: int


class KnownRow(msgspec.Struct, frozen=True):
    """A person who is a lead of the client already."""

    slug: str
    lead_id: str


class RunOfLead(msgspec.Struct, frozen=True):
    """One of the runs that worked on a lead: the first, and a further one for each retry."""

    run_id: str
    began_at: int


class AssetRow(msgspec.Struct, frozen=True):
    """Something that was made for a lead."""

    id: str
    lead_id: str
    kind: str
    name: str
    title: str
    content_type: str
    size: int
    run_id: str
    created_at: int


class AssetContent(msgspec.Struct, frozen=True):
    """The same with its content."""

    id: str
    kind: str
    name: str
    title: str
    content_type: str
    content: str


class ShareRow(msgspec.Struct, frozen=True):
    """A link to a lead for people without an account. The link itself is stored nowhere."""

    id: str
    lead_id: str
    created_by: str
    created_at: int
    expires_at: int
    revoked_at: int | None


class PastRun(msgspec.Struct, frozen=True):
    """How long a step once took."""

    task: str
    took_ms: int


ROWS = (
    AssetContent,
    AssetRow,
    BatchRow,
    ClientRow,
    KnownRow,
    LeadRow,
    PastRun,
    PlaceRow,
    RunOfLead,
    ShareRow,
)
