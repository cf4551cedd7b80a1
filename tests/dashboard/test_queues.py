"""Queues in a real browser: numbers that move, pause and resume, another limit, and names with slashes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from runcast.domain.run import RunStatus
from tests.browser import Pages, find_faults
from tests.dashboard.operations import CROWD, operations
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow


@pytest.fixture
def crowd(dashboard: None) -> Iterator[World]:
    """Five runs of a queue that has three places."""
    with open_world(operations()) as world:
        runs = [world.trigger("think", {"number": n}, concurrencyKey=("acme", "globex")[n % 2]) for n in range(5)]
        world.until(runs[0], RunStatus.EXECUTING)
        yield world


def row(page: Page) -> Locator:
    return page.locator(f'tr[data-key="{CROWD}"]')


def test_the_numbers_and_the_word_move_with_the_runs(crowd: World, pages: Pages) -> None:
    page = pages.open(f"{crowd.url}/queues")
    expect(row(page)).to_contain_text("At limit")
    expect(row(page).get_by_role("cell").nth(1)).to_have_text("2")
    crowd.trigger("think", {"number": 6}, concurrencyKey="initech")
    expect(row(page).get_by_role("cell").nth(1)).to_have_text("3")


def test_a_queue_is_paused_and_resumed(crowd: World, pages: Pages) -> None:
    page = pages.open(f"{crowd.url}/queues")
    row(page).get_by_role("button", name=f"Actions for {CROWD}").click()
    page.get_by_role("menuitem", name="Pause").click()
    expect(row(page)).to_contain_text("Paused")
    assert crowd.get("/api/v1/queues/llm%252Feu")["paused"]
    row(page).get_by_role("link", name=CROWD).click()
    expect(page.get_by_text("Runs wait here until it is resumed.")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert not crowd.get("/api/v1/queues/llm%252Feu")["paused"]


def test_a_limit_is_overridden_and_reset(crowd: World, pages: Pages) -> None:
    page = pages.open(f"{crowd.url}/queues/llm%2Feu")
    expect(page.get_by_role("main").get_by_text("acme")).to_be_visible()
    page.get_by_role("button", name="Override limit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Runs at once").fill("0")
    expect(dialog.get_by_text("A whole number from 1")).to_be_visible()
    expect(dialog.get_by_role("button", name="Override limit")).to_be_disabled()
    dialog.get_by_label("Runs at once").fill("5")
    dialog.get_by_label("For", exact=True).select_option("an hour")
    expect(dialog.get_by_text("Then 3 again")).to_be_visible()
    dialog.get_by_role("button", name="Override limit").click()
    expect(page.get_by_text("In the code")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^for \d+m .* more$"))).to_be_visible()
    found = crowd.get("/api/v1/queues/llm%252Feu")
    assert (found["concurrencyLimit"], "overrideEndsAt" in found) == (5, True)
    page.get_by_role("button", name="Override limit").click()
    dialog.get_by_role("button", name="Reset to 3").click()
    expect(page.get_by_text("In the code")).to_be_hidden()
    assert crowd.get("/api/v1/queues/llm%252Feu")["concurrencyLimit"] == 3


def test_queues_keep_nobody_out(crowd: World, pages: Pages) -> None:
    page = pages.open(f"{crowd.url}/queues")
    for path in ("queues", "queues/llm%2Feu"):
        page.goto(f"{crowd.url}/{path}")
        expect(page.get_by_text("At limit").locator("visible=true").first).to_be_visible()
        assert find_faults(page, path.replace("%2F", "-").replace("/", "-")) == []
