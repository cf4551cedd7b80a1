"""A page of another origin shows a run's progress and what it streams, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import launched
from tests.compat.node import Clients
from tests.compat.server import Served

pytestmark = pytest.mark.slow


@pytest.fixture
def site(served: Served, clients: Clients) -> Iterator[str]:
    """The address of the page, whose server has the key."""
    with clients.start("page.mjs", served.environment) as said:
        address = next(said, "")
        assert address, "the page's server did not start"
        yield address


@pytest.fixture
def page() -> Iterator[Page]:
    with launched() as browser:
        yield browser.new_page()


def test_a_page_of_another_origin_shows_progress_and_streamed_text(page: Page, site: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site)

    expect(page.locator("#status"), "\n".join(said)).to_have_text("COMPLETED", timeout=20_000)
    expect(page.locator("#text")).to_have_text("Once upon a time ")
    expect(page.locator("#output")).to_have_text("Once upon a time")
    expect(page.locator("#progress")).to_have_attribute("value", "100")
    expect(page.locator("#children li")).to_have_text(["child: COMPLETED"] * 3)

    progress: list[int] = page.evaluate("window.progressSeen")
    texts: list[str] = page.evaluate("window.textsSeen")
    assert len(set(progress)) >= 3 and progress == sorted(progress), "the bar moved while the run ran"
    assert len(set(texts)) >= 4, "the text came word by word"
    assert not [text for text in said if "favicon" not in text and "404" not in text], said
    if shown := os.environ.get("RUNCAST_TEST_SCREENSHOT"):
        page.screenshot(path=shown)
