"""What may be shown and logged: nothing that admits."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.api.keys import make_key
from runcast.domain.instance_secret import InstanceSecret
from runcast.domain.masked import masked, without_keys
from runcast.domain.tokens import mint
from runcast.logs import JsonLines, PlainLines

TOKEN = mint(InstanceSecret("x" * 32), "dev", ["read:runs"], now_s=1, lifetime_s=60, id="token_1")


@pytest.mark.parametrize("environment", ["dev", "staging", "prod", "preview"])
def test_a_key_and_a_token_are_masked_wherever_they_stand(environment: str) -> None:
    key, _ = make_key("x", environment=environment)
    for secret in (key, TOKEN):
        for text in (
            secret,
            f"Bearer {secret}",
            f"?token={secret}&x=1",
            f'{{"a": "{secret}"}}',
            f"({secret}) {secret}",
        ):
            said = without_keys(text)
            assert secret[12:] not in said
            assert secret[-20:] not in said
            assert "***" in said


def test_passwords_of_addresses_and_signatures_of_urls_are_masked() -> None:
    assert without_keys("postgresql://ada:hunter2@db/x") == masked("postgresql://ada:hunter2@db/x")
    assert without_keys("PUT /packets?key=a&sig=abc&exp=1") == "PUT /packets?key=a&sig=***&exp=1"


@given(st.text(max_size=50))
def test_other_text_stays_as_it_is(text: str) -> None:
    if not any(mark in text for mark in ("tr_", "eyJ", "sig", "://")):
        assert without_keys(text) == text


def test_logs_hold_no_key_neither_in_messages_nor_in_tracebacks() -> None:
    key, _ = make_key("x")
    try:
        raise ValueError(f"refused: {key}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "with %s", (TOKEN,), sys.exc_info())
    for formatter in (JsonLines(), PlainLines()):
        said = formatter.format(record)
        assert key not in said
        assert TOKEN not in said
    assert json.loads(JsonLines().format(record))["message"] == "with eyJ***"
