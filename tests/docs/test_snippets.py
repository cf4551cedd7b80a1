"""The Python in our documents is Python that works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]

SNIPPETS = [
    pytest.param(snippet, id=f"{page.relative_to(ROOT).as_posix()}:{number}")
    for page in PAGES
    for number, snippet in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL), 1)
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_compiles(snippet: str) -> None:
    compile(snippet, "<snippet>", "exec")
