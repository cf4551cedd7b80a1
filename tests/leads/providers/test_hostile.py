"""Providers and pages that answer with what nobody should: wrong types, invisible characters, bombs, endless trickles."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from runcast.apps.leads.contract import Choices, Outcome, ResearchInput
from runcast.apps.leads.providers import exchange, make_toolbox
from runcast.apps.leads.providers.exchange import Answer
from runcast.apps.leads.providers.profiles.api import found_in
from runcast.apps.leads.providers.profiles.requests import KNOWN
from runcast.apps.leads.providers.research.engines import Brave, Tavily, _searched
from runcast.apps.leads.providers.research.perplexity import _found
from runcast.apps.leads.providers.writing.model import Progress, StreamFailed, Wire
from tests.leads.fakes.all import Fakes
from tests.leads.fakes.models import anthropic_parts, stream
from tests.leads.fakes.server import Asked, Reply, serving
from tests.leads.providers.given import ADA, CLIENT, PROFILE, REQUEST, read

NAMES = [
    "data",
    "name",
    "fullName",
    "full_name",
    "job_title",
    "employment",
    "title",
    "first_name",
    "experiences",
    "company",
    "education",
    "school",
    "likelihood",
    "results",
    "web",
    "url",
    "content",
    "description",
    "output",
    "type",
    "text",
    "message",
    "search_results",
    "usage",
    "cost",
    "total_cost",
    "model",
    "status",
    "error",
    "choices",
    "delta",
    "finish_reason",
    "id",
    "code",
    "candidates",
    "parts",
    "finishReason",
    "usageMetadata",
    "content_block_delta",
    "stop_reason",
]
WORDS = some.sampled_from(
    [*NAMES, "completed", "output_text", "text_delta", "message_delta", "message_start", "\0", ""]
)
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**70), 2**70) | some.floats() | WORDS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(body=ANYTHING, status=some.sampled_from([200, 200, 200, 204, 402, 404, 429, 500]), credit=WORDS)
def test_an_answer_of_any_shape_is_an_outcome(body: Any, status: int, credit: str) -> None:
    answer = Answer(status, {"x-call-credits-spent": credit}, json.dumps(body), body)
    for api in KNOWN.values():
        found = found_in(api, answer)
        assert found.outcome is not Outcome.FILLED or found.value is not None
    for engine in (Tavily(), Brave()):
        _searched(engine, answer)
    _found(answer, {})


@FUZZ
@given(event=some.dictionaries(some.sampled_from(NAMES), ANYTHING, max_size=6))
def test_an_event_of_any_shape_is_a_text_or_a_failure_of_the_stream(event: dict[str, Any]) -> None:
    from runcast.apps.leads.providers.toolbox import _WIRES

    for wire, _ in _WIRES.values():
        checked: Wire = wire
        progress = Progress()
        try:
            assert isinstance(checked.take(event, progress), str)
        except StreamFailed:
            continue
        assert isinstance(progress.reason, str) and isinstance(progress.model, str), (checked.name, event)
        assert progress.cost_usd is None or progress.cost_usd >= 0


async def test_characters_that_no_database_keeps_are_left_out(fakes: Fakes) -> None:
    """What a provider says is kept, and some databases keep no NUL: one in an answer failed the step, each time anew."""
    fakes["PDL"].plan = [Reply(200, {"status": 200, "data": {"full_name": "Ada\0 Lovelace", "odd\0": ["\0"]}})]
    found = await make_toolbox(Choices(), fakes.env("PDL")).enrich("pdl", ADA)
    assert found.value is not None and found.raw is not None
    assert (found.value.name, found.raw["data"]) == ("Ada Lovelace", {"full_name": "Ada Lovelace", "odd": [""]})
    fakes["PDL"].plan = [Reply(401, {"error": {"message": "no\0 such key"}})]
    assert "\0" not in (await make_toolbox(Choices(), fakes.env("PDL")).enrich("pdl", ADA)).detail
    fakes["ANTHROPIC"].plan = [stream(anthropic_parts("Subject: Hi\0\n\nYes\0."))]
    text, _ = await read(make_toolbox(Choices(), fakes.env("ANTHROPIC")).write_emails("anthropic", REQUEST))
    assert text == "Subject: Hi\n\nYes."


BOMB = gzip.compress(b"\0" * 50_000_000)
LOCAL = {"RUNCAST_OUTGOING_PRIVATE": "127.0.0.1"}
PACKED = Reply(200, parts=[BOMB], headers={"content-encoding": "gzip"}, content_type="text/html")


async def test_a_page_that_is_packed_is_not_unpacked() -> None:
    with serving(lambda _: PACKED) as server:
        wanted = ResearchInput(profile=PROFILE, client=CLIENT, pages=(server.url,))
        found = await make_toolbox(Choices(), LOCAL).research("pages", wanted)
    assert "packed as gzip" in found.detail
    assert server.seen[0].headers["accept-encoding"] == "identity"


async def test_what_a_described_provider_packs_is_not_unpacked() -> None:
    with serving(lambda _: PACKED) as server:
        described = {"url": f"{server.url}/", "fields": {"name": "name"}}
        choices = Choices(enrich=("http:x",), options={"http:x": described})
        found = await make_toolbox(choices, LOCAL).enrich("http:x", ADA)
    assert found.outcome is Outcome.TRANSIENT
    assert "packed as gzip" in found.detail


async def test_an_answer_that_trickles_ends_when_its_time_is_over(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is in time, and the whole never."""
    monkeypatch.setattr(exchange, "ANSWER_S_MAX", 0.2)

    def trickle(asked: Asked) -> Reply:
        return Reply(200, parts=(b" " for _ in iter(int, 1)))  # type: ignore[arg-type]

    with serving(trickle) as server:
        env = {**fakes.env("PDL"), "PDL_BASE_URL": server.url}
        found = await make_toolbox(Choices(), env).enrich("pdl", ADA)
    assert found.outcome is Outcome.TRANSIENT
    assert found.cost_usd is None, "whether it was charged, nobody knows"
