"""What the pipeline and its providers agree on: values, outcomes, and what a set of providers can be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Any, Protocol

import msgspec

JsonObject = dict[str, Any]


class Kind(StrEnum):
    """What a provider does."""

    ENRICH = "enrich"
    """Finds out who a person is."""
    RESEARCH = "research"
    """Reads about the person and the company."""
    WRITE = "write"
    """Writes e-mails and pages."""


class Outcome(StrEnum):
    """How a call of a provider ended. Each provider's own meaning of 403, 404 or 429 is translated by its adapter."""

    FILLED = "filled"
    NO_MATCH = "no_match"
    """The provider knows nothing of this person; usually free."""
    PENDING = "pending"
    """It works on it: ask again after `retry_after_s`, with `handle`."""
    RATE_LIMITED = "rate_limited"
    """Ask again after `retry_after_s`."""
    OUT_OF_CREDITS = "out_of_credits"
    AUTH_ERROR = "auth_error"
    """The key is missing or refused."""
    BAD_INPUT = "bad_input"
    """The provider cannot be asked this."""
    TRANSIENT = "transient"
    """It failed in a way that may pass: a connection, a 5xx, a stream that was cut."""


class Fact(msgspec.Struct, frozen=True):
    """One thing that is known, and from where."""

    name: str
    """Such as `title`, `school`, `posts`."""
    value: str
    source: str
    """The provider's name, `url`, `pasted text`, or the address of a page."""


class Source(msgspec.Struct, frozen=True):
    """A page that research read."""

    url: str
    title: str = ""
    snippet: str = ""
    date: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who a lead is. What is not known is empty: nothing is guessed."""

    name: str = ""
    title: str = ""
    company: str = ""
    company_domain: str = ""
    location: str = ""
    headline: str = ""
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    """Where each of the fields above came from, under its name, and whatever else is known."""


class Research(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was read about a lead."""

    markdown: str
    sources: tuple[Source, ...] = ()
    facts: tuple[Fact, ...] = ()


class Email(msgspec.Struct, frozen=True):
    """A letter that could be sent."""

    subject: str
    body: str


class LandingPage(msgspec.Struct, frozen=True):
    """A self-contained page."""

    html: str


class Usage(msgspec.Struct, frozen=True, rename="camel"):
    """What a model consumed. `model` is empty for what is no model."""

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


class FoundProfile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of a provider of profiles."""

    outcome: Outcome
    value: Profile | None = None
    source: str
    """The provider's name."""
    cost_usd: float | None = 0.0
    """What the call cost, also when nothing was found. None: nobody said, and no price is known."""
    retry_after_s: float | None = None
    detail: str = ""
    """For people: what happened, and what to do."""
    handle: str = ""
    """Of a job at the provider, for `pending`."""
    raw: JsonObject | None = None
    """What the provider said, as far as people may like to see it; never a key."""


class FoundResearch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of a provider of research; the fields mean the same as in `FoundProfile`."""

    outcome: Outcome
    value: Research | None = None
    source: str
    cost_usd: float | None = 0.0
    usage: Usage = Usage()
    retry_after_s: float | None = None
    detail: str = ""
    handle: str = ""
    raw: JsonObject | None = None


Found = FoundProfile | FoundResearch


class ClientBrief(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """For whom is written: the client of a lead, who offers something. Its fields stand here, and nowhere else."""

    name: str
    website: str = ""
    offer: str = ""
    """What the client offers: the letters are about it."""
    tone: str = ""
    """Such as *friendly, short*."""
    sender: str = ""
    """Who signs the letters, such as `Ada Lovelace, Globex`."""
    brand_color: str = ""
    """`#rrggbb`, of the landing pages; or empty."""
    logo_url: str = ""
    """Of the landing pages: `https://…`."""


class EnrichInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of a lead before anybody is asked."""

    linkedin_url: str
    slug: str
    """The last part of the URL: `ada-lovelace`."""
    facts: tuple[Fact, ...] = ()
    """From pasted text or an uploaded CSV, under the names of `Profile`'s fields where they fit."""
    text: str = ""
    """What was pasted, as it is."""
    pages: tuple[str, ...] = ()
    """Public pages that the user named."""
    known: Profile = Profile()
    """What the providers before found."""


class ResearchInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """About whom is read, for whom, and where the user says to look."""

    profile: Profile
    client: ClientBrief
    pages: tuple[str, ...] = ()


class WriteRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the writers are given."""

    profile: Profile
    research: Research
    client: ClientBrief
    count: int = 1
    """How many e-mails, as a sequence: an opener and follow-ups."""


class Delta(msgspec.Struct, frozen=True, tag="delta"):
    """A piece of text as it comes. The text of a stream of e-mails is as `parse_emails` reads it."""

    text: str


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """The end of a text. A stream without one was cut: it is a failure, whatever came before."""

    reason: str
    """The provider's own word, such as `stop` or `end_turn`."""
    usage: Usage = Usage()
    cost_usd: float | None = None
    """None: nobody said, and no price is known."""
    complete: bool = True
    """False: the text ends at a limit of length, or was refused."""
    request_id: str = ""


Writing = AsyncIterator[Delta | Finished]


class ProviderFailed(Exception):
    """A stream could not begin or ended badly; the same words as in `Found`."""

    def __init__(
        self,
        provider: str,
        outcome: Outcome,
        detail: str,
        *,
        retry_after_s: float | None = None,
        cost_usd: float = 0.0,
    ) -> None:
        super().__init__(f"{provider}: {detail}")
        self.provider = provider
        self.outcome = outcome
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.cost_usd = cost_usd


class Options(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is to be made of a lead."""

    generate_emails: bool = True
    generate_one_pager: bool = True
    approval: bool = False
    """Wait for a person before the lead counts as done."""
    emails: int = 2


class Choices(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which providers are asked, in which order, and how. Keys are never here: they come from environment variables."""

    enrich: tuple[str, ...] | None = None
    """None: all that have what they need, in the order that the providers' module proposes."""
    research: tuple[str, ...] | None = None
    write: tuple[str, ...] | None = None
    """The first one that is ready writes; a later one is asked when an earlier one has no key or no credit."""
    options: dict[str, JsonObject] = {}
    """By provider's name: a model, a base URL, a template."""


class ProviderInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A provider, as the settings show it."""

    name: str
    title: str
    kinds: tuple[Kind, ...]
    ready: bool
    """It has all that it needs."""
    needs: tuple[str, ...] = ()
    """Names of environment variables."""
    note: str = ""
    price: str = ""
    options_schema: JsonObject = {}
    """JSON Schema of `Choices.options[name]`."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one lead is expected to cost and take, by step: `enrich`, `research`, `write_emails`, `build_page`."""

    cost_usd: dict[str, float]
    """At most, by list prices. A step whose price nobody knows is not in it."""
    seconds: dict[str, float]


class Toolbox(Protocol):
    """All providers, with the keys and choices of one environment.

    The pipeline makes each call a recorded step of its own, and decides itself who is asked next. No call raises for
    what a provider answers: that is in `Found`. Whatever is raised nevertheless counts as `transient`.
    """

    def order(self, kind: Kind) -> tuple[str, ...]:
        """Who is asked, in order, by name. Never empty: the last one needs neither a key nor a network."""
        ...

    async def enrich(self, provider: str, wanted: EnrichInput, *, handle: str = "") -> FoundProfile: ...

    async def research(self, provider: str, wanted: ResearchInput, *, handle: str = "") -> FoundResearch: ...

    def write_emails(self, provider: str, request: WriteRequest) -> Writing:
        """The letters, as text that `parse_emails` reads. Raises `ProviderFailed` before or amid the text."""
        ...

    def write_page(self, provider: str, request: WriteRequest) -> Writing:
        """The text of the landing page, as it comes; `page_of` makes HTML of it."""
        ...

    def parse_emails(self, text: str) -> tuple[Email, ...]:
        """Raises `ProviderFailed` (`transient`) for a text in which there is no letter."""
        ...

    def page_of(self, provider: str, text: str, request: WriteRequest) -> LandingPage:
        """The page: the provider's text in our template, everything escaped."""
        ...

    def estimate(self, options: Options, *, medians_s: Mapping[str, float] | None = None) -> Estimate:
        """`medians_s`: how long steps took lately, where that is known."""
        ...

    def providers(self) -> tuple[ProviderInfo, ...]: ...


class MakeToolbox(Protocol):
    """`runcast.apps.leads.providers.make_toolbox`: cheap to call, for each lead anew."""

    def __call__(self, choices: Choices, env: Mapping[str, str]) -> Toolbox: ...
