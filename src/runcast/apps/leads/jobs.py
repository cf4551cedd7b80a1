"""What the tasks of Leads are given, and what they return."""

from __future__ import annotations

import msgspec

from runcast.apps.leads.contract import ClientBrief, Email, Fact, Options, Outcome, Profile, Research, WriteRequest


class Known(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the user says of a person."""

    facts: tuple[Fact, ...] = ()
    text: str = ""
    """Pasted from a profile, as it is."""
    pages: tuple[str, ...] = ()
    """Public pages to read."""


class Tried(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A provider that was asked, and what came of it."""

    provider: str
    outcome: Outcome
    detail: str = ""
    cost_usd: float | None = 0.0
    """None: nobody said, and no price is known."""


class Enriched(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `leads.enrich` found out."""

    profile: Profile
    tried: tuple[Tried, ...]
    run_id: str
    started: int
    raw: dict[str, dict[str, object]] = {}
    """What providers said, by name."""


class Researched(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `leads.research` read."""

    research: Research
    tried: tuple[Tried, ...]
    run_id: str
    started: int


class Letters(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `leads.write_emails` wrote."""

    emails: tuple[Email, ...]
    provider: str
    cost_usd: float | None = 0.0
    """None: nobody said, and no price is known."""
    run_id: str
    started: int


class Page(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `leads.build_page` built."""

    html: str
    provider: str
    cost_usd: float | None = 0.0
    """None: nobody said, and no price is known."""
    run_id: str
    started: int


class LeadJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of a lead's run."""

    lead_id: str
    linkedin_url: str
    slug: str
    client: ClientBrief
    options: Options = Options()
    known: Known = Known()
    letters: Letters | None = None
    """Kept from an earlier run: the step is not done again."""
    page: Page | None = None


class ResearchJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of the research."""

    lead: LeadJob
    profile: Profile


class WriteJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of the writing steps."""

    request: WriteRequest
    options: Options = Options()


class LeadResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a lead's run returns; what was made is among the lead's assets."""

    lead_id: str
    name: str
    title: str
    company: str
    emails: int = 0
    page: bool = False
    approved: bool | None = None
    """None: nobody was asked."""
