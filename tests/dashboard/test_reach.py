"""The main path without a mouse, in a window that is zoomed to 200 %, and in colours that the reader forces."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser import Pages, draw, settle
from tests.dashboard.world import World

pytestmark = pytest.mark.slow

ZOOMED = ViewportSize(width=720, height=450)
"""What a window of 1440 by 900 has left at 200 %."""
STOPS_MAX = 40
ADDRESSES = (
    "runs",
    "tasks",
    "test",
    "batches",
    "approvals",
    "queues",
    "schedules",
    "workers",
    "errors",
    "alerts",
    "settings",
)


def tab_to(page: Page, name: str) -> None:
    """The focus, moved with Tab alone, and seen on the way."""
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        stop = page.locator(":focus")
        assert stop.evaluate("one => getComputedStyle(one).outlineStyle") != "none", stop.evaluate(
            "one => one.outerHTML"
        )
        if name in (stop.get_attribute("aria-label") or stop.inner_text() or ""):
            return
    raise AssertionError(f"{STOPS_MAX} times Tab do not lead to {name!r}")


def test_a_failed_run_is_found_and_resumed_with_the_keyboard_alone(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/tasks")
    settle(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").wait_for()
    page.keyboard.type("errors")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/errors$"))
    expect(page.get_by_role("link", name="RuntimeError")).to_be_visible()
    tab_to(page, "RuntimeError")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/errors/.+"))
    expect(page.get_by_role("link", name=re.compile(world.runs["failed"][-8:]))).to_be_visible()
    tab_to(page, world.runs["failed"][-8:])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(world.runs["failed"]))
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    tab_to(page, "Resume")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile(world.runs["failed"]))
    expect(page.get_by_role("main")).to_contain_text("Goes on from")


def test_a_dialog_begins_at_its_first_field_and_gives_the_focus_back(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/schedules")
    settle(page)
    opener = page.get_by_role("button", name="New schedule")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Task")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_nothing_is_out_of_reach_at_200_percent(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/runs", viewport=ZOOMED)
    for address in (*ADDRESSES, f"runs/{world.runs['failed']}", f"runs/{world.runs['completed']}"):
        page.goto(f"{world.url}/{address}")
        settle(page)
        name = "run" if "/" in address else address
        draw(page, f"zoomed-{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        cut = page.locator("main h1").evaluate("one => one.scrollWidth > one.clientWidth + 1")
        assert not cut, address
    expect(page.get_by_role("button", name="Replay")).to_be_in_viewport()


def test_less_motion_is_none_when_the_theme_turns(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/tasks", reduced_motion="reduce")
    settle(page)
    colour = "getComputedStyle(document.querySelector('main td a')).color"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(f"[{colour}, document.getAnimations().length]") == [page.evaluate(colour), 0]
    assert page.evaluate(colour) != light


def test_forced_colours_leave_bars_and_states_to_see(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/batches", forced_colors="active", reduced_motion="reduce")
    bar = page.get_by_role("progressbar").first.locator("span").first
    expect(bar).to_be_visible()
    fill = "one => getComputedStyle(one).backgroundColor"
    canvas = page.locator("body").evaluate(fill)
    assert bar.evaluate(fill) != canvas
    chosen = page.get_by_role("link", name="Batches", exact=True)
    assert chosen.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
