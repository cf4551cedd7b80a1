"""What is asked about a lead."""

from __future__ import annotations

from typing import Any

from runcast.apps.leads.contract import ResearchInput

QUERY_CHARS_MAX = 380
"""Tavily takes 400, Brave 400 and 50 words."""
_WORDS_MAX = 40


def topic(wanted: ResearchInput) -> dict[str, Any]:
    """The person, as an agent is told of them."""
    profile = wanted.profile
    found = {
        "name": profile.name,
        "title": profile.title,
        "company": profile.company,
        "company_domain": profile.company_domain,
        "location": profile.location,
        "pages": list(wanted.pages),
        "offer": wanted.client.offer,
    }
    return {name: value for name, value in found.items() if value}


def queries(wanted: ResearchInput) -> tuple[str, ...]:
    """What a search engine is asked: the person at their company, and the company's news. Empty where nothing is known."""
    profile = wanted.profile
    company = profile.company or profile.company_domain
    person = " ".join(filter(None, (_quoted(profile.name), company or profile.title)))
    found = (person if profile.name else "", f"{_quoted(company)} company news" if company else "")
    return tuple(" ".join(query.split()[:_WORDS_MAX])[:QUERY_CHARS_MAX] for query in found if query)


def _quoted(text: str) -> str:
    """As one phrase; what would be an operator of the search engine is dropped."""
    words = "".join(character if character.isalnum() or character in "-.'&" else " " for character in text).split()
    return f'"{" ".join(words)}"' if words else ""
