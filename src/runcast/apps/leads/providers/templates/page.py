"""The text of a landing page from a template, in the form that models are asked for, too."""

from __future__ import annotations

from runcast.apps.leads.contract import Fact, WriteRequest
from runcast.apps.leads.providers.templates.words import (
    about_company,
    capital,
    counted,
    first_name,
    flat,
    host_of,
    is_of,
    sentence,
    shortened,
)

_SHOWN = {
    "industry": "Industry", "company_industry": "Industry", "founded": "Founded", "employees": "People",
    "company_size": "People", "address": "Address", "company_ticker": "Listed as",
}  # fmt: skip
"""Facts about a company that may be shown to it, with a word for each."""
_POINT_CHARS_MAX = 220
FACTS_MIN = 2
"""Fewer are no section of a page."""


def page_text(request: WriteRequest) -> str:
    """A headline, the company's own words, what was read, and the next step; only of what is known."""
    client, profile = request.client, request.profile
    whom = profile.company or first_name(profile)
    lines = [f"# {client.name} for {whom}" if whom else f"# {client.name}"]
    if client.offer:
        lines.append(sentence(capital(flat(client.offer))))
    quote, host = about_company(request)
    if quote:
        lines += ["## In your own words", f"“{quote}” ({host})"]
    read = _read(request)
    # A company needs nobody to tell it its ticker alone.
    lines += _section(f"What we read about {profile.company or 'you'}", read if len(read) >= FACTS_MIN else [])
    lines += _section("What happens next", _next(request))
    where = host_of(client.website) or client.website
    lines.append(f"> Visit {where}" if where else "> Reply to our e-mail")
    return "\n".join(flat(line) for line in lines)


def _section(title: str, points: list[str]) -> list[str]:
    return [f"## {title}", *(f"- {point}" for point in points)] if points else []


def _read(request: WriteRequest) -> list[str]:
    found: dict[str, str] = {}
    for fact in (*request.research.facts, *request.profile.facts):
        if (label := _SHOWN.get(fact.name)) and _is_of_company(fact, request):
            found.setdefault(label, shortened(counted(fact.value), _POINT_CHARS_MAX))
    return [f"{label}: {value}" for label, value in found.items()]


def _is_of_company(fact: Fact, request: WriteRequest) -> bool:
    """A page that the user named may be anybody's: only the company's own speaks for it."""
    host = host_of(fact.source)
    return not host or is_of(host, request.profile.company_domain)


def _next(request: WriteRequest) -> list[str]:
    client = request.client
    points = [f"A short call: 15 minutes with {client.sender or client.name}, at a time that suits you"]
    if client.website:
        points.append(f"Look around first: see {host_of(client.website) or client.website}")
    return [*points, "Ask anything: reply to the e-mail that brought you here"]
