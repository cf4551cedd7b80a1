"""A page of another origin shows a run's progress and what it streams, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.compat.node import Clients
from tests.compat.server import Served

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A Chromium of this machine; `make test` installs Debian's when there is none."""
    found = os.environ.get("RUNCAST_TEST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and ON_MACOS.exists():
        found = str(ON_MACOS)
    if found is None:
        pytest.fail(
            f"no browser: none of {', '.join(BROWSERS)} is installed. `.ci/browser` installs one where apt does; "
            "elsewhere install Chromium or Chrome, or name one in RUNCAST_TEST_CHROMIUM",
            pytrace=False,
        )
    return found


@pytest.fixture
def site(served: Served, clients: Clients) -> Iterator[str]:
    """The address of the page, whose server has the key."""
    with clients.start("page.mjs", served.environment) as said:
        address = next(said, "")
        assert address, "the page's server did not start"
        yield address


@pytest.fixture
def page(browser_path: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root, who runs tests in containers; the page is ours.
        sandbox = os.geteuid() != 0
        browser = playwright.chromium.launch(executable_path=browser_path, chromium_sandbox=sandbox)
        yield browser.new_page()
        browser.close()


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
