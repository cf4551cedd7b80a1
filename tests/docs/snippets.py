"""The Python blocks of our documents."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Snippet(msgspec.Struct, frozen=True):
    """The `number`-th block of a page, from 1."""

    page: str
    number: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.number}"

    @property
    def module(self) -> str:
        """A module name of its own, so that every snippet can stand beside the others."""
        return re.sub(r"\W", "_", self.name)


def read_snippets() -> list[Snippet]:
    """All blocks of README and docs, in order of page."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        Snippet(page.relative_to(ROOT).as_posix(), number, text)
        for page in pages
        for number, text in enumerate(_BLOCK.findall(page.read_text("utf-8")), 1)
    ]
