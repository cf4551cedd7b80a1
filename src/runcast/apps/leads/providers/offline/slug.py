"""What a LinkedIn address alone says of a person: perhaps a name, never more."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import msgspec
from nameparser import HumanName

_ID_PART = re.compile(r"^(?=.*\d)[0-9a-z]{2,}$", re.IGNORECASE)
"""What LinkedIn adds where a name is taken: `jane-doe-4a1b2c3d`, `jane-doe-12`."""
_NAME = re.compile(r"^[^\W\d_][^\W\d_'’.]*$")
_WORDS_MAX = 5
_TITLES = frozenset({"phd", "mba", "md", "cpa", "pmp", "dr", "esq", "jr", "sr", "ii", "iii"})


class SlugName(msgspec.Struct, frozen=True):
    """A name as an address spells it: without accents or capitals, which nobody can give back for certain."""

    full: str
    first: str
    last: str


def slug_of(url: str) -> str | None:
    """The part of a profile's address that names it, decoded; None if it is no address of a profile.

    >>> slug_of("https://www.linkedin.com/in/jane-doe-4a1b2c/?utm_source=x")
    'jane-doe-4a1b2c'
    """
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if host != "linkedin.com" and not host.endswith(".linkedin.com"):
        return None
    match parts.path.strip("/").split("/"):
        case ["in", slug, *_] if slug:
            return unquote(slug)
        case _:
            return None


def name_of(slug: str) -> SlugName | None:
    """The name that a slug spells, or None where it is not clear that it spells one.

    One word (`williamhgates`) could be cut anywhere, so it names nobody.

    >>> name_of("jane-van-der-berg-4a1b2c3d")
    SlugName(full='Jane van der Berg', first='Jane', last='van der Berg')
    >>> name_of("williamhgates") is None, name_of("growth-hacker-2024-x9") is None
    (True, True)
    """
    words = [word for word in slug.split("-") if word]
    while words and (_ID_PART.match(words[-1]) or words[-1].lower() in _TITLES):
        words.pop()
    if words and words[0].lower() in _TITLES:
        words = words[1:]
    if not 2 <= len(words) <= _WORDS_MAX or not all(_NAME.match(word) for word in words) or len(words[-1]) == 1:
        return None
    if {word.lower() for word in words} & _NOT_NAMES:
        return None
    name = HumanName(" ".join(words).lower())
    name.capitalize(force=True)
    first = name.middle.split()[0] if len(name.first.rstrip(".")) == 1 and name.middle else name.first
    return SlugName(str(name), first, name.last) if first and name.last else None


_NOT_NAMES = frozenset(
    [
        "growth",
        "hacker",
        "marketing",
        "agency",
        "consulting",
        "consultant",
        "official",
        "team",
        "sales",
        "hr",
        "recruiter",
        "recruiting",
        "digital",
        "tech",
        "software",
        "solutions",
        "group",
        "company",
        "the",
        "and",
        "for",
        "ceo",
        "cto",
        "cfo",
        "founder",
        "expert",
        "coach",
        "services",
        "media",
        "studio",
        "global",
    ]
)
"""Words of trades and companies: an address with one of them may be no person's name."""
