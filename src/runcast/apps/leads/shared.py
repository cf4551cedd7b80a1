"""A lead as whoever has a link to it sees it: what was made, and how far it is. Nothing of how: no payload, run, provider,
cost or reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from runcast.apps.leads.rows import AssetRow, LeadRow
from runcast.apps.leads.status import LIVE, LeadStatus
from runcast.apps.leads.views import LeadDetail, show_detail

SHARED_KINDS = frozenset({"research", "email", "page"})
"""The profile stays here: it has what providers answered, and what that cost."""


class SharedStep(msgspec.Struct, frozen=True):
    """A step, and where it is."""

    key: str
    title: str
    status: str
    started: datetime | None
    finished: datetime | None


class SharedAsset(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that was made; its content is at `…/shared/{token}/assets/{id}`."""

    id: str
    kind: str
    """`research`, `email` or `page`."""
    name: str
    title: str
    content_type: str
    size: int
    created_at: datetime


class SharedLead(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that a link to a lead shows."""

    name: str
    """Empty until the profile is read."""
    slug: str
    title: str
    company: str
    linkedin_url: str
    client: str
    """Its name."""
    status: LeadStatus
    progress: float
    """0 to 100."""
    current_step: str
    created_at: datetime
    finished_at: datetime | None
    steps: list[SharedStep]
    assets: list[SharedAsset]

    @property
    def is_live(self) -> bool:
        """Whether it still changes by itself."""
        return self.status in LIVE


def show_shared(row: LeadRow, assets: Sequence[AssetRow]) -> SharedLead:
    """The lead of a row with what may be seen of it: each field is named here, so that none comes along by accident."""
    lead: LeadDetail = show_detail(row, assets, [], {}, now_ms=0)
    return SharedLead(
        name=lead.name,
        slug=lead.slug,
        title=lead.title,
        company=lead.company,
        linkedin_url=lead.linkedin_url,
        client=lead.client.name,
        status=lead.status,
        progress=lead.progress,
        current_step=lead.current_step,
        created_at=lead.created_at,
        finished_at=lead.finished_at,
        steps=[SharedStep(one.key, one.title, one.status, one.started, one.finished) for one in lead.steps],
        assets=[
            SharedAsset(
                id=one.id,
                kind=one.kind,
                name=one.name,
                title=one.title,
                content_type=one.content_type,
                size=one.size,
                created_at=one.created_at,
            )
            for one in lead.assets
            if one.kind in SHARED_KINDS
        ],
    )
