"""What is generated from the code is what the documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcast.design import reference
from runcast.design.__main__ import generated_pages
from runcast.domain import limits
from runcast.domain.errors import RuncastError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", sorted(generated_pages(ROOT)), ids=lambda page: page.name)
def test_a_generated_page_is_current(page: Path) -> None:
    assert page.read_text("utf-8") == generated_pages(ROOT)[page], "run: make docs"


def test_every_bound_is_on_the_page() -> None:
    page = reference.limits_page()
    assert [name for name in vars(limits) if name.isupper() and f"`{name}`" not in page] == []


def test_every_error_is_on_the_page() -> None:
    page = reference.errors_page()
    for error in RuncastError.__subclasses__():
        if error.__module__ == RuncastError.__module__:
            assert f"| `{error.__name__}` | `{error.code}` |" in page
