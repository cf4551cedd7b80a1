"""The profile that needs neither a key nor a network: the address, what was pasted, and public lists."""

from __future__ import annotations

import asyncio

from nameparser import HumanName

from runcast.apps.leads.contract import EnrichInput, Fact, FoundProfile, Outcome, Profile
from runcast.apps.leads.providers.offline.domains import COMPANY, company_domain, kind_of
from runcast.apps.leads.providers.offline.pages import fetch_pages, person_facts
from runcast.apps.leads.providers.offline.pasted import facts_of
from runcast.apps.leads.providers.offline.registrants import registrant_facts
from runcast.apps.leads.providers.offline.slug import SlugName, name_of
from runcast.apps.leads.providers.profiles.api import FIELDS
from runcast.apps.leads.providers.profiles.paths import clean

NAME = "offline"
URL = "url"
LISTS = "public lists"
NAME_PARTS = "name"


async def look_up(wanted: EnrichInput, private: tuple[str, ...] = ()) -> FoundProfile:
    """What is known without asking anybody, but for the pages that the user named; where that is nothing, `no_match`."""
    name = (name_of(wanted.slug) or SlugName("", "", "")).full
    named = next((fact.value for fact in (*wanted.facts, *facts_of(wanted.text)) if fact.name == "name"), name)
    pages = await fetch_pages(wanted.pages, private)
    of_pages = tuple(fact for page in pages for fact in person_facts(page, named))
    # The first call reads lists of thousands of rows; other runs go on meanwhile.
    profile = await asyncio.to_thread(profile_of, wanted, of_pages)
    if not any(getattr(profile, field) for field in FIELDS):
        detail = "The address names nobody for certain. Paste what you know, or give a provider's key."
        return FoundProfile(outcome=Outcome.NO_MATCH, source=NAME, detail=detail)
    return FoundProfile(outcome=Outcome.FILLED, value=profile, source=NAME, detail=_told(profile))


def profile_of(wanted: EnrichInput, of_pages: tuple[Fact, ...] = ()) -> Profile:
    """Facts of the user first, then of the pasted text, then of pages, then what the address spells."""
    facts = _firsts((*_cleaned(wanted.facts), *facts_of(wanted.text), *of_pages))
    facts.update({name: fact for name, fact in _from_address(wanted).items() if name not in facts})
    facts.update({fact.name: fact for fact in _from_domain(facts)})
    if "company_domain" in facts and not company_domain(facts["company_domain"].value):
        del facts["company_domain"]
    known = {name: facts[name].value for name in FIELDS if name in facts}
    company = known.get("company") or wanted.known.company
    domain = known.get("company_domain") or wanted.known.company_domain
    listed = registrant_facts(company, domain)
    return Profile(**known, facts=(*facts.values(), *_name_parts(known.get("name", "")), *listed))


def _firsts(facts: tuple[Fact, ...]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in facts:
        found.setdefault(fact.name, fact)
    return found


def _cleaned(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(Fact(fact.name, text, fact.source) for fact in facts if (text := clean(fact.value)))


def _from_address(wanted: EnrichInput) -> dict[str, Fact]:
    name = name_of(wanted.slug)
    return {"name": Fact("name", name.full, URL)} if name else {}


def _from_domain(facts: dict[str, Fact]) -> tuple[Fact, ...]:
    """Whose domain the e-mail address or the website has."""
    found: list[Fact] = []
    if email := facts.get("email"):
        kind = kind_of(email.value.rpartition("@")[2])
        if kind != COMPANY:
            found.append(Fact("email_kind", kind, LISTS))
    # People write a website where a domain is asked for.
    for name in ("company_domain", "website", "email"):
        fact = facts.get(name)
        if fact and (domain := company_domain(fact.value)):
            return (*found, Fact("company_domain", domain, fact.source))
    return tuple(found)


def _name_parts(name: str) -> tuple[Fact, ...]:
    parts = HumanName(name)
    if not parts.first or not parts.last:
        return ()
    return Fact("first_name", parts.first, NAME_PARTS), Fact("last_name", parts.last, NAME_PARTS)


def _told(profile: Profile) -> str:
    sources = {fact.source for fact in profile.facts if fact.name in FIELDS}
    if sources == {URL}:
        return "From the address only: the name may be wrong."
    return f"From {', '.join(sorted(sources))}; nobody was asked."
