"""The settings that the guide shows are settings."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from runcast.apps.leads.contract import Choices, Kind
from runcast.apps.leads.providers import make_toolbox
from runcast.apps.leads.providers.catalog import PROVIDERS
from runcast.apps.leads.providers.exchange import Answer
from runcast.apps.leads.providers.prices import PRICES_AS_OF
from runcast.apps.leads.providers.profiles.api import found_in
from runcast.apps.leads.providers.profiles.template import api_of, read_template

PAGE = (Path(__file__).parents[3] / "docs/guides/leads-providers.md").read_text("utf-8")
SETTINGS, DESCRIBED = (
    msgspec.json.decode(text, type=Choices)
    for text in re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)


def test_the_settings_of_the_guide_are_taken() -> None:
    toolbox = make_toolbox(SETTINGS, {})
    assert toolbox.order(Kind.ENRICH) == ("pdl", "hunter", "offline")
    assert toolbox.order(Kind.WRITE) == ("anthropic", "openai", "template")
    (described,) = (info for info in make_toolbox(DESCRIBED, {}).providers() if info.name == "http:people")
    assert described.needs == ("LEADS_PEOPLE_KEY",) and not described.ready


def test_the_guide_has_every_provider_with_what_it_needs() -> None:
    for info in PROVIDERS:
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{info.name}` |"))
        assert all(f"`{name}`" in row for name in info.needs), row
    assert PRICES_AS_OF in PAGE


def test_the_description_of_the_guide_reads_such_an_answer() -> None:
    template = read_template("http:people", DESCRIBED.options["http:people"])
    person = {
        "id": 7,
        "full_name": "Ada Lovelace",
        "headline": "Engineer",
        "positions": [],
        "city": "London",
        "country": "UK",
    }
    found = found_in(api_of("http:people", template), Answer(200, {}, "", {"person": person}))
    assert found.value is not None
    assert (found.value.name, found.value.title, found.value.location) == ("Ada Lovelace", "Engineer", "London, UK")
