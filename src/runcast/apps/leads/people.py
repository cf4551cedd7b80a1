"""People as they are given: addresses line by line, pasted texts, and tables in CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from runcast import InvalidInput
from runcast.apps.leads.contract import Fact
from runcast.apps.leads.jobs import Known
from runcast.apps.leads.urls import Person, read_url

LEADS_MAX = 1_000
"""Of one request."""
TEXT_CHARS_MAX = 50_000
"""Pasted for one person."""
FACTS_MAX = 50
FACT_CHARS_MAX = 2_000
PAGES_MAX = 10
NAME_CHARS_MAX = 60
"""Of a fact, and of where it is from."""
URL_CHARS_MAX = 2_048
CSV_SOURCE = "CSV"
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_COLUMNS = {
    "linkedin": "url",
    "linkedin_url": "url",
    "linkedin_profile": "url",
    "linkedin_profile_url": "url",
    "person_linkedin_url": "url",
    "profile_url": "url",
    "url": "url",
    "name": "name",
    "full_name": "name",
    "title": "title",
    "job_title": "title",
    "position": "title",
    "role": "title",
    "company": "company",
    "company_name": "company",
    "organization": "company",
    "employer": "company",
    "company_domain": "company_domain",
    "domain": "company_domain",
    "website": "company_domain",
    "company_website": "company_domain",
    "location": "location",
    "city": "location",
    "headline": "headline",
    "summary": "summary",
    "about": "summary",
    "first_name": "first_name",
    "last_name": "last_name",
}


class Line(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is to be said of a line before anything is begun."""

    line: int
    """From 1."""
    text: str
    ok: bool
    url: str = ""
    slug: str = ""
    reason: str = ""
    """Why it is refused."""
    duplicate_of: int | None = None
    """The line that says the same; one lead is made of both."""
    lead_id: str = ""
    """A lead of the client that this person is already."""


class NewPerson(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the user knows of a person."""

    linkedin_url: str
    facts: tuple[Fact, ...] = ()
    text: str = ""
    pages: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """People of a CSV, and the rows that name none."""

    people: list[NewPerson]
    refused: list[Line]


def read_lines(lines: Iterable[str]) -> list[Line]:
    """Each line, read or refused; equal persons are told apart from the first."""
    found: list[Line] = []
    first: dict[str, int] = {}
    for number, text in enumerate(lines, 1):
        shown = text[:300]
        try:
            person = read_url(text)
        except InvalidInput as error:
            found.append(Line(line=number, text=shown, ok=False, reason=str(error)))
            continue
        same = first.setdefault(person.slug, number)
        found.append(
            Line(
                line=number,
                text=shown,
                ok=True,
                url=person.url,
                slug=person.slug,
                duplicate_of=same if same != number else None,
            )
        )
    return found


def people_of(lines: Iterable[Line]) -> list[Person]:
    """Each person once."""
    return [Person(line.url, line.slug) for line in lines if line.ok and line.duplicate_of is None]


def known_of(people: Iterable[NewPerson]) -> dict[str, Known]:
    """What is known, by slug; what is said of one person in several places is put together. Raises `InvalidInput`."""
    found: dict[str, NewPerson] = {}
    for person in people:
        slug = read_url(person.linkedin_url).slug
        before = found.get(slug)
        found[slug] = person if before is None else _together(before, person)
    return {slug: _check_known(person) for slug, person in found.items()}


def _together(one: NewPerson, other: NewPerson) -> NewPerson:
    return NewPerson(
        linkedin_url=one.linkedin_url,
        facts=(*one.facts, *other.facts),
        text="\n".join(filter(None, (one.text, other.text))),
        pages=tuple(dict.fromkeys((*one.pages, *other.pages))),
    )


def _check_known(person: NewPerson) -> Known:
    if len(person.text) > TEXT_CHARS_MAX:
        raise InvalidInput(f"up to {TEXT_CHARS_MAX:,} characters are pasted for a person, got {len(person.text):,}")
    if len(person.facts) > FACTS_MAX or any(len(fact.value) > FACT_CHARS_MAX for fact in person.facts):
        raise InvalidInput(f"a person has up to {FACTS_MAX} facts of up to {FACT_CHARS_MAX:,} characters")
    if len(person.pages) > PAGES_MAX:
        raise InvalidInput(f"up to {PAGES_MAX} pages are read for a person, got {len(person.pages)}")
    facts = tuple(Fact(_name(fact.name), visible(fact.value), _name(fact.source)) for fact in person.facts)
    return Known(facts=facts, text=visible(person.text), pages=tuple(check_page(page) for page in person.pages))


def _name(text: str) -> str:
    return visible(text)[:NAME_CHARS_MAX]


def visible(text: str) -> str:
    """The text without characters that are none, or that turn around what is read.

    >>> visible("Ada\\0 \\u202eLovelace"), visible("one\\ntwo")
    ('Ada Lovelace', 'one\\ntwo')
    """
    return _INVISIBLE.sub("", text)


def check_page(url: str) -> str:
    """The address of a public page. Raises `InvalidInput`.

    >>> check_page(" https://acme.io/about ")
    'https://acme.io/about'
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidInput(f"{url[:100]!r} is no web address") from error
    if parts.scheme not in ("http", "https"):
        raise InvalidInput(f"{url[:100]!r} is no web address: it begins with https://")
    # `urlsplit` has checked what stands in brackets.
    is_host = _HOST.fullmatch(parts.hostname or "") or ":" in (parts.hostname or "")
    if not is_host or len(url) > URL_CHARS_MAX or not url.isprintable() or " " in url:
        raise InvalidInput(f"{url[:100]!r} is no web address")
    return url


def read_csv(text: str) -> Table:
    """People of a table whose header names the columns, in the words that exports use. Raises `InvalidInput`.

    >>> read_csv("linkedin url,job title\\nlinkedin.com/in/ada,Analyst").people[0].facts[0].value
    'Analyst'
    """
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    except csv.Error as error:
        raise InvalidInput(f"this is no CSV: {error}") from error
    if not rows:
        raise InvalidInput("the table is empty")
    header = [_NOT_WORDS.sub("_", name.lower()).strip("_") for name in rows[0]]
    columns = [_COLUMNS.get(name, name) for name in header]
    if "url" not in columns:
        raise InvalidInput("no column of the table is called LinkedIn URL")
    body = [(number, row) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    if len(body) > LEADS_MAX:
        raise InvalidInput(f"up to {LEADS_MAX:,} people at once, the table has {len(body):,}")
    return _read_rows(columns, body)


def _read_rows(columns: list[str], body: Iterable[tuple[int, list[str]]]) -> Table:
    people: list[NewPerson] = []
    refused: list[Line] = []
    for number, row in body:
        cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if cell.strip()}
        url = cells.pop("url", "")
        try:
            people.append(NewPerson(linkedin_url=read_url(url).url, facts=_facts(cells)))
        except InvalidInput as error:
            refused.append(Line(line=number, text=url[:300], ok=False, reason=str(error)))
    return Table(people=people, refused=refused)


def _facts(cells: Mapping[str, str]) -> tuple[Fact, ...]:
    named = dict(cells)
    parts = [named.pop("first_name", ""), named.pop("last_name", "")]
    if "name" not in named and any(parts):
        named["name"] = " ".join(part for part in parts if part)
    if "company_domain" in named:
        named["company_domain"] = _domain(named["company_domain"])
    found = [
        Fact(name[:NAME_CHARS_MAX], visible(value)[:FACT_CHARS_MAX], CSV_SOURCE)
        for name, value in named.items()
        if name
    ]
    return tuple(found[:FACTS_MAX])


def _domain(website: str) -> str:
    try:
        host = urlsplit(website if "//" in website else f"//{website}").hostname
    except ValueError:
        return website
    return (host or website).removeprefix("www.")
