"""A real browser for tests of pages: one Chromium, pages whose errors fail the test, axe, pictures.

Pages are driven from plain `def` tests: while Chromium is driven, no event loop can be started on the same thread.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[1]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
PICTURES = ROOT / "build" / "screenshots" if os.environ.get("RUNCAST_TEST_PICTURES") else None
"""Where pictures go, for those who want them. Ignored by git."""
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
PATIENCE_MS = 20_000
"""A page that needs longer for what a test waits for has failed."""
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
_AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_COLOURS = ("color-contrast", "link-in-text-block")
"""Rules of axe that another theme can break: it changes colours, and nothing else."""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

expect.set_options(timeout=PATIENCE_MS)


def find_program() -> str:
    """A Chromium of this machine; `make test` installs Debian's when there is none."""
    found = os.environ.get("RUNCAST_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None and ON_MACOS.exists():
        found = str(ON_MACOS)
    if found is None:
        pytest.fail(
            f"no browser: none of {', '.join(PROGRAMS)} is installed. `.ci/browser` installs one where apt does; "
            "elsewhere install Chromium or Chrome, or name one in RUNCAST_TEST_CHROMIUM",
            pytrace=False,
        )
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, until the end of the block."""
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root, who runs tests in containers; the pages are ours.
        sandbox = os.geteuid() != 0
        browser = playwright.chromium.launch(executable_path=find_program(), chromium_sandbox=sandbox)
        yield browser
        browser.close()


class Pages:
    """The pages that a test opens. What goes wrong in them fails the test, unless it is allowed.

    >>> page = pages.open(f"{world.url}/runs", theme="dark", viewport=PHONE)  # doctest: +SKIP
    """

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        """Errors of the console, which violations of the content security policy are among, and of scripts."""
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        # What a run made is shown in frames without rights: that a script in one does not run is how it should be.
        self._allowed = ["Blocked script execution in 'about:srcdoc'"]

    def open(
        self,
        address: str,
        *,
        theme: Theme = "light",
        viewport: ViewportSize = DESKTOP,
        beside: Page | None = None,
        **options: Any,
    ) -> Page:
        """A page at an address, of a browser without a past. `beside`: a tab of the same browser as that page instead;
        `options`: as Playwright's `new_context` has them."""
        context = self._new_context(theme, viewport, options) if beside is None else beside.context
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        return page

    def allow(self, words: str) -> None:
        """Complaints that match are what the test is about."""
        self._allowed.append(words)

    def unexpected(self) -> list[str]:
        """Complaints that no `allow` covers."""
        return [one for one in self.complaints if not any(re.search(words, one) for words in self._allowed)]

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _new_context(self, theme: Theme, viewport: ViewportSize, options: dict[str, Any]) -> BrowserContext:
        is_phone = viewport["width"] <= PHONE["width"]
        context = self._browser.new_context(
            color_scheme=theme,
            viewport=viewport,
            has_touch=is_phone,
            locale="en-US",
            timezone_id="Europe/Berlin",
            **options,
        )
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"{error.page and error.page.url}: {error.error}"))
        self._contexts.append(context)
        return context

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.page and message.page.url}: {message.text}")


@contextmanager
def watched(browser: Browser) -> Iterator[Pages]:
    """Pages whose complaints fail the test at its end."""
    pages = Pages(browser)
    try:
        yield pages
    finally:
        pages.close()
    assert not pages.unexpected(), "\n".join(pages.unexpected())


def settle(page: Page) -> None:
    """What the page shows first is there: the app, its page, and what that asks the server for."""
    page.locator("main").wait_for()
    # Not `wait_for_function`: its polling is an `eval`, which the policy of the pages forbids.
    expect(page.locator("[aria-label=Loading], main [aria-busy=true]")).to_have_count(0)


@cache
def _axe() -> str:
    return _AXE.read_text("utf-8")


def find_barriers(
    page: Page, *, within: str = "body", but: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> list[str]:
    """What keeps people out, one line for each element (WCAG 2.2 AA and good practice); `but`: rules that are left out,
    `only`: the rules that are asked for."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    asked = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": _RULES}
    found = page.evaluate(
        "([within, asked, but]) => axe.run(within, {runOnly: asked, resultTypes: ['violations'], "
        "rules: Object.fromEntries(but.map((id) => [id, {enabled: false}]))})",
        [within, asked, list(but)],
    )
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def find_faults(page: Page, name: str, *, within: str = "body") -> list[str]:
    """What is wrong with the page that is shown, in both themes, on a desk and on a phone: what keeps people out, and what
    is wider than the window. The page is loaded once, and told of the theme and the width when they change."""
    faults = []
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        for theme in THEMES:
            _show(page, theme)
            draw(page, f"{name}-{theme}-{viewport['width']}")
            found = find_barriers(page, within=within, only=() if theme == THEMES[0] else _COLOURS)
            faults += [f"{name}, {theme}, {viewport['width']} pixels: {one}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{name} is wider than {viewport['width']} pixels")
    return faults


def _show(page: Page, theme: Theme) -> None:
    """The page in a theme, with nothing on its way from one colour or place to another."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
    settle(page)


def draw(page: Page, name: str, **options: Any) -> None:
    """A picture of the page, for people to judge: `build/screenshots/<name>.png`, where `RUNCAST_TEST_PICTURES` is set."""
    if PICTURES is not None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", **options)
