"""What is generated from the code is what the documentation says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import runcast
from runcast.design import api, reference, schema, settings
from runcast.design.__main__ import generated_pages
from runcast.domain import limits
from runcast.domain.errors import RuncastError
from runcast.settings import all_settings
from runcast.store.migrations import find_phases

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


def test_every_setting_is_on_the_page_with_its_variable() -> None:
    page = settings.settings_page()
    for setting in all_settings():
        assert f"| `{setting.name}` |" in page
        assert f"`{setting.variable}`" in page


def test_every_table_and_column_is_on_the_page_with_what_it_is_for() -> None:
    page = schema.schema_page()
    found = re.findall(r"^create table (\w+) \(\n(.*?)^\)", find_phases("sqlite")[0].text, re.MULTILINE | re.DOTALL)
    assert found
    for table, body in found:
        section = page.split(f"## `{table}`\n\n")[1].split("\n## ")[0]
        assert section.split("\n")[0], f"{table} has no sentence"
        for column in re.findall(r"^  (?!primary|unique|check|foreign)(\w+) \w+", body, re.MULTILINE):
            assert f"| `{column}` |" in section, f"{table}.{column}"


def test_every_public_name_is_on_the_page_and_says_nothing_of_this_machine() -> None:
    page = api.api_page()
    for name in runcast.__all__:
        if not name.startswith("_") and not reference.is_error(getattr(runcast, name)):
            assert f"\n## `{name}`\n" in page, name
    assert " object at 0x" not in page
    assert str(ROOT) not in page
