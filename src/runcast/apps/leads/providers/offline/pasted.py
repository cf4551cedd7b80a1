"""Facts out of text that somebody pasted: what it says in so many words, nothing that it might mean."""

from __future__ import annotations

import re

from runcast.apps.leads.contract import Fact
from runcast.apps.leads.providers.profiles.paths import clean

SOURCE = "pasted text"
LINES_MAX = 400
_LABELS = {
    "name": "name", "full name": "name", "title": "title", "job title": "title", "position": "title", "role": "title",
    "company": "company", "employer": "company", "organisation": "company", "organization": "company",
    "location": "location", "city": "location", "based in": "location", "headline": "headline",
    "summary": "summary", "about": "summary", "website": "website", "domain": "website", "industry": "industry",
    "school": "school", "education": "school",
}  # fmt: skip
_LABELED = re.compile(r"^\s*([A-Za-z][A-Za-z ]{1,20}?)\s*[:=\t]\s*(\S.*)$")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_AT = re.compile(
    r"^(?P<title>[A-ZÀ-Þ][^@|·•.!?]{1,80}?)\s+(?:at|@|bei|chez)\s+(?P<company>[A-ZÀ-Þ0-9][^@|·•,!?]{1,80})$"
)
"""`Head of Growth at Acme`, as people write below their names; `Met her at a fair` is a note."""
_WORK_WORDS = """
head chief director vp president manager engineer developer founder cofounder co-founder partner owner ceo cto cfo coo cmo cro cio
lead leader officer consultant analyst designer professor researcher scientist specialist executive architect recruiter editor
writer producer strategist associate assistant coordinator administrator advisor adviser chair chairman chairwoman principal
representative accountant lawyer attorney counsel buyer planner teacher marketer seller technician operator intern
geschäftsführer leiter leiterin directeur directrice
"""
_WORK = frozenset(_WORK_WORDS.split())
"""One of them is in nearly every title, and in few sentences."""


def facts_of(text: str) -> tuple[Fact, ...]:
    """Lines such as `Company: Acme`, a line `title at company`, and addresses of e-mail.

    >>> [(fact.name, fact.value) for fact in facts_of("Jane Doe\\nHead of Growth at Acme\\njane@acme.io")]
    [('headline', 'Head of Growth at Acme'), ('title', 'Head of Growth'), ('company', 'Acme'), ('email', 'jane@acme.io')]
    """
    found: dict[str, str] = {}
    for line in text.splitlines()[:LINES_MAX]:
        labeled = _LABELED.match(line)
        name = _LABELS.get(labeled[1].strip().lower()) if labeled else None
        if labeled and name:
            found.setdefault(name, clean(labeled[2]))
        elif (position := _position(line)) and "title" not in found and "company" not in found:
            found.setdefault("headline", clean(line))
            found["title"], found["company"] = clean(position["title"]), clean(position["company"])
        if address := _EMAIL.search(line):
            found.setdefault("email", address[0].rstrip(".").lower())
    return tuple(Fact(name, value, SOURCE) for name, value in found.items() if value)


def _position(line: str) -> re.Match[str] | None:
    found = _AT.match(line.strip())
    return found if found and _WORK & set(re.findall(r"[\w-]+", found["title"].lower())) else None
