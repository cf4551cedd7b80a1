"""Approvals in a real browser: questions that come live, the keys, what can be taken back, and the page of a mailed link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from runcast.domain.run import RunStatus
from tests.browser import DESKTOP, PHONE, Pages, Theme, draw, find_barriers, find_faults
from tests.dashboard.operations import HOSTILE, ask, operations, token_of
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow
AFTER_UNDO_MS = 12_000


@pytest.fixture
def office(dashboard: None) -> Iterator[World]:
    with open_world(operations()) as world:
        yield world


def open_inbox(pages: Pages, world: World) -> Page:
    page = pages.open(f"{world.url}/approvals")
    expect(page.get_by_text("Live", exact=True).locator("visible=true")).to_be_visible()
    return page


def test_a_question_comes_live_and_the_badge_counts_it(office: World, pages: Pages) -> None:
    page = open_inbox(pages, office)
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    ask(office, "spend", {"rows": 17})
    expect(page.get_by_role("heading", name="Spend on 17 rows?")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Approvals")).to_contain_text("1")
    expect(page).to_have_title("(1) Approvals · Runcast")


def test_a_key_decides_and_the_run_goes_on(office: World, pages: Pages) -> None:
    run_id = ask(office, "send_email", {"person": "Ada"})
    page = open_inbox(pages, office)
    card = page.get_by_role("article", name="Send the e-mail to Ada?")
    expect(card.frame_locator("iframe").get_by_text("a word about Thursday")).to_be_visible()
    expect(card).to_contain_text("outreach")
    expect(card).to_contain_text("left")
    card.get_by_label("Remark").fill("and good luck")
    page.get_by_role("heading", name="send_email").click()
    page.keyboard.press("a")
    expect(card).to_be_hidden()
    expect(page.get_by_text("Send: Send the e-mail to Ada?")).to_be_visible()
    assert office.until(run_id, RunStatus.COMPLETED).output == '"send: and good luck"'
    page.get_by_role("tab", name="Decided").click()
    row = page.get_by_role("row", name="Send the e-mail to Ada?")
    expect(row).to_contain_text("Send", timeout=AFTER_UNDO_MS)
    row.get_by_role("link").click()
    expect(page.get_by_text("and good luck")).to_be_visible()


def test_a_decision_is_taken_back_before_it_is_sent(office: World, pages: Pages) -> None:
    run_id = ask(office, "spend", {"rows": 3})
    page = open_inbox(pages, office)
    page.keyboard.press("d")
    card = page.get_by_role("article", name="Spend on 3 rows?")
    expect(card).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    assert token_of(office, run_id)["status"] == "WAITING"


def test_several_are_approved_at_once_where_nothing_is_to_be_typed(office: World, pages: Pages) -> None:
    runs = [ask(office, "spend", {"rows": rows}) for rows in (1, 2, 3)]
    page = open_inbox(pages, office)
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("toolbar", name="Selected questions")
    expect(bar).to_contain_text("2 questions selected")
    bar.get_by_role("button", name="Reject 2").click()
    for run_id in runs[:2]:
        assert office.until(run_id, RunStatus.COMPLETED).output == "false"
    assert token_of(office, runs[2])["status"] == "WAITING"


def test_what_no_form_can_say_is_said_in_json(office: World, pages: Pages) -> None:
    run_id = ask(office, "outline", {"topic": "otters"})
    page = open_inbox(pages, office)
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Edit the answer")
    dialog.get_by_label("Answer (JSON)").fill("no json")
    dialog.get_by_role("button", name="Send answer").click()
    expect(dialog.get_by_text("JSON", exact=False).first).to_be_visible()
    dialog.get_by_label("Answer (JSON)").fill('{"steps": ["swim"]}')
    dialog.get_by_role("button", name="Send answer").click()
    assert office.until(run_id, RunStatus.COMPLETED).output == '["swim"]'


def test_an_answer_that_does_not_fit_comes_back_with_the_reason(office: World, pages: Pages) -> None:
    pages.allow("400|422")
    ask(office, "outline", {"topic": "otters"})
    page = open_inbox(pages, office)
    page.get_by_role("button", name="Answer in JSON").click()
    page.get_by_label("Answer (JSON)").fill('{"steps": 3}')
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text("value of wait")).to_be_visible(timeout=AFTER_UNDO_MS)
    expect(page.get_by_role("article", name="Which steps for otters?")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_mailed_page_needs_no_script_and_no_account(office: World, pages: Pages, viewport: ViewportSize) -> None:
    run_id = ask(office, "send_email", {"person": "Grace"})
    page = pages.open(token_of(office, run_id)["pageUrl"], java_script_enabled=False, viewport=viewport, theme="dark")
    expect(page.get_by_role("heading", name="Send the e-mail to Grace?")).to_be_visible()
    page.get_by_label("Remark").fill("no, thank you")
    draw(page, f"answer-{viewport['width']}")
    page.get_by_role("button", name="Drop").click()
    expect(page.get_by_text("Decided: Drop")).to_be_visible()
    assert office.until(run_id, RunStatus.COMPLETED).output == '"drop: no, thank you"'
    page.reload()
    expect(page.get_by_text("Decided: Drop")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_mailed_page_keeps_nobody_out(office: World, pages: Pages, theme: Theme) -> None:
    run_id = ask(office, "send_email", {"person": HOSTILE})
    page = pages.open(token_of(office, run_id)["pageUrl"], theme=theme, bypass_csp=True)
    assert find_barriers(page) == []
    assert page.evaluate("window.hacked") is None


def test_approvals_keep_nobody_out(office: World, pages: Pages) -> None:
    # The frame of what a stranger wrote refuses what it would load.
    pages.allow("violates the following Content Security Policy")
    waiting = ask(office, "send_email", {"person": HOSTILE})
    decided = token_of(office, ask(office, "spend", {"rows": 1}))["id"]
    office.post(f"/api/v1/waitpoints/tokens/{decided}/complete", {"data": True})
    page = pages.open(f"{office.url}/approvals")
    addresses = {
        "approvals": "approvals",
        "approvals-decided": "approvals?tab=decided",
        "approval-decided": f"approvals/{decided}",
        "approval": f"waits/{token_of(office, waiting)['id']}",
    }
    for name, path in addresses.items():
        page.goto(f"{office.url}/{path}")
        expect(page.get_by_text("rows?" if "decided" in name else "Send the e-mail").first).to_be_visible()
        assert find_faults(page, name) == []
        assert page.evaluate("window.hacked") is None
