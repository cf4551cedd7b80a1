"""Leads in a real browser: paste, run, watch, read, retry; through restarts, in several tabs, on a phone, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Page, expect

from runcast.apps.leads.contract import Outcome, Profile
from runcast.apps.leads.installed import leads
from runcast.http_settings import ApiSettings
from tests.api.site import serving
from tests.browser import Pages, find_faults, settle
from tests.dashboard.world import World
from tests.leads.conftest import leads_registry
from tests.leads.scripted import EMAILS, Gate, Script, filled, held, no_research, read, text

pytestmark = pytest.mark.slow
ADDRESS = "https://www.linkedin.com/in/ada-lovelace"
CLIENT = {"name": "Globex", "website": "globex.example", "offer": "Looms that count", "sender": "Grace, Globex"}
FIRST = ("ada", "grace", "alan", "barbara", "radia", "edsger", "donald", "frances", "john", "jean")
LAST = ("lovelace", "hopper", "turing", "liskov", "perlman")
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


@contextmanager
def open_leads(*, database: str = ":memory:", port: int = 0) -> Iterator[World]:
    """A server with Leads, that needs no account."""
    site = serving(
        database, leads_registry(), extensions=[leads], http=ApiSettings(local=True, port=port), ambient=True
    )
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(site) as served:
        yield World(served, portal)


@pytest.fixture
def world(dashboard: None, script: Script) -> Iterator[World]:
    with open_leads() as world:
        world.post("/api/leads/clients", CLIENT)
        yield world


def status(page: Page, step: str) -> str:
    return page.locator(f'li[data-step="{step}"]').get_attribute("data-status") or ""


def until(page: Page, step: str, wanted: str) -> None:
    expect(page.locator(f'li[data-step="{step}"]')).to_have_attribute("data-status", wanted)


def toggle(page: Page, step: str) -> None:
    page.locator(f'li[data-step="{step}"] button').first.click()


def begin(pages: Pages, world: World, addresses: str = ADDRESS) -> Page:
    """The form, filled in and sent."""
    page = pages.open(f"{world.url}/leads/new")
    page.get_by_label("LinkedIn addresses").fill(addresses)
    expect(page.get_by_text(re.compile(r"valid"))).to_be_visible()
    page.get_by_role("button", name="Run Workflow").click()
    return page


def test_an_address_becomes_a_lead_that_is_watched_to_its_end(world: World, script: Script, pages: Pages) -> None:
    gate = Gate()
    script.says("enrich", filled())
    script.says("research", read())
    script.says("write_emails", held(EMAILS, gate))
    page = pages.open(f"{world.url}/workflow")
    page.get_by_label("LinkedIn addresses").fill(f"{ADDRESS}\nlinkedin.com/company/x\n{ADDRESS}/?trk=1")
    expect(page.get_by_text("1 of 3 valid")).to_be_visible()
    expect(page.get_by_text("This is the page of a company")).to_be_visible()
    expect(page.get_by_text("the same as line 1")).to_be_visible()
    page.get_by_role("button", name="Run Workflow").click()
    expect(page).to_have_url(re.compile(r"/leads/lead_"))

    until(page, "write_emails", "EXECUTING")
    expect(page.get_by_label("The text as it is written")).to_contain_text("Hi Ada")
    expect(page).to_have_title(re.compile(r"\(\d+%\) Ada Lovelace"))
    assert (status(page, "enrich"), status(page, "research")) == ("COMPLETED", "COMPLETED")
    gate.open()
    for step in ("write_emails", "build_page"):
        until(page, step, "COMPLETED")
    expect(page.locator("main header").first.get_by_text("Completed")).to_be_visible()

    toggle(page, "enrich")
    expect(page.locator('li[data-step="enrich"]')).to_contain_text("Analytical Engines")
    toggle(page, "research")
    expect(page.get_by_role("heading", name="Engines", exact=True)).to_be_visible()
    toggle(page, "write_emails")
    expect(page.locator("article").first).to_contain_text("shall we talk?")
    toggle(page, "build_page")
    frame = page.frame_locator('li[data-step="build_page"] iframe')
    expect(frame.locator("body")).to_contain_text("Globex")
    page.get_by_role("button", name="390").click()
    expect(page.locator('li[data-step="build_page"] iframe')).to_have_css("width", "390px")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open in a new tab").click()
    expect(popup.value.locator("body")).to_contain_text("Globex")
    assets = page.get_by_role("region", name="Assets")
    expect(assets.get_by_role("button")).to_have_count(5)
    assets.get_by_role("button", name="Landing page").click()
    expect(page.get_by_role("dialog").get_by_text("Open in a new tab")).to_be_visible()


def test_a_step_that_failed_is_retried_alone(world: World, script: Script, pages: Pages) -> None:
    script.says("enrich", filled())
    script.says("research", no_research(Outcome.OUT_OF_CREDITS, detail="Paid has no credit left"), read())
    script.order = dict.fromkeys(script.order, ("paid",))
    page = begin(pages, world)
    until(page, "research", "FAILED")
    expect(page.get_by_role("alert").first).to_contain_text("credit")
    asked = list(script.asked)
    page.get_by_role("button", name="Retry this step").click()
    until(page, "build_page", "COMPLETED")
    assert script.asked[len(asked) :] == ["research"]
    assert status(page, "enrich") == "COMPLETED"


def test_a_batch_says_how_all_of_them_stand(world: World, script: Script, pages: Pages) -> None:
    names = [f"{first}-{last}" for first in FIRST for last in LAST]
    page = begin(pages, world, "\n".join(f"linkedin.com/in/{name}" for name in names))
    expect(page).to_have_url(re.compile(r"/leads\?batch=leads_"))
    expect(page.get_by_role("list", name="Leads of the batch").get_by_role("button")).to_have_count(50)
    expect(page.locator("main header").first).to_contain_text("50 completed", timeout=60_000)


def test_a_page_goes_on_when_its_server_is_back(dashboard: None, script: Script, pages: Pages, tmp_path: Path) -> None:
    gate = Gate()
    script.says("research", read())
    script.says("write_emails", held(EMAILS, gate), text(EMAILS))
    pages.allow("Failed to load resource|ERR_|WebSocket|FetchEvent|503")
    database = str(tmp_path / "runcast.db")
    with open_leads(database=database) as world:
        port = int(world.url.rpartition(":")[2])
        world.post("/api/leads/clients", CLIENT)
        page = begin(pages, world)
        until(page, "write_emails", "EXECUTING")
        reloaded = pages.open(page.url, beside=page)
        until(reloaded, "write_emails", "EXECUTING")
    expect(page.locator("main header").get_by_text(re.compile("Reconnecting|Offline"))).to_be_visible()
    gate.open()
    with open_leads(database=database, port=port):
        for tab in (page, reloaded):
            tab.bring_to_front()
            until(tab, "write_emails", "COMPLETED")
            expect(tab.locator("main header").first.get_by_text("Completed")).to_be_visible()


def test_ten_tabs_are_all_live(world: World, script: Script, pages: Pages) -> None:
    gate = Gate()
    script.says("write_emails", held(EMAILS, gate))
    first = begin(pages, world)
    until(first, "write_emails", "EXECUTING")
    tabs = [first, *(pages.open(first.url, beside=first) for _ in range(9))]
    for tab in tabs:
        until(tab, "write_emails", "EXECUTING")
    gate.open()
    for tab in tabs:
        tab.bring_to_front()
        until(tab, "write_emails", "COMPLETED")


def test_a_person_is_asked_and_answers_by_keyboard_alone(world: World, script: Script, pages: Pages) -> None:
    page = pages.open(f"{world.url}/leads")
    page.get_by_role("button", name="New leads").first.wait_for()
    page.keyboard.press("n")
    page.get_by_label("LinkedIn addresses").wait_for()
    page.keyboard.type(ADDRESS)
    page.get_by_label("Ask for approval").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    until(page, "approval", "WAITING")
    page.keyboard.press("a")
    until(page, "approval", "COMPLETED")


def test_a_link_shows_the_lead_and_lets_nobody_change_it(world: World, script: Script, pages: Pages) -> None:
    gate = Gate()
    script.says("write_emails", held(EMAILS, gate))
    page = begin(pages, world)
    until(page, "write_emails", "EXECUTING")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create the link").click()
    link = page.get_by_role("dialog").locator("pre").inner_text()
    guest = pages.open(link)
    until(guest, "write_emails", "EXECUTING")
    gate.open()
    until(guest, "build_page", "COMPLETED")
    assert guest.get_by_role("button", name=re.compile("Retry|Cancel|Share|Approve")).count() == 0
    asked: list[str] = guest.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert {url for url in asked if "/api/" in url and "/api/leads/shared/" not in url} == set()
    pages.allow("404")
    expect(pages.open(link[:-1] + "x").get_by_text("This link works no more")).to_be_visible()


def test_texts_of_strangers_are_texts(world: World, script: Script, pages: Pages) -> None:
    hostile = Profile(name=HOSTILE, title=HOSTILE, company=HOSTILE, headline=HOSTILE)
    script.says("enrich", filled(profile=hostile))
    script.says("write_emails", text(f"Subject: {HOSTILE}\n\n{HOSTILE}\n"))
    world.post("/api/leads/clients", {**CLIENT, "name": HOSTILE, "offer": HOSTILE, "sender": HOSTILE})
    page = pages.open(f"{world.url}/leads/new")
    page.get_by_label("LinkedIn addresses").fill(ADDRESS)
    page.get_by_role("combobox", name="Client").select_option(label=HOSTILE)
    page.get_by_role("button", name="Run Workflow").click()
    for step in ("enrich", "research", "write_emails", "build_page"):
        until(page, step, "COMPLETED")
        toggle(page, step)
    expect(page.locator("article").first).to_contain_text("onerror")
    expect(page.frame_locator("iframe").first.locator("body")).to_contain_text("onerror")
    assert page.evaluate("window.hacked") is None
    page.goto(f"{world.url}/leads")
    expect(page.get_by_role("table")).to_contain_text("onerror")
    assert page.evaluate("window.hacked") is None


def test_its_pages_keep_nobody_out(world: World, script: Script, pages: Pages) -> None:
    page = begin(pages, world)
    until(page, "build_page", "COMPLETED")
    lead = page.url
    for address in (f"{world.url}/leads/new", f"{world.url}/leads", f"{world.url}/leads/settings", lead):
        page.goto(address)
        page.locator("main h1").first.wait_for()
        settle(page)
        assert find_faults(page, f"leads-{address.rpartition('/')[2][:8]}") == []
