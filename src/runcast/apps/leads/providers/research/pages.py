"""Research without a key: what is known of the lead, and what the pages say that the user named."""

from __future__ import annotations

import asyncio

from runcast.apps.leads.contract import (
    Fact,
    FoundResearch,
    JsonObject,
    Outcome,
    Profile,
    Research,
    ResearchInput,
    Source,
)
from runcast.apps.leads.providers.offline.pages import FetchedPage, fetch_pages, organization_facts
from runcast.apps.leads.providers.offline.registrants import registrant_facts
from runcast.apps.leads.providers.research.markdown import inert, with_sources
from runcast.apps.leads.providers.templates.words import position

NAME = "pages"
_TEXTS_SHOWN = 5
_PERSON = ("location", "headline", "summary")


async def research(wanted: ResearchInput, private: tuple[str, ...], options: JsonObject) -> FoundResearch:
    """Never raises; a page that cannot be read is named with its reason, and never a failure of the whole."""
    profile = wanted.profile
    urls = list(wanted.pages)
    if options.get("company_website") is True and profile.company_domain:
        urls.append(f"https://{profile.company_domain}")
    pages = await fetch_pages(tuple(urls), private)
    listed = await asyncio.to_thread(registrant_facts, profile.company, profile.company_domain)
    read = [page for page in pages if page.facts is not None]
    facts = (*(fact for page in read for fact in organization_facts(page)), *listed)
    sources = tuple(_source(page) for page in read)
    parts = [_person(profile), _company(profile, listed), *(_page(page, number) for number, page in enumerate(read, 1))]
    text = "\n\n".join(filter(None, parts))
    failed = "; ".join(f"{page.url}: {page.error}" for page in pages if page.facts is None)
    detail = f"Not read: {failed}" if failed else ""
    if not text:
        detail = detail or "Nothing is known yet. Name a page to read, paste what you know, or give a provider's key."
        return FoundResearch(outcome=Outcome.NO_MATCH, source=NAME, detail=detail)
    value = Research(markdown=with_sources(text, sources), sources=sources, facts=facts)
    return FoundResearch(outcome=Outcome.FILLED, value=value, source=NAME, detail=detail)


def _source(page: FetchedPage) -> Source:
    assert page.facts is not None
    return Source(page.url, page.facts.title or page.host, page.facts.description)


def _person(profile: Profile) -> str:
    lines = [f"**{inert(profile.name)}**" if profile.name else "", inert(position(profile))]
    first = ", ".join(filter(None, lines))
    others = [f"- {name.capitalize()}: {inert(text)}" for name in _PERSON if (text := getattr(profile, name))]
    body = "\n\n".join(filter(None, [first, "\n".join(others)])) if first or others else ""
    return f"## Person\n\n{body}" if body else ""


def _company(profile: Profile, listed: tuple[Fact, ...]) -> str:
    if not profile.company and not profile.company_domain:
        return ""
    found = {"Name": profile.company, "Domain": profile.company_domain}
    found |= {fact.name.removeprefix("company_").replace("_", " ").capitalize(): fact.value for fact in listed}
    lines = [f"- {name}: {inert(text)}" for name, text in found.items() if text]
    credit = "\n\nFrom the list of the SEC's registrants." if listed else ""
    return "\n".join(["## Company", "", *lines]) + credit


def _page(page: FetchedPage, number: int) -> str:
    assert page.facts is not None
    title = inert(page.facts.title or page.host)
    facts = [f"- {fact.name.capitalize()}: {inert(fact.value)}" for fact in organization_facts(page)]
    quotes = [f"> {inert(text)}" for text in page.facts.texts[:_TEXTS_SHOWN]]
    body = "\n\n".join(filter(None, ["\n".join(facts), "\n>\n".join(quotes)]))
    return f"## {title} [{number}]\n\n{body}" if body else f"## {title} [{number}]"
