"""What a web page says of itself: its title, its metadata, the organizations in its JSON-LD, and its text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import msgspec

from runcast.apps.leads.contract import JsonObject
from runcast.apps.leads.providers.profiles.paths import clean

TEXTS_MAX = 40
TEXT_CHARS_MIN = 40
"""A shorter paragraph is a button or a menu."""
TEXT_CHARS_MAX = 400
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "nav", "footer", "form", "iframe", "select"})
_BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "blockquote", "dd", "td"})
_JSON_LD_MAX = 20


class PageFacts(msgspec.Struct, frozen=True):
    """What was read off a page; all of it is somebody else's text."""

    title: str = ""
    meta: dict[str, str] = {}
    """By name or property, in lower case: `description`, `og:site_name`."""
    entities: tuple[JsonObject, ...] = ()
    """The objects of its JSON-LD, flat."""
    headings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        return (
            self.meta.get("description")
            or self.meta.get("og:description")
            or self.meta.get("twitter:description")
            or ""
        )


def read_page(html: str) -> PageFacts:
    """The facts of a page, whatever its markup is worth.

    >>> read_page("<title>Acme</title><meta name=description content='We make &amp; sell'>").description
    'We make & sell'
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return PageFacts(
        title=clean(reader.title),
        meta=reader.meta,
        entities=tuple(reader.entities),
        headings=tuple(reader.headings[:TEXTS_MAX]),
        texts=tuple(dict.fromkeys(reader.texts))[:TEXTS_MAX],
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.meta: dict[str, str] = {}
        self.entities: list[JsonObject] = []
        self.headings: list[str] = []
        self.texts: list[str] = []
        self._silent: list[str] = []
        self._block = ""
        self._buffer: list[str] = []
        self._is_json = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (given.get("name") or given.get("property") or "").lower()
            if name and (content := clean(given.get("content", ""))):
                self.meta.setdefault(name, content)
        elif tag in _SILENT:
            self._silent.append(tag)
            self._is_json = tag == "script" and "ld+json" in given.get("type", "").lower()
            self._buffer = [] if self._is_json else self._buffer
        elif (tag in _BLOCKS or tag == "title") and not self._silent:
            self._end_block()
            self._block = tag

    def handle_endtag(self, tag: str) -> None:
        if self._is_json and tag == "script":
            self._take_json("".join(self._buffer))
            self._is_json, self._buffer = False, []
        if tag in self._silent:
            while self._silent.pop() != tag:
                pass
        elif tag == self._block:
            self._end_block()

    def handle_data(self, data: str) -> None:
        if self._is_json or (self._block and not self._silent):
            self._buffer.append(data)

    def _end_block(self) -> None:
        text = clean("".join(self._buffer)) if self._block else ""
        if self._block == "title":
            self.title = self.title or text
        elif self._block in ("h1", "h2", "h3") and text:
            self.headings.append(text[:TEXT_CHARS_MAX])
        elif len(text) >= TEXT_CHARS_MIN and len(self.texts) < 4 * TEXTS_MAX:
            self.texts.append(text[:TEXT_CHARS_MAX])
        self._block, self._buffer = "", []

    def _take_json(self, text: str) -> None:
        try:
            self._take_entity(msgspec.json.decode(text))
        except (msgspec.DecodeError, RecursionError):
            return

    def _take_entity(self, found: Any) -> None:
        if len(self.entities) >= _JSON_LD_MAX:
            return
        if isinstance(found, list):
            for item in found:
                self._take_entity(item)
        elif isinstance(found, dict):
            if "@graph" in found:
                self._take_entity(found["@graph"])
            if "@type" in found:
                self.entities.append(found)


def entities_of(page: PageFacts, *kinds: str) -> list[JsonObject]:
    """The entities whose type is one of these, or ends like one: a `LocalBusiness` is not an `Organization` by name."""
    found = []
    for entity in page.entities:
        types = entity["@type"] if isinstance(entity["@type"], list) else [entity["@type"]]
        if any(isinstance(one, str) and one.endswith(kinds) for one in types):
            found.append(entity)
    return found
