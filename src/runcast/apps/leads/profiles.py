"""Profiles put together from what several sources say; the first that says a thing is believed."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from runcast.apps.leads.contract import Fact, Profile

FIELDS = ("name", "title", "company", "company_domain", "location", "headline", "summary")


def from_facts(facts: Iterable[Fact]) -> Profile:
    """What facts under the names of fields say.

    >>> from_facts([Fact("title", "Engineer", "CSV")]).title
    'Engineer'
    """
    known = tuple(facts)
    fields: dict[str, str] = {}
    for fact in known:
        if fact.name in FIELDS and fact.value:
            fields.setdefault(fact.name, fact.value)
    return Profile(facts=known, **fields)


def merge(first: Profile, second: Profile) -> Profile:
    """`first`, and from `second` what it does not say."""
    added = {name: getattr(second, name) for name in FIELDS if not getattr(first, name) and getattr(second, name)}
    # Of a field that is taken from the first, what the second says of it is not shown as found.
    used = [fact for fact in second.facts if fact.name not in FIELDS or fact.name in added]
    known = {(fact.name, fact.value) for fact in first.facts}
    new = tuple(fact for fact in used if (fact.name, fact.value) not in known)
    return replace(first, facts=(*first.facts, *new), **added)


def is_enough(profile: Profile) -> bool:
    """Whether nobody else needs to be asked."""
    return bool(profile.name and profile.title and profile.company)
