"""What happens to people while pages are open: the server goes away or is upgraded, their sign-in ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, Route, expect

from runcast.api import sse
from runcast.domain.access import NewPerson, Role
from runcast.sdk.fresh_ids import fresh_id
from tests.browser import Pages, settle
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow
PASSWORD = "a horse and a battery"


@pytest.fixture(scope="module")
def office(dashboard: None) -> Iterator[World]:
    """Ada, who may do everything, and Olga, who operates, sign in."""
    with open_world(local=False) as world:
        for name, role in (("ada", Role.ADMIN), ("olga", Role.OPERATOR)):
            world.call(_let_in, world, f"{name}@example.com", role)
        yield world


async def _let_in(world: World, email: str, role: Role) -> None:
    from runcast.api.passwords import Passwords

    hashed = await Passwords().hash(PASSWORD)
    await world.site.engine.add_person(NewPerson(fresh_id("person"), email, hashed, role=role))


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def enter(pages: Pages, world: World, path: str) -> Page:
    page = pages.open(world.url + path)
    sign_in(page, "ada")
    settle(page)
    return page


def test_a_page_stays_while_its_server_is_away_and_the_next_one_comes_with_it(office: World, pages: Pages) -> None:
    pages.allow("ERR_FAILED|401")
    page = enter(pages, office, "/runs")
    page.route("**/*", lambda route: route.abort())
    queues = page.get_by_role("link", name="Queues")
    with page.expect_event("requestfailed", lambda request: "/assets/" in request.url):
        queues.hover()
    queues.click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.unroute("**/*")
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    expect(page).to_have_url(f"{office.url}/queues")


def test_pages_of_an_upgraded_server_come_with_the_next_one_that_is_opened(office: World, pages: Pages) -> None:
    pages.allow("404|401")
    page = enter(pages, office, "/runs")
    page.evaluate("window.isOld = true")
    upgraded = Upgraded(page)
    page.get_by_role("link", name="Schedules").hover()
    expect(page.get_by_text("The server has newer pages")).to_be_visible()
    assert upgraded.loads == 0
    page.get_by_role("link", name="Schedules").click()
    expect(page.get_by_role("heading", name="Schedules")).to_be_visible()
    assert (upgraded.loads, page.evaluate("window.isOld")) == (1, None)
    expect(page).to_have_url(f"{office.url}/schedules")


class Upgraded:
    """The parts of the page's app are gone from its server, until a page of the new one is loaded."""

    def __init__(self, page: Page) -> None:
        self.loads = 0
        page.route("**/*", self._answer)

    def _answer(self, route: Route, request: Request) -> None:
        if request.is_navigation_request():
            self.loads += 1
        if "/assets/" in request.url and not self.loads:
            route.fulfill(status=404)
        else:
            route.continue_()


def test_who_has_to_sign_in_again_finds_the_page_as_it_was_left_and_what_was_begun_is_done(
    office: World, pages: Pages
) -> None:
    pages.allow("401")
    page = enter(pages, office, "/test/remind")
    editor = page.get_by_label("Person")
    editor.fill("Ada, who wrote for an hour")
    page.context.clear_cookies()
    page.get_by_role("button", name="Run test").click()
    again = page.get_by_role("dialog", name="Sign in again")
    expect(again.get_by_label("E-mail")).to_have_value("ada@example.com")
    page.keyboard.press("Escape")
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    expect(again).to_have_count(0)
    expect(page).to_have_url(re.compile("/runs/run_"))
    page.get_by_role("tab", name="Input").click()
    expect(page.get_by_text("Ada, who wrote for an hour").first).to_be_visible()


def test_who_only_looks_on_is_asked_to_sign_in_again_too_and_sees_what_goes_on_after_it(
    office: World, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.allow("401")
    monkeypatch.setattr(sse, "PING_S", 0.2)
    page = enter(pages, office, "/runs")
    expect(page.locator("header").get_by_text("Live", exact=True)).to_be_visible()
    page.context.request.post(f"{office.url}/api/v1/auth/sign-out", headers={"origin": office.url})
    again = page.get_by_role("dialog", name="Sign in again")
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    expect(again).to_have_count(0)
    expect(page.locator("header").get_by_text("Live", exact=True)).to_be_visible()
    made = page.context.request.post(
        f"{office.url}/api/v1/tasks/remind/trigger",
        headers={"origin": office.url},
        data={"payload": {"person": "Grace"}, "options": {"tags": ["afterwards"]}},
    )
    assert made.ok
    expect(page.get_by_text("1 new run").or_(page.get_by_text("afterwards")).first).to_be_visible()


def test_all_tabs_sign_in_and_out_together_and_another_person_gets_pages_of_their_own(
    office: World, pages: Pages
) -> None:
    pages.allow("401")
    first = enter(pages, office, "/runs")
    second = pages.open(f"{office.url}/queues", beside=first)
    settle(second)
    second.evaluate("window.isAdas = true")
    first.get_by_role("button", name="Sign out").click()
    expect(second.get_by_role("heading", name="Sign in to Runcast")).to_be_visible()
    assert second.evaluate("window.isAdas") is None
    sign_in(second, "olga")
    expect(second.get_by_text("olga@example.com")).to_be_visible()
    expect(second).to_have_url(f"{office.url}/queues")
