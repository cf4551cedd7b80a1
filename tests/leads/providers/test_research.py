"""Research: what is found has its sources, what it cost is known, and what strangers wrote stays text."""

from __future__ import annotations

import pytest

from runcast.apps.leads.contract import Choices, FoundResearch, Kind, Outcome, Profile, ResearchInput
from runcast.apps.leads.providers import make_toolbox
from tests.leads.fakes.all import Fakes
from tests.leads.fakes.models import anthropic_error, openai_parts, stream
from tests.leads.fakes.searches import FOUND, agent_body
from tests.leads.fakes.server import Asked, Fault, Reply, serving
from tests.leads.providers.given import CLIENT, PROFILE

ADA = ResearchInput(profile=PROFILE, client=CLIENT)
NOBODY = ResearchInput(profile=Profile(), client=CLIENT)


async def perplexity(fakes: Fakes, *replies: Reply) -> FoundResearch:
    fakes["PERPLEXITY"].plan = list(replies)
    return await make_toolbox(Choices(), fakes.env("PERPLEXITY")).research("perplexity", ADA)


async def test_perplexity_brings_its_text_numbered_sources_and_its_own_cost(fakes: Fakes) -> None:
    found = await perplexity(fakes)
    assert found.outcome is Outcome.FILLED and found.value is not None
    assert [source.url for source in found.value.sources] == [one["url"] for one in FOUND]
    assert "It raised 9 million [1]." in found.value.markdown
    assert "1. [Analytical Engines raises](https://news.example/raise) (2026-10-01)" in found.value.markdown
    assert "\\<b\\>Lovelace" in found.value.markdown, "the title of a page is text"
    assert (found.cost_usd, found.usage.input_tokens, found.usage.model) == (0.0123, 5200, "perplexity/sonar")


async def test_the_question_is_data_and_its_search_is_asked_for(fakes: Fakes) -> None:
    await perplexity(fakes)
    (asked,) = fakes["PERPLEXITY"].seen
    assert asked.path == "/v1/agent" and {"type": "web_search"} in asked.body["tools"]
    assert asked.body["input"].startswith("<data>\n{") and "Ada Lovelace" in asked.body["input"]


async def test_without_a_reported_cost_the_price_list_and_the_searches_count(fakes: Fakes) -> None:
    found = await perplexity(fakes, Reply(200, agent_body("text", cost=None)))
    assert found.cost_usd is not None and 0.0025 < found.cost_usd < 0.02


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, agent_body("half a te", status="incomplete")),
        Reply(200, agent_body("", status="completed")),
        Reply(200, {"status": "failed", "error": {"message": "model overloaded"}, "output": []}),
        Reply(200, "not json"),
        Reply(200, {"output": None, "usage": "none"}),
        Reply(200, parts=['{"status": "comp', Fault.CUT]),
    ],
)
async def test_an_answer_that_is_not_whole_is_trouble_that_may_pass(fakes: Fakes, reply: Reply) -> None:
    found = await perplexity(fakes, reply)
    assert (found.outcome, found.value) == (Outcome.TRANSIENT, None)


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "wait_s"),
    [
        (401, {}, Outcome.AUTH_ERROR, None),
        (402, {}, Outcome.OUT_OF_CREDITS, None),
        (429, {"retry-after": "8"}, Outcome.RATE_LIMITED, 8),
        (400, {}, Outcome.BAD_INPUT, None),
        (503, {}, Outcome.TRANSIENT, None),
    ],
)
async def test_refusals_of_perplexity(
    fakes: Fakes, status: int, headers: dict[str, str], outcome: Outcome, wait_s: float | None
) -> None:
    found = await perplexity(fakes, Reply(status, {"error": {"message": "no"}}, headers))
    assert (found.outcome, found.retry_after_s, found.cost_usd) == (outcome, wait_s, 0.0)


@pytest.mark.parametrize(("name", "search_usd"), [("tavily", 0.016), ("brave", 0.010)])
async def test_a_search_without_a_model_shows_what_it_found(fakes: Fakes, name: str, search_usd: float) -> None:
    found = await make_toolbox(Choices(), fakes.env(name.upper())).research(name, ADA)
    assert found.outcome is Outcome.FILLED and found.value is not None
    assert found.cost_usd == pytest.approx(search_usd)
    assert len(fakes[name.upper()].seen) == 2, "the person, and the company"
    assert "A round of 9 million." in found.value.markdown and "[1]" in found.value.markdown
    assert "no model" in found.detail and len(found.value.sources) == 2


async def test_a_search_with_a_model_is_read_by_it_and_both_are_paid(fakes: Fakes) -> None:
    options = {"openai": {"price": {"input": 1.0, "output": 2.0}}}
    toolbox = make_toolbox(Choices(options=options), fakes.env("TAVILY", "OPENAI"))
    fakes["OPENAI"].plan = [stream(openai_parts("## Company\nIt raised 9 million [1]."))]
    found = await toolbox.research("tavily", ADA)
    assert found.value is not None and found.value.markdown.startswith(
        "## Company\nIt raised 9 million [1].\n\n## Sources"
    )
    assert found.cost_usd == pytest.approx(0.016 + 0.002)
    assert found.usage.output_tokens == 500
    prompt = fakes["OPENAI"].seen[0].body["messages"][1]["content"]
    assert "<b>" not in prompt and "\\u003cb\\u003e" in prompt


async def test_a_model_that_fails_costs_the_search_all_the_same(fakes: Fakes) -> None:
    fakes["ANTHROPIC"].plan = [anthropic_error(429, "rate_limit_error", "slow", {"retry-after": "5"})]
    found = await make_toolbox(Choices(), fakes.env("BRAVE", "ANTHROPIC")).research("brave", ADA)
    assert (found.outcome, found.retry_after_s) == (Outcome.RATE_LIMITED, 5)
    assert found.cost_usd == pytest.approx(0.010)


async def test_the_reader_may_be_chosen_or_switched_off(fakes: Fakes) -> None:
    choices = Choices(options={"brave": {"reader": "none"}})
    await make_toolbox(choices, fakes.env("BRAVE", "ANTHROPIC")).research("brave", ADA)
    assert fakes["ANTHROPIC"].seen == []


async def test_a_reader_that_was_chosen_and_has_no_key_says_so_before_anything_is_paid(fakes: Fakes) -> None:
    choices = Choices(options={"brave": {"reader": "gemini"}})
    found = await make_toolbox(choices, fakes.env("BRAVE")).research("brave", ADA)
    assert found.outcome is Outcome.AUTH_ERROR and "GEMINI_API_KEY" in found.detail
    assert fakes["BRAVE"].seen == []


@pytest.mark.parametrize(
    ("name", "reply", "outcome"),
    [
        ("tavily", Reply(432, {"detail": {"error": "plan limit"}}), Outcome.OUT_OF_CREDITS),
        ("tavily", Reply(429, {"detail": "slow"}, {"retry-after": "2"}), Outcome.RATE_LIMITED),
        ("tavily", Reply(401, {"detail": "no"}), Outcome.AUTH_ERROR),
        ("brave", Reply(429, {"error": {"detail": "slow"}}), Outcome.RATE_LIMITED),
        ("brave", Reply(200, "no json"), Outcome.TRANSIENT),
    ],
)
async def test_refusals_of_search_engines(fakes: Fakes, name: str, reply: Reply, outcome: Outcome) -> None:
    fakes[name.upper()].plan = [reply, reply]
    found = await make_toolbox(Choices(), fakes.env(name.upper())).research(name, ADA)
    assert found.outcome is outcome and found.value is None and found.detail


async def test_a_search_that_finds_nothing_is_paid_for(fakes: Fakes) -> None:
    fakes["TAVILY"].plan = [Reply(200, {"results": []}), Reply(200, {"results": [{"url": "javascript:alert(1)"}]})]
    found = await make_toolbox(Choices(), fakes.env("TAVILY")).research("tavily", ADA)
    assert found.outcome is Outcome.NO_MATCH and found.cost_usd == pytest.approx(0.016)


async def test_nobody_is_not_searched_for(fakes: Fakes) -> None:
    found = await make_toolbox(Choices(), fakes.env("TAVILY")).research("tavily", NOBODY)
    assert (found.outcome, found.cost_usd, fakes["TAVILY"].seen) == (Outcome.NO_MATCH, 0.0, [])


# --- pages that the user named --------------------------------------------------------------------------------------

HOME = """<!doctype html><html><head><title>Analytical &amp; Engines</title>
<meta property="og:site_name" content="Analytical Engines">
<meta name=description content="We build engines <img src=x onerror=alert(1)> that weave algebra.">
<script type="application/ld+json">{"@graph": [{"@type": "Organization", "name": "Analytical Engines Ltd",
 "foundingDate": "1837", "numberOfEmployees": {"value": 42}, "address": {"addressLocality": "London", "addressCountry": "GB"}},
 {"@type": "Person", "name": "Ada Lovelace", "jobTitle": "Chief Engineer", "worksFor": {"name": "Analytical Engines"}}]}</script>
<script type="application/ld+json">{broken</script><style>p {color: red}</style></head>
<body><nav><p>Home Products About us and many other things to click on</p></nav>
<h1>Engines</h1><p>Our engines have been weaving algebraical patterns for a very long time now.</p>
<script>document.write("<p>Never to be read, although it is long enough to be shown.</p>")</script></body></html>"""


def site(asked: Asked) -> Reply:
    match asked.path:
        case "/":
            return Reply(200, HOME, content_type="text/html; charset=utf-8")
        case "/moved":
            return Reply(302, "", {"location": "/"})
        case "/away":
            return Reply(302, "", {"location": "http://169.254.169.254/latest/meta-data"})
        case "/logo":
            return Reply(200, "PNG", content_type="image/png")
        case "/huge":
            return Reply(200, parts=["x" * 60_000] * 20, content_type="text/html")
        case _:
            return Reply(404, "gone")


LOCAL = {"RUNCAST_OUTGOING_PRIVATE": "127.0.0.1"}


async def test_pages_are_read_for_facts_with_their_address() -> None:
    with serving(site) as server:
        wanted = ResearchInput(profile=PROFILE, client=CLIENT, pages=(f"{server.url}/moved",))
        found = await make_toolbox(Choices(), LOCAL).research("pages", wanted)
    assert found.outcome is Outcome.FILLED and found.value is not None and found.cost_usd == 0.0
    facts = {fact.name: fact.value for fact in found.value.facts}
    assert facts["organization"] == "Analytical Engines Ltd"
    assert (facts["founded"], facts["employees"], facts["address"]) == ("1837", "42", "London, GB")
    assert {fact.source for fact in found.value.facts} == {f"{server.url}/"}
    markdown = found.value.markdown
    assert "Our engines have been weaving" in markdown and f"1. [Analytical & Engines]({server.url}/)" in markdown
    assert "Never to be read" not in markdown and "Home Products" not in markdown
    assert "\\<img" in markdown and "<" not in markdown.replace("\\<", ""), "what a stranger wrote is no markup"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/away", "not of the public internet"),
        ("/logo", "image/png"),
        ("/huge", "more than"),
        ("/nothing", "HTTP 404"),
    ],
)
async def test_a_page_that_cannot_be_read_is_named_and_no_failure_of_the_whole(path: str, reason: str) -> None:
    with serving(site) as server:
        wanted = ResearchInput(profile=PROFILE, client=CLIENT, pages=(f"{server.url}{path}",))
        found = await make_toolbox(Choices(), LOCAL).research("pages", wanted)
    assert found.outcome is Outcome.FILLED and reason in found.detail


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "file:///etc/passwd", "http://a:b@example.com/",
     "http://10.0.0.1:22/", "http://0x7f.1/", "nonsense://x", "http://", "https://user@[bad"],
)  # fmt: skip
async def test_no_page_leads_into_a_private_network(url: str) -> None:
    wanted = ResearchInput(profile=PROFILE, client=CLIENT, pages=(url,))
    found = await make_toolbox(Choices(), {}).research("pages", wanted)
    assert found.value is not None and found.value.sources == () and "Not read" in found.detail


async def test_what_is_not_known_is_not_there() -> None:
    toolbox = make_toolbox(Choices(), {})
    assert toolbox.order(Kind.RESEARCH) == ("pages",)
    found = await toolbox.research("pages", NOBODY)
    assert (found.outcome, found.value) == (Outcome.NO_MATCH, None)


async def test_a_listed_company_has_its_ticker_from_the_public_list() -> None:
    profile = Profile(name="Doug McMillon", company="Walmart", company_domain="walmart.com")
    found = await make_toolbox(Choices(), {}).research("pages", ResearchInput(profile=profile, client=CLIENT))
    assert found.value is not None and "WMT" in found.value.markdown and "SEC" in found.value.markdown
