"""Schedules in a real browser: made with a preview of their times, paused, run by hand, and filled back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import Pages, draw, find_faults
from tests.dashboard.operations import operations
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow
NIGHTLY = {
    "task": "outline",
    "cron": "0 2 * * *",
    "timezone": "America/New_York",
    "deduplicationKey": "nightly",
    "payload": {"topic": "otters"},
}


@pytest.fixture
def shop(dashboard: None) -> Iterator[World]:
    with open_world(operations()) as world:
        yield world


def test_the_form_shows_the_next_times_in_both_zones_while_one_types(shop: World, pages: Pages) -> None:
    pages.allow("422")
    page = pages.open(f"{shop.url}/schedules")
    page.get_by_role("button", name="New schedule").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Task").select_option("outline")
    form.get_by_label("Cron rule").fill("0 25 * * *")
    expect(form.get_by_text("hour", exact=False).first).to_be_visible()
    expect(form.get_by_role("button", name="Create schedule")).to_be_disabled()
    form.get_by_label("Cron rule").fill("30 7 * * 1-5")
    form.get_by_label("Time zone").fill("America/New_York")
    expect(form.get_by_text("At 07:30 on Monday through Friday")).to_be_visible()
    times = form.get_by_role("table", name="Next times")
    expect(times.get_by_role("columnheader")).to_have_text(["America/New_York", "Europe/Berlin (yours)", "From now"])
    expect(times.get_by_role("row")).to_have_count(6)
    form.get_by_label("Payload (JSON)").fill('{"topic": "otters"}')
    draw(page, "schedule-form")
    form.get_by_role("button", name="Create schedule").click()
    expect(page).to_have_url(re.compile(r"/schedules/sched_"))
    expect(page.get_by_role("heading", name="At 07:30 on Monday through Friday")).to_be_visible()


def test_a_schedule_is_paused_run_by_hand_and_filled_back(shop: World, pages: Pages) -> None:
    schedule = shop.post("/api/v1/schedules", NIGHTLY)
    page = pages.open(f"{shop.url}/schedules/{schedule['id']}")
    expect(page.get_by_text("It has not ticked yet.", exact=False)).to_be_visible()
    page.keyboard.press("r")
    ticks = page.get_by_role("table", name="Ticks")
    expect(ticks.get_by_text("run by hand")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Back-fill").click()
    dialog = page.get_by_role("dialog", name="Back-fill")
    dialog.get_by_label("From").fill("2026-01-01T12:00")
    dialog.get_by_label("To", exact=True).fill("2026-01-03T12:00")
    dialog.get_by_role("button", name="Start the runs").click()
    expect(page.get_by_text("2 runs started")).to_be_visible()
    expect(ticks.get_by_role("row")).to_have_count(4)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: it starts no runs", exact=False)).to_be_visible()
    assert not shop.get(f"/api/v1/schedules/{schedule['id']}")["active"]
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("table", name="Next times")).to_be_visible()


def test_what_code_declares_is_changed_there(shop: World, pages: Pages) -> None:
    page = pages.open(f"{shop.url}/schedules")
    row = page.get_by_role("row", name="sweep")
    expect(row).to_contain_text("in code")
    row.get_by_role("link", name="sweep").click()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("menuitem", name="Edit")).to_be_disabled()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_disabled()


def test_a_schedule_is_changed_and_deleted(shop: World, pages: Pages) -> None:
    schedule = shop.post("/api/v1/schedules", NIGHTLY)
    page = pages.open(f"{shop.url}/schedules/{schedule['id']}")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Edit").click()
    page.get_by_role("dialog").get_by_role("button", name="Hourly").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("0 * * * *")).to_be_visible()
    assert shop.get(f"/api/v1/schedules/{schedule['id']}")["payload"] == {"topic": "otters"}
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete schedule").click()
    expect(page).to_have_url(re.compile(r"/schedules$"))
    expect(page.get_by_role("row", name="nightly")).to_be_hidden()


def test_schedules_keep_nobody_out(shop: World, pages: Pages) -> None:
    schedule = shop.post("/api/v1/schedules", NIGHTLY)
    shop.post(f"/api/v1/schedules/{schedule['id']}/run")
    page = pages.open(f"{shop.url}/schedules")
    for path in ("schedules", f"schedules/{schedule['id']}"):
        page.goto(f"{shop.url}/{path}")
        expect(page.get_by_text("nightly").first).to_be_visible()
        assert find_faults(page, path.replace("/", "-")[:20]) == []
    page.goto(f"{shop.url}/schedules")
    page.get_by_role("button", name="New schedule").click()
    expect(page.get_by_role("table", name="Next times")).to_be_visible()
    assert find_faults(page, "schedule-form") == []
