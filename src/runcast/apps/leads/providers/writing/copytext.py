"""The text of a landing page in its parts: a headline, a lead, sections, and the words of a button."""

from __future__ import annotations

import re

import msgspec

from runcast.apps.leads.contract import Outcome, ProviderFailed

_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_POINT = re.compile(r"^\s*(?:[-*•+]|\d+[.)])\s+(.*)$")
_MARKS = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|\[([^\]]*)\]\([^)]*\)")
_SECTIONS_MAX = 8
_POINTS_MAX = 12
_CHARS_MAX = 1_200


class Point(msgspec.Struct, frozen=True):
    """A point of a list: perhaps a title, and its text."""

    title: str
    text: str


class Section(msgspec.Struct, frozen=True):
    """What stands under one heading."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()


class PageText(msgspec.Struct, frozen=True):
    """All that a landing page says."""

    headline: str
    lead: str
    sections: tuple[Section, ...]
    action: str
    """The words of the button; empty: the template's own."""


def parse_page(text: str) -> PageText:
    """The parts of a text; markup in it is dropped. Raises `ProviderFailed` where there is no text.

    >>> parse_page("# Hello\\nYou.\\n## Why\\n- **Fast**: in days\\n> Talk").sections
    (Section(title='Why', paragraphs=(), points=(Point(title='Fast', text='in days'),)),)
    """
    parts = _Parts()
    for line in text.splitlines():
        parts.take(line.strip())
    page = parts.page()
    if not page.headline:
        raise ProviderFailed("writer", Outcome.TRANSIENT, "the text of the page is empty")
    return page


class _Parts:
    """The parts as the lines come."""

    def __init__(self) -> None:
        self._headline = ""
        self._lead: list[str] = []
        self._titles: list[str] = []
        self._paragraphs: list[list[str]] = []
        self._points: list[list[Point]] = []
        self._action = ""

    def take(self, line: str) -> None:
        if not line or line.startswith("```") or set(line) <= set("-*_="):
            return
        if found := _HEADING.match(line):
            self._heading(len(found[1]), plain(found[2]))
        elif line.startswith(">"):
            self._action = plain(line.lstrip("> "))[:60]
        elif found := _POINT.match(line):
            self._point(plain(found[1]))
        elif not self._headline:
            self._headline = plain(line)
        elif self._titles:
            self._paragraphs[-1].append(plain(line))
        else:
            self._lead.append(plain(line))

    def _heading(self, level: int, title: str) -> None:
        if level == 1 or not self._headline:
            self._headline = self._headline or title
        elif len(self._titles) < _SECTIONS_MAX:
            self._section(title)

    def _section(self, title: str) -> None:
        self._titles.append(title)
        self._paragraphs.append([])
        self._points.append([])

    def _point(self, text: str) -> None:
        if not self._titles:
            self._section("")
        title, colon, rest = text.partition(": ")
        if len(self._points[-1]) < _POINTS_MAX:
            is_titled = bool(colon) and len(title) <= 60
            self._points[-1].append(Point(title, rest) if is_titled else Point("", text))

    def page(self) -> PageText:
        parts = zip(self._titles, self._paragraphs, self._points, strict=True)
        sections = tuple(
            Section(title, tuple(texts), tuple(points)) for title, texts, points in parts if texts or points
        )
        return PageText(self._headline, " ".join(self._lead)[:_CHARS_MAX], sections, self._action)


def plain(text: str) -> str:
    """A line without markdown's marks.

    >>> plain("**Fast** and [cheap](https://x.example)")
    'Fast and cheap'
    """
    return " ".join(_MARKS.sub(lambda found: found[1] or "", text).split())[:_CHARS_MAX]
