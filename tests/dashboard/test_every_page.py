"""Every page that the navigation leads to, and a run in each state: there, open to everybody, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Pages, find_faults, settle
from tests.dashboard.world import World

pytestmark = pytest.mark.slow


def test_every_page_of_the_navigation_keeps_nobody_out(world: World, pages: Pages) -> None:
    page = pages.open(world.url)
    settle(page)
    addresses = linked(page)
    assert len(addresses) > 8
    assert not (wrong := [one for path in addresses for one in problems(page, world, path, path)]), "\n".join(wrong)


@pytest.mark.parametrize("half", [0, 1])
def test_the_page_of_a_run_in_any_state_keeps_nobody_out(world: World, pages: Pages, half: int) -> None:
    page = pages.open(world.url)
    runs = sorted(world.runs.items())[half::2]
    wrong = [one for state, id in runs for one in problems(page, world, f"runs/{id}", f"run-{state}")]
    assert runs and not wrong, "\n".join(wrong)


def linked(page: Page) -> list[str]:
    """Where the navigation leads, relative to the app, each page once."""
    links = page.locator("nav a")
    found: list[str] = links.evaluate_all("links => links.map(link => new URL(link.href).pathname.slice(1))")
    return list(dict.fromkeys(found))


def problems(page: Page, world: World, path: str, name: str) -> Iterator[str]:
    page.goto(f"{world.url}/{path}")
    expect(page.get_by_role("main")).to_be_visible()
    settle(page)
    if page.get_by_text("There is no such page").is_visible():
        yield f"{name}: there is no such page"
    yield from find_faults(page, name.replace("/", "-"))
    if page.evaluate("window.hacked"):
        yield f"{name}: text of a stranger was executed"
