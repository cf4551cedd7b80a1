"""What can be known of a company from its row alone: pure functions, no network, no guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from cleanco import basename  # type: ignore[import-untyped]  # it ships no types
from nameparser import HumanName
from publicsuffixlist import PublicSuffixList

from runcast.demo.names import plain

_SCHEMES = re.compile(r"^(?:[a-z][a-z0-9+.-]*:/{1,2})+", re.IGNORECASE)
_HOST = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
_INITIAL = re.compile(r"^\w\.?$")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in its parts; `first` is the name a person is called by."""

    first: str
    last: str


def registered_domain(website: str) -> str | None:
    """The domain that somebody registered, from whatever stands in a website column.

    >>> registered_domain("https://https://ir.doordash.com/news")
    'doordash.com'
    >>> registered_domain("n/a") is None
    True
    """
    try:
        host = urlsplit("//" + _SCHEMES.sub("", website.strip())).hostname or ""
        host = host.rstrip(".").encode("idna").decode()
    except ValueError:  # brackets without an address, or a label that no domain may have
        return None
    return _public_suffixes().privatesuffix(host) if _HOST.match(host) else None


def clean_name(company: str) -> str | None:
    """The name without its legal form, or None if nothing that a company could be called is left.

    >>> clean_name("Procter &amp; Gamble Co.")
    'Procter & Gamble'
    """
    text = plain(company)
    cleaned: str = basename(text)
    if cleaned.count("(") > cleaned.count(")"):  # cleanco takes a closing parenthesis for punctuation
        cleaned += ")"
    return cleaned if is_name(cleaned) else None


def is_name(text: str) -> bool:
    """Whether a text could name something: letters, and not one of a spreadsheet's errors such as `#REF!`."""
    return any(character.isalpha() for character in text) and not text.startswith(("#", "="))


def split_name(person: str) -> PersonName | None:
    """First and last name of the first person named, or None if there are not both.

    >>> split_name("C. Douglas McMillon")
    PersonName(first='Douglas', last='McMillon')
    """
    name = HumanName(person.partition("/")[0])
    first = name.middle if _INITIAL.match(name.first) and name.middle else name.first
    return PersonName(first, name.last) if is_name(first) and is_name(name.last) else None


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    # An unknown ending is not a domain: `report.docx` is a file's name.
    return PublicSuffixList(accept_unknown=False)
