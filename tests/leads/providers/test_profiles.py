"""Providers of profiles: what each of their answers means, and what it cost."""

from __future__ import annotations

import logging

import pytest

from runcast import InvalidInput
from runcast.apps.leads.contract import Choices, Kind, Outcome
from runcast.apps.leads.providers import make_toolbox
from tests.leads.fakes.all import Fakes
from tests.leads.fakes.profiles import KEY, hunter_error, pdl_error
from tests.leads.fakes.server import Asked, Fault, Reply, serving
from tests.leads.providers.given import ADA, NOBODY

SERVER = {"pdl": "PDL", "enrich_layer": "ENRICHLAYER", "hunter": "HUNTER"}


@pytest.mark.parametrize("name", SERVER)
async def test_a_person_who_is_found_has_what_the_provider_knows_and_from_whom(fakes: Fakes, name: str) -> None:
    found = await make_toolbox(Choices(), fakes.env(SERVER[name])).enrich(name, ADA)
    assert found.outcome is Outcome.FILLED and found.value is not None, found
    profile = found.value
    assert (profile.name, profile.company, profile.title.lower()) == (
        "Ada Lovelace",
        "Analytical Engines",
        "chief engineer",
    )
    assert {fact.source for fact in profile.facts} == {name}
    assert "London" in profile.location
    assert found.raw is not None


async def test_what_a_plan_does_not_include_is_not_shown_as_found(fakes: Fakes) -> None:
    found = await make_toolbox(Choices(), fakes.env("PDL")).enrich("pdl", ADA)
    assert found.value is not None
    assert "email" not in {fact.name for fact in found.value.facts}


async def test_somebody_found_costs_what_the_provider_says_and_nobody_found_is_free(fakes: Fakes) -> None:
    toolbox = make_toolbox(Choices(), fakes.env("PDL"))
    assert (await toolbox.enrich("pdl", ADA)).cost_usd == 0.28
    nobody = await toolbox.enrich("pdl", NOBODY)
    assert (nobody.outcome, nobody.cost_usd) == (Outcome.NO_MATCH, 0.0)


async def test_a_miss_that_took_a_credit_costs_it(fakes: Fakes) -> None:
    fakes["PDL"].plan = [Reply(200, {"status": 200, "data": None}, {"x-call-credits-spent": "2"})]
    found = await make_toolbox(Choices(), fakes.env("PDL")).enrich("pdl", ADA)
    assert (found.outcome, found.cost_usd) == (Outcome.NO_MATCH, 0.56)


async def test_a_price_that_depends_on_the_plan_is_unknown_rather_than_free(fakes: Fakes) -> None:
    assert (await make_toolbox(Choices(), fakes.env("HUNTER")).enrich("hunter", ADA)).cost_usd is None


async def test_a_credit_costs_what_the_settings_say_of_the_plan(fakes: Fakes) -> None:
    choices = Choices(options={"hunter": {"price_usd": 0.02}, "pdl": {"sandbox": True}})
    toolbox = make_toolbox(choices, fakes.env("HUNTER", "PDL"))
    assert (await toolbox.enrich("hunter", ADA)).cost_usd == 0.02
    assert (await toolbox.enrich("pdl", ADA)).cost_usd == 0.0


CASES = [
    ("pdl", pdl_error(401, "authentication_error", "Invalid API Key"), Outcome.AUTH_ERROR, None),
    ("pdl", pdl_error(402, "payment_required", "no credits"), Outcome.OUT_OF_CREDITS, None),
    ("pdl", pdl_error(404, "not_found", "nobody"), Outcome.NO_MATCH, None),
    ("pdl", pdl_error(429, "rate_limit_error", "slow", {"retry-after": "17"}), Outcome.RATE_LIMITED, 17.0),
    ("pdl", pdl_error(429, "rate_limit_error", "slow"), Outcome.RATE_LIMITED, 30.0),
    ("pdl", pdl_error(400, "invalid_request_error", "bad"), Outcome.BAD_INPUT, None),
    ("pdl", pdl_error(500, "api_error", "oops"), Outcome.TRANSIENT, None),
    ("hunter", hunter_error(403, "too_many_requests", "15 a second"), Outcome.RATE_LIMITED, 30.0),
    ("hunter", hunter_error(429, "usage_exceeded", "the month's credits"), Outcome.OUT_OF_CREDITS, None),
    ("hunter", hunter_error(404, "not_found", "nobody"), Outcome.NO_MATCH, None),
    ("hunter", hunter_error(451, "claimed_email", "asked not to be found"), Outcome.NO_MATCH, None),
    ("hunter", hunter_error(422, "invalid", "bad"), Outcome.BAD_INPUT, None),
    ("enrich_layer", Reply(403, {"code": 403, "description": "Not enough credits"}), Outcome.OUT_OF_CREDITS, None),
    ("enrich_layer", Reply(404, {"code": 404, "description": "no such person"}), Outcome.NO_MATCH, None),
    ("enrich_layer", Reply(429, "slow", {"retry-after": "3"}), Outcome.RATE_LIMITED, 3.0),
    ("enrich_layer", Reply(503, "maintenance"), Outcome.TRANSIENT, None),
]


@pytest.mark.parametrize(("name", "reply", "outcome", "wait_s"), CASES)
async def test_each_provider_has_its_own_meaning_of_a_status(
    fakes: Fakes, name: str, reply: Reply, outcome: Outcome, wait_s: float | None
) -> None:
    fakes[SERVER[name]].plan = [reply]
    found = await make_toolbox(Choices(), fakes.env(SERVER[name])).enrich(name, ADA)
    assert (found.outcome, found.retry_after_s, found.cost_usd) == (outcome, wait_s, 0.0)
    assert found.value is None and found.detail


@pytest.mark.parametrize("body", ["<html>busy</html>", "", '{"data": {"full_name"'])
async def test_an_answer_that_is_no_json_is_trouble_whose_cost_nobody_knows(fakes: Fakes, body: str) -> None:
    fakes["PDL"].plan = [Reply(200, body)]
    found = await make_toolbox(Choices(), fakes.env("PDL")).enrich("pdl", ADA)
    assert (found.outcome, found.cost_usd) == (Outcome.TRANSIENT, None)


async def test_an_answer_that_breaks_off_may_have_been_paid_for(fakes: Fakes) -> None:
    fakes["PDL"].plan = [Reply(200, parts=['{"status": 200, "data"', Fault.CUT])]
    found = await make_toolbox(Choices(), fakes.env("PDL")).enrich("pdl", ADA)
    assert (found.outcome, found.cost_usd) == (Outcome.TRANSIENT, None)
    assert len(fakes["PDL"].seen) == 1, "what may have been paid for is not sent again"


async def test_a_provider_that_is_away_is_trouble_that_cost_nothing() -> None:
    env = {"PDL_API_KEY": KEY, "PDL_BASE_URL": "http://127.0.0.1:9"}
    found = await make_toolbox(Choices(), env).enrich("pdl", ADA)
    assert (found.outcome, found.cost_usd) == (Outcome.TRANSIENT, 0.0)


async def test_a_provider_without_its_key_says_which_it_needs() -> None:
    found = await make_toolbox(Choices(enrich=("pdl",)), {}).enrich("pdl", ADA)
    assert (found.outcome, found.detail) == (Outcome.AUTH_ERROR, "People Data Labs needs PDL_API_KEY.")


async def test_a_key_is_neither_logged_nor_told(fakes: Fakes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fakes["PDL"].plan = [pdl_error(401, "authentication_error", f"The key {KEY} is wrong")]
    toolbox = make_toolbox(Choices(), fakes.env("PDL"))
    refused = await toolbox.enrich("pdl", ADA)
    found = await toolbox.enrich("pdl", ADA)
    assert KEY not in caplog.text + repr(refused) + repr(found) + repr(toolbox.providers())


def test_the_order_is_that_of_the_settings_and_ends_with_who_needs_no_key(fakes: Fakes) -> None:
    assert make_toolbox(Choices(), {}).order(Kind.ENRICH) == ("offline",)
    assert make_toolbox(Choices(), fakes.env()).order(Kind.ENRICH) == ("pdl", "enrich_layer", "hunter", "offline")
    chosen = make_toolbox(Choices(enrich=("offline", "hunter", "pdl", "hunter")), fakes.env())
    assert chosen.order(Kind.ENRICH) == ("hunter", "pdl", "offline")


def test_choices_that_name_nobody_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'proxycurl' is no provider to enrich"):
        make_toolbox(Choices(enrich=("proxycurl",)), {})
    with pytest.raises(InvalidInput, match="'anthropic' is no provider to enrich"):
        make_toolbox(Choices(enrich=("anthropic",)), {})
    with pytest.raises(InvalidInput, match="no provider is called 'pld'"):
        make_toolbox(Choices(options={"pld": {}}), {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pdl": {"sandbox": "yes"}}, "options of pdl: sandbox: expected boolean, got 'yes'"),
        (
            {"pdl": {"base_url": "https://evil.example"}},
            "options of pdl: there is no 'base_url'; there are sandbox, price_usd",
        ),
        ({"anthropic": {"timeout_s": 0}}, "timeout_s: from 0 to 600, got 0"),
        ({"anthropic": {"timeout_s": True}}, "expected number, got True"),
        ({"anthropic": {"timeout_s": float("nan")}}, "got nan"),
        ({"openai": {"price": {"input": 1}}}, "price: output is missing"),
        ({"tavily": {"reader": "gpt"}}, "one of anthropic, openai, gemini, none, got 'gpt'"),
        ({"local": {"tokens": 5000}}, "tokens: from 8 to 1000, got 5000"),
        ({"offline": {"x": 1}}, "there are none"),
    ],
)
def test_options_that_a_provider_does_not_have_are_refused(options: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make_toolbox(Choices(options=options), {})


async def test_the_sandbox_is_another_host() -> None:
    from runcast.apps.leads.providers.profiles.requests import access_of

    assert access_of("pdl", {}, {"sandbox": True}).base_url == "https://sandbox.api.peopledatalabs.com"
    assert access_of("pdl", {}, {}).base_url == "https://api.peopledatalabs.com"


# --- described in the settings ------------------------------------------------------------------------------------

TEMPLATE = {
    "url": "{host}/profiles/{{slug}}",
    "headers": {"authorization": "Bearer {{env.LEADS_PRO_KEY}}"},
    "params": {"url": "{{linkedin_url}}"},
    "fields": {"name": "person.name", "title": "person.jobs[0].title", "location": "person.city, person.country"},
    "facts": {"school": "person.school"},
    "statuses": {"409": "rate_limited", "204": "no_match"},
    "price_usd": 0.05,
}


def described(asked: Asked) -> Reply:
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    if not asked.path.endswith("ada-lovelace"):
        return Reply(200, {"person": None})
    jobs = [{"title": "Chief Engineer"}]
    return Reply(200, {"person": {"name": "Ada Lovelace", "jobs": jobs, "city": "London", "country": "UK"}})


async def test_a_provider_can_be_described_in_the_settings() -> None:
    with serving(described) as server:
        options = {"http:pro": TEMPLATE | {"url": f"{server.url}/profiles/{{{{slug}}}}"}}
        env = {"LEADS_PRO_KEY": KEY, "RUNCAST_OUTGOING_PRIVATE": "127.0.0.1"}
        toolbox = make_toolbox(Choices(options=options), env)
        assert toolbox.order(Kind.ENRICH) == ("http:pro", "offline")
        found = await toolbox.enrich("http:pro", ADA)
        assert found.value is not None and found.cost_usd == 0.05
        assert (found.value.title, found.value.location) == ("Chief Engineer", "London, UK")
        assert server.seen[0].query == {"url": ADA.linkedin_url}
        assert (await toolbox.enrich("http:pro", NOBODY)).outcome is Outcome.NO_MATCH
        server.plan = [Reply(409, "wait", {"retry-after": "9"})]
        assert (await toolbox.enrich("http:pro", ADA)).retry_after_s == 9


async def test_a_described_provider_reaches_no_private_network() -> None:
    with serving(described) as server:
        options = {"http:pro": TEMPLATE | {"url": server.url}}
        found = await make_toolbox(Choices(options=options), {"LEADS_PRO_KEY": KEY}).enrich("http:pro", ADA)
        assert found.outcome is Outcome.TRANSIENT and "not of the public internet" in found.detail
        assert server.seen == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"headers": {"x": "{{env.ANTHROPIC_API_KEY}}"}}, "variables that begin with LEADS_"),
        ({"fields": {"salary": "a.b"}}, "fills 'salary'"),
        ({"fields": {}}, "fills no field"),
        ({"statuses": {"404": "gone"}}, "Invalid enum value"),
        ({"script": "x"}, "unknown field"),
        ({"url": 7}, "Expected `str`"),
    ],
)
def test_a_description_that_cannot_work_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make_toolbox(Choices(options={"http:pro": TEMPLATE | change}), {})


async def test_a_lead_cannot_change_where_a_described_request_goes() -> None:
    with serving(lambda asked: Reply(404, {})) as server:
        options = {"http:pro": TEMPLATE | {"url": f"{server.url}/p/{{{{slug}}}}/x"}}
        env = {"LEADS_PRO_KEY": KEY, "RUNCAST_OUTGOING_PRIVATE": "127.0.0.1"}
        wanted = type(ADA)(linkedin_url="https://linkedin.com/in/x", slug="../../admin?a=b#")
        await make_toolbox(Choices(options=options), env).enrich("http:pro", wanted)
        assert server.seen[0].path == "/p/..%2F..%2Fadmin%3Fa%3Db%23/x"
