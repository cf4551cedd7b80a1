"""Writers that stream: a text is whole only if its stream says so; everything else has its own outcome."""

from __future__ import annotations

import pytest

from runcast.apps.leads.contract import Choices, Delta, Kind, Outcome, ProviderFailed, Usage
from runcast.apps.leads.providers import make_toolbox
from tests.leads.fakes.all import Fakes
from tests.leads.fakes.models import (
    EMAIL,
    Part,
    anthropic_error,
    anthropic_parts,
    event,
    gemini_error,
    gemini_parts,
    openai_error,
    openai_parts,
    stream,
)
from tests.leads.fakes.profiles import KEY
from tests.leads.fakes.server import Fault, Reply
from tests.leads.providers.given import REQUEST, read

MODELS = ("anthropic", "openai", "gemini")
PARTS = {"anthropic": anthropic_parts, "openai": openai_parts, "gemini": gemini_parts}
WHOLE = {"anthropic": "end_turn", "openai": "stop", "gemini": "STOP"}
COSTS = {"anthropic": 0.007, "openai": 0.00125, "gemini": 0.006}
"""Of 1,000 tokens read and 500 written, by the list that comes with genai-prices 0.2.3; a newer one may differ."""


async def failure(fakes: Fakes, name: str, *replies: Reply, timeout_s: float = 30) -> ProviderFailed:
    """How a text ends that does not become one."""
    fakes[name.upper()].plan = list(replies)
    toolbox = make_toolbox(Choices(options={name: {"timeout_s": timeout_s}}), fakes.env(name.upper()))
    with pytest.raises(ProviderFailed) as caught:
        await read(toolbox.write_emails(name, REQUEST))
    assert len(fakes[name.upper()].seen) == 1, "nothing is asked twice without anybody knowing"
    return caught.value


@pytest.mark.parametrize("name", MODELS)
async def test_a_text_comes_piece_by_piece_and_ends_with_its_reason_usage_and_price(fakes: Fakes, name: str) -> None:
    toolbox = make_toolbox(Choices(), fakes.env(name.upper()))
    assert toolbox.order(Kind.WRITE) == (name, "template")
    pieces = [part async for part in toolbox.write_emails(name, REQUEST)]
    assert len([part for part in pieces if isinstance(part, Delta)]) > 5
    text, end = await read(toolbox.write_emails(name, REQUEST))
    assert text == EMAIL and end is not None and end.complete
    assert (end.reason, end.request_id) == (WHOLE[name], "req_1")
    assert (end.usage.input_tokens, end.usage.output_tokens) == (1000, 500)
    if name == "openai":
        # Behind a base URL that is nobody's, a model of a known name may be anything: it has no price.
        assert end.cost_usd is None
    else:
        assert end.cost_usd == pytest.approx(COSTS[name])
    assert [email.subject for email in toolbox.parse_emails(text)] == ["Engines"]


@pytest.mark.parametrize("name", MODELS)
async def test_a_stream_that_ends_without_a_reason_was_cut(fakes: Fakes, name: str) -> None:
    parts = PARTS[name](EMAIL, reason=None)
    assert (await failure(fakes, name, stream(parts))).outcome is Outcome.TRANSIENT
    fakes[name.upper()].seen.clear()
    cut: list[Part] = [*parts[:4], Fault.CUT]
    assert (await failure(fakes, name, stream(cut))).outcome is Outcome.TRANSIENT
    fakes[name.upper()].seen.clear()
    assert (await failure(fakes, name, stream([]))).outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("name", MODELS)
async def test_what_breaks_behind_the_reason_to_stop_breaks_nothing(fakes: Fakes, name: str) -> None:
    fakes[name.upper()].plan = [
        stream([*PARTS[name](EMAIL)[:-1], Fault.CUT] if name != "gemini" else PARTS[name](EMAIL))
    ]
    text, end = await read(make_toolbox(Choices(), fakes.env(name.upper())).write_emails(name, REQUEST))
    assert text == EMAIL and end is not None and end.complete


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("broken", ['data: {"choices": [{\n\n', "data: [1, 2]\n\n", "data: nonsense\n\n"])
async def test_a_malformed_chunk_is_trouble_that_may_pass(fakes: Fakes, name: str, broken: str) -> None:
    parts = PARTS[name](EMAIL)
    error = await failure(fakes, name, stream([*parts[:4], broken, *parts[4:]]))
    assert error.outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("name", MODELS)
async def test_silence_amid_a_text_ends_it(fakes: Fakes, name: str) -> None:
    error = await failure(fakes, name, stream([*PARTS[name](EMAIL)[:4], Fault.STALL]), timeout_s=0.5)
    assert error.outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("name", MODELS)
async def test_events_may_be_split_anywhere(fakes: Fakes, name: str) -> None:
    data = "".join(part for part in PARTS[name](EMAIL) if isinstance(part, str)).replace("\n", "\r\n").encode()
    fakes[name.upper()].plan = [stream([data[start : start + 7] for start in range(0, len(data), 7)])]
    text, end = await read(make_toolbox(Choices(), fakes.env(name.upper())).write_emails(name, REQUEST))
    assert text == EMAIL and end is not None


LIMIT = {"anthropic": "max_tokens", "openai": "length", "gemini": "MAX_TOKENS"}
REFUSAL = {"anthropic": "refusal", "openai": "content_filter", "gemini": "SAFETY"}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("reasons", [LIMIT, REFUSAL], ids=["limit", "filter"])
async def test_a_text_that_ends_at_a_limit_or_a_filter_is_not_whole(
    fakes: Fakes, name: str, reasons: dict[str, str]
) -> None:
    fakes[name.upper()].plan = [stream(PARTS[name]("Subject: En", reason=reasons[name]))]
    text, end = await read(make_toolbox(Choices(), fakes.env(name.upper())).write_emails(name, REQUEST))
    assert text == "Subject: En" and end is not None
    assert (end.complete, end.reason) == (False, reasons[name])


async def test_a_question_that_gemini_blocks_is_refused_and_not_cut(fakes: Fakes) -> None:
    fakes["GEMINI"].plan = [stream([event({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})])]
    _, end = await read(make_toolbox(Choices(), fakes.env("GEMINI")).write_emails("gemini", REQUEST))
    assert end is not None and (end.complete, end.reason) == (False, "PROHIBITED_CONTENT")


@pytest.mark.parametrize("name", MODELS)
async def test_a_text_of_nothing_is_no_text(fakes: Fakes, name: str) -> None:
    nothing: dict[str, list[Part]] = {
        "anthropic": [part for part in anthropic_parts("x") if isinstance(part, str) and "text_delta" not in part],
        "openai": openai_parts(""),
        "gemini": [event({"candidates": [{"finishReason": "STOP"}]})],
    }
    assert (await failure(fakes, name, stream(nothing[name]))).outcome is Outcome.TRANSIENT


QUOTA = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}]
CASES = [
    ("anthropic", anthropic_error(429, "rate_limit_error", "slow", {"retry-after": "12"}), Outcome.RATE_LIMITED, 12.0),
    ("anthropic", anthropic_error(529, "overloaded_error", "Overloaded"), Outcome.TRANSIENT, None),
    ("anthropic", anthropic_error(503, "api_error", "down", {"retry-after": "4"}), Outcome.TRANSIENT, 4.0),
    ("anthropic", anthropic_error(401, "authentication_error", "invalid x-api-key"), Outcome.AUTH_ERROR, None),
    ("anthropic", anthropic_error(400, "invalid_request_error", "Your credit balance is too low to access the API"),
     Outcome.OUT_OF_CREDITS, None),
    ("anthropic", anthropic_error(400, "invalid_request_error", "messages: too long"), Outcome.BAD_INPUT, None),
    ("openai", openai_error(429, "rate_limit_exceeded", "slow", {"retry-after": "2"}), Outcome.RATE_LIMITED, 2.0),
    ("openai", openai_error(429, "insufficient_quota", "You exceeded your current quota"), Outcome.OUT_OF_CREDITS, None),
    ("openai", openai_error(404, "model_not_found", "no such model"), Outcome.BAD_INPUT, None),
    ("openai", openai_error(503, "server_error", "overloaded"), Outcome.TRANSIENT, None),
    ("openai", Reply(502, "<html>bad gateway</html>", content_type="text/html"), Outcome.TRANSIENT, None),
    ("gemini", gemini_error(429, "RESOURCE_EXHAUSTED", "slow", QUOTA), Outcome.RATE_LIMITED, 37.0),
    ("gemini", gemini_error(429, "RESOURCE_EXHAUSTED", "Quota GenerateRequestsPerDay"), Outcome.OUT_OF_CREDITS, None),
    ("gemini", gemini_error(503, "UNAVAILABLE", "overloaded"), Outcome.TRANSIENT, None),
    ("gemini", gemini_error(400, "INVALID_ARGUMENT", "no", [{"reason": "API_KEY_INVALID"}]), Outcome.AUTH_ERROR, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reply", "outcome", "wait_s"), CASES)
async def test_a_refusal_has_the_providers_own_meaning(
    fakes: Fakes, name: str, reply: Reply, outcome: Outcome, wait_s: float | None
) -> None:
    error = await failure(fakes, name, reply)
    waits = error.retry_after_s if outcome is not Outcome.OUT_OF_CREDITS else None
    assert (error.outcome, waits, error.cost_usd) == (outcome, wait_s, 0.0)


async def test_an_error_amid_a_stream_is_an_error_and_what_was_read_is_paid(fakes: Fakes) -> None:
    broken = event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    error = await failure(fakes, "anthropic", stream([*anthropic_parts(EMAIL)[:5], broken]))
    assert error.outcome is Outcome.TRANSIENT and "Overloaded" in error.detail
    assert error.cost_usd > 0
    limited = event({"error": {"code": "rate_limit_exceeded", "message": "slow down"}})
    assert (await failure(fakes, "openai", stream([limited]))).outcome is Outcome.RATE_LIMITED
    late = event({"error": {"code": 503, "status": "UNAVAILABLE", "message": "overloaded"}})
    assert (await failure(fakes, "gemini", stream([*gemini_parts(EMAIL)[:2], late]))).outcome is Outcome.TRANSIENT


async def test_what_a_provider_says_it_cost_is_believed_before_any_list(fakes: Fakes) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "cost": 0.0042}
    fakes["OPENAI"].plan = [stream(openai_parts(EMAIL, usage=usage))]
    _, end = await read(make_toolbox(Choices(), fakes.env("OPENAI")).write_page("openai", REQUEST))
    assert end is not None and end.cost_usd == 0.0042


async def test_a_price_of_the_settings_is_used_for_models_that_no_list_has(fakes: Fakes) -> None:
    options = {"openai": {"model": "ours", "price": {"input": 1.0, "output": 2.0}}}
    toolbox = make_toolbox(Choices(options=options), fakes.env("OPENAI"))
    _, end = await read(toolbox.write_page("openai", REQUEST))
    assert end is not None and end.cost_usd == pytest.approx(0.002)
    assert fakes["OPENAI"].seen[0].body["model"] == "ours"


async def test_a_text_whose_usage_nobody_said_is_unpriced_rather_than_free(fakes: Fakes) -> None:
    fakes["ANTHROPIC"].plan = [
        stream([part for part in anthropic_parts(EMAIL) if isinstance(part, str) and "message_start" not in part
                and "message_delta" not in part] + [event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})])
    ]  # fmt: skip
    _, end = await read(make_toolbox(Choices(), fakes.env("ANTHROPIC")).write_page("anthropic", REQUEST))
    assert end is not None and end.usage == Usage("claude-sonnet-5-5") and end.cost_usd is None


async def test_a_key_that_a_refusal_repeats_is_not_told(fakes: Fakes) -> None:
    error = await failure(fakes, "openai", openai_error(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"))
    assert KEY not in str(error) and "•••" in error.detail


async def test_a_writer_without_its_key_says_which_it_needs() -> None:
    toolbox = make_toolbox(Choices(write=("anthropic",)), {})
    with pytest.raises(ProviderFailed, match="ANTHROPIC_API_KEY") as caught:
        await read(toolbox.write_emails("anthropic", REQUEST))
    assert caught.value.outcome is Outcome.AUTH_ERROR


async def test_a_server_of_ones_own_needs_no_key(fakes: Fakes) -> None:
    toolbox = make_toolbox(Choices(), {"OPENAI_BASE_URL": fakes["OPENAI"].url})
    fakes["OPENAI"].plan = [stream(openai_parts(EMAIL))]
    text, _ = await read(toolbox.write_emails("openai", REQUEST))
    assert text == EMAIL
    asked = fakes["OPENAI"].seen[0]
    assert "authorization" not in asked.headers and "max_tokens" in asked.body


async def test_whoever_stops_reading_ends_the_request(fakes: Fakes) -> None:
    fakes["OPENAI"].plan = [stream([*openai_parts(EMAIL)[:2], Fault.STALL])]
    writing = make_toolbox(Choices(), fakes.env("OPENAI")).write_emails("openai", REQUEST)
    async for _ in writing:
        break
    await writing.aclose()  # type: ignore[attr-defined]  # it is a generator
