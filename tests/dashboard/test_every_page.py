"""Every page that the navigation leads to, and a run in each state: there, open to everybody, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser import DESKTOP, PHONE, Pages, Theme, draw, find_barriers, settle
from tests.dashboard.world import World

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)], ids=["light", "dark", "phone"]
)
def test_every_page_keeps_nobody_out(world: World, pages: Pages, theme: Theme, viewport: ViewportSize) -> None:
    page = pages.open(world.url, theme=theme, viewport=viewport)
    expect(page.get_by_role("main")).to_be_visible()
    addresses = [*linked(page), *(f"runs/{run_id}" for run_id in world.runs.values())]
    assert len(addresses) > len(world.runs) + 8
    names = {f"runs/{run_id}": f"run-{state}" for state, run_id in world.runs.items()}
    wrong = [
        f"{names.get(address, address)}: {one}"
        for address in addresses
        for one in problems(
            page, f"{world.url}/{address}", f"{names.get(address, address)}-{theme}-{viewport['width']}"
        )
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def linked(page: Page) -> list[str]:
    """Where the navigation leads, relative to the app."""
    # On a phone they are behind a button, and there nevertheless.
    links = page.locator("nav a")
    found: list[str] = links.evaluate_all("links => links.map(link => new URL(link.href).pathname.slice(1))")
    return found


def problems(page: Page, address: str, name: str) -> Iterator[str]:
    page.goto(address)
    expect(page.get_by_role("main")).to_be_visible()
    settle(page)
    draw(page, name.replace("/", "-"))
    if page.get_by_text("There is no such page").is_visible():
        yield "there is no such page"
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield "it is wider than the window"
    if page.evaluate("window.hacked"):
        yield "text of a stranger was executed"
    yield from find_barriers(page)
