"""Without a key: what the address, notes and public lists say, and not a word more."""

from __future__ import annotations

import pytest

from runcast.apps.leads.contract import Choices, EnrichInput, Fact, FoundProfile, Outcome
from runcast.apps.leads.providers import make_toolbox
from runcast.apps.leads.providers.offline.html import read_page
from runcast.apps.leads.providers.offline.pasted import facts_of
from runcast.apps.leads.providers.offline.slug import name_of, slug_of
from tests.leads.fakes.server import serving
from tests.leads.providers.given import ADA, NOBODY
from tests.leads.providers.test_research import LOCAL, site


async def look_up(wanted: EnrichInput, **env: str) -> FoundProfile:
    return await make_toolbox(Choices(), env).enrich("offline", wanted)


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("ada-lovelace", "Ada Lovelace"),
        ("ada-lovelace-4a1b2c3d", "Ada Lovelace"),
        ("ada-lovelace-12", "Ada Lovelace"),
        ("dr-ada-lovelace-phd", "Ada Lovelace"),
        ("josé-garcía", "José García"),
        ("ludwig-van-beethoven", "Ludwig van Beethoven"),
        ("williamhgates", None),
        ("ada", None),
        ("a-l", None),
        ("acme-marketing-agency", None),
        ("the-growth-hacker", None),
        ("one-two-three-four-five-six", None),
        ("ada--<script>", None),
        ("12345-678", None),
        ("", None),
        ("-----", None),
    ],
)
def test_an_address_spells_a_name_or_none(slug: str, name: str | None) -> None:
    found = name_of(slug)
    assert (found.full if found else None) == name


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("linkedin.com/in/ada-lovelace", "ada-lovelace"),
        ("https://uk.linkedin.com/in/ada-lovelace/details", "ada-lovelace"),
        ("https://www.linkedin.com/in/jos%C3%A9", "josé"),
        ("https://www.linkedin.com/company/acme", None),
        ("https://linkedin.com.evil.example/in/ada", None),
        ("https://[bad", None),
    ],
)
def test_a_slug_is_of_linkedin_only(url: str, slug: str | None) -> None:
    assert slug_of(url) == slug


async def test_a_name_from_the_address_alone_says_so() -> None:
    found = await look_up(ADA)
    assert found.outcome is Outcome.FILLED and found.value is not None
    assert found.value.name == "Ada Lovelace"
    assert Fact("name", "Ada Lovelace", "url") in found.value.facts
    assert found.value.title == found.value.company == found.value.location == ""
    assert "may be wrong" in found.detail


async def test_an_address_that_names_nobody_is_no_match() -> None:
    found = await look_up(NOBODY)
    assert (found.outcome, found.value) == (Outcome.NO_MATCH, None)


async def test_pasted_text_says_what_it_says_and_beats_the_address() -> None:
    text = "Name: Augusta Ada King\nHead of Engines at Walmart\nLocation: London\nMail ada@walmart.com"
    found = await look_up(EnrichInput(linkedin_url=ADA.linkedin_url, slug=ADA.slug, text=text))
    profile = found.value
    assert profile is not None
    assert (profile.name, profile.title, profile.company) == ("Augusta Ada King", "Head of Engines", "Walmart")
    assert (profile.company_domain, profile.location) == ("walmart.com", "London")
    facts = {fact.name: fact for fact in profile.facts}
    assert facts["title"].source == "pasted text"
    assert "WMT" in facts["company_ticker"].value and facts["company_ticker"].source == "SEC registrants"


async def test_facts_of_a_file_come_first_and_keep_their_source() -> None:
    facts = (Fact("title", "Countess", "CSV"), Fact("company", "  Engines \n Ltd ", "CSV"))
    wanted = EnrichInput(linkedin_url=ADA.linkedin_url, slug=ADA.slug, facts=facts, text="Title: Other")
    profile = (await look_up(wanted)).value
    assert profile is not None
    assert (profile.title, profile.company) == ("Countess", "Engines Ltd")
    assert Fact("title", "Countess", "CSV") in profile.facts


async def test_a_website_in_the_place_of_a_domain_is_its_domain() -> None:
    for value, domain in (("https://www.acme.io/about", "acme.io"), ("gmail.com", ""), ("none", "")):
        wanted = EnrichInput(
            linkedin_url=ADA.linkedin_url, slug=ADA.slug, facts=(Fact("company_domain", value, "CSV"),)
        )
        profile = (await look_up(wanted)).value
        assert profile is not None and profile.company_domain == domain


@pytest.mark.parametrize(("mail", "kind"), [("ada@gmail.com", "free mail"), ("ada@mailinator.com", "disposable")])
async def test_a_private_mailbox_names_no_company(mail: str, kind: str) -> None:
    profile = (await look_up(EnrichInput(linkedin_url=ADA.linkedin_url, slug=ADA.slug, text=mail))).value
    assert profile is not None and profile.company_domain == ""
    assert Fact("email_kind", kind, "public lists") in profile.facts


async def test_a_page_that_is_about_this_very_person_is_believed() -> None:
    with serving(site) as server:
        wanted = EnrichInput(linkedin_url=ADA.linkedin_url, slug=ADA.slug, pages=(f"{server.url}/",))
        profile = (await look_up(wanted, **LOCAL)).value
        assert profile is not None
        assert (profile.title, profile.company) == ("Chief Engineer", "Analytical Engines")
        assert Fact("title", "Chief Engineer", f"{server.url}/") in profile.facts
        other = EnrichInput(
            linkedin_url="https://linkedin.com/in/grace-hopper", slug="grace-hopper", pages=wanted.pages
        )
        about_grace = (await look_up(other, **LOCAL)).value
        assert about_grace is not None and about_grace.title == ""


def test_notes_without_facts_are_no_facts() -> None:
    assert facts_of("met her at a fair\nshe liked it: a lot\nhttps://x.example\n\n:::") == ()
    assert facts_of("Title:\nCompany:   \n") == ()
    long = facts_of("Title: " + "x" * 100_000)
    assert len(long[0].value) == 2_000


@pytest.mark.parametrize(
    "html",
    ["", "<", "<title", "<p>" * 5_000, "<script type='application/ld+json'>" + "[" * 100_000, "\x00<p>\x00</p>",
     "<script type='application/ld+json'>{\"@type\": null}</script>", "<title>a</title><title>b</title></p></div></script>"],
)  # fmt: skip
def test_broken_markup_is_read_as_far_as_it_goes(html: str) -> None:
    read_page(html)
