"""Values out of JSON by a path such as `data.jobs[0].title`."""

from __future__ import annotations

import re
from typing import Any

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
TEXT_CHARS_MAX = 2_000


def dig(body: Any, path: str) -> Any:
    """What is at a path; None where there is nothing.

    >>> dig({"jobs": [{"title": "CTO"}]}, "jobs[0].title")
    'CTO'
    """
    found = body
    for name, index in _PART.findall(path):
        if name:
            found = found.get(name) if isinstance(found, dict) else None
        else:
            found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else None
        if found is None:
            return None
    return found


def text_at(body: Any, paths: str) -> str:
    """The first of the alternatives (`a | b`) that has text; a comma joins parts (`city, country`).

    >>> text_at({"city": "Paris", "country": "France", "email": True}, "email | city, region, country")
    'Paris, France'
    """
    for alternative in paths.split("|"):
        parts = [clean(dig(body, path.strip())) for path in alternative.split(",")]
        if any(parts):
            return ", ".join(part for part in parts if part)
    return ""


def clean(value: Any) -> str:
    """One line of text; "" for what is none. `true` stands for "it is known, but not in your plan" at some providers."""
    match value:
        case bool() | None | dict():
            return ""
        case list():
            return ", ".join(filter(None, (clean(item) for item in value[:20])))[:TEXT_CHARS_MAX]
        case str() | int() | float():
            printable = "".join(character if character.isprintable() else " " for character in str(value))
            return " ".join(printable.split())[:TEXT_CHARS_MAX]
        case _:
            return ""
