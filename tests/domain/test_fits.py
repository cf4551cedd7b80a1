"""What cannot fit a schema is found; whatever a decoder might read is left to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from runcast import task
from runcast.domain.fits import misfit


@dataclass
class Site:
    domain: str
    pages: int = 2


@task
async def survey(domains: list[str], customer: str | None = None, depth: int = 1) -> None: ...


@task
async def crawl(site: Site) -> None: ...


@task
async def compare(first: Site, others: list[Site]) -> None: ...


def said(asked: Any, payload: Any) -> str | None:
    return misfit(asked.info().schema, json.dumps(payload))


@pytest.mark.parametrize(
    ("asked", "payload"),
    [
        (survey, {"domains": ["a"]}),
        (survey, {"domains": [], "customer": None, "depth": "3"}),
        (crawl, {"domain": "a", "pages": 3}),
        (compare, {"first": {"domain": "a"}, "others": [{"domain": "b"}]}),
    ],
)
def test_what_fits_is_let_through(asked: Any, payload: Any) -> None:
    assert said(asked, payload) is None


@pytest.mark.parametrize(
    ("asked", "payload", "what"),
    [
        (survey, {"domains": "a"}, 'domains: an array is expected, got "a"'),
        (survey, {"domains": ["a", 1]}, "domains[1]: a string is expected, got 1"),
        (survey, {"domain": ["a"]}, "'domains' is missing"),
        (survey, {"domains": [], "deep": 1}, "there is no 'deep'"),
        (survey, {"domains": [], "depth": "deep"}, 'depth: an integer is expected, got "deep"'),
        (survey, ["a"], 'an object is expected, got ["a"]'),
        (crawl, {"domain": "a", "pages": "many"}, 'pages: an integer is expected, got "many"'),
        (
            compare,
            {"first": {"domain": "a"}, "others": [{"domain": 1}]},
            "others[0].domain: a string is expected, got 1",
        ),
    ],
)
def test_what_cannot_fit_is_named_with_its_place(asked: Any, payload: Any, what: str) -> None:
    assert said(asked, payload) == what


@pytest.mark.parametrize("schema", [None, "{}", "true", '{"type": "unheard-of"}', '{"$ref": "#/$defs/Gone"}'])
def test_a_schema_that_says_nothing_refuses_nothing(schema: str | None) -> None:
    assert misfit(schema, '{"a": 1}') is None


@pytest.mark.parametrize("value", ["true", "1", '"yes"', '"Off"'])
def test_a_boolean_may_be_written_as_a_decoder_reads_it(value: str) -> None:
    assert misfit('{"type": "boolean"}', value) is None
