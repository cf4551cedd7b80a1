"""The page of an environment without runs: it notices the first worker by itself, and leads to the first run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from runcast import task
from runcast.sdk.registry import Registry
from tests.browser import Pages, draw, find_barriers, settle
from tests.dashboard.world import open_world

pytestmark = pytest.mark.slow


def first_task() -> Registry:
    registry = Registry()

    @task(registry=registry)
    async def hello(name: str = "world") -> str:
        return f"Hello, {name}!"

    return registry


def ticks(page: Page) -> Locator:
    """The steps that are done."""
    return page.get_by_role("main").get_by_label("Done")


def test_the_first_worker_is_ticked_off_as_soon_as_it_connects_and_its_task_is_run_from_there(
    dashboard: None, pages: Pages
) -> None:
    with open_world(works=False) as world:
        page = pages.open(f"{world.url}/runs")
        news = page.get_by_role("main").get_by_role("status").filter(has_text=re.compile("worker|Connected"))
        expect(news).to_have_text("Waiting for a worker…")
        expect(ticks(page)).to_have_count(0)
        with world.working(first_task()):
            expect(news).to_have_text(re.compile("Connected: .+, 1 task"))
            expect(ticks(page)).to_have_count(2)
            draw(page, "onboarding-connected")
            assert find_barriers(page) == []
            page.get_by_role("button", name="Open the test form").click()
            expect(page).to_have_url(f"{world.url}/test/hello")
            settle(page)
            page.get_by_role("button", name="Run test").click()
            expect(page).to_have_url(re.compile("/runs/run_"))
            expect(page.get_by_role("main")).to_contain_text("Hello, world!")
            page.goto(f"{world.url}/runs")
            expect(page.locator("tr[data-key]")).to_have_count(1)
        page.close()
