"""The list of runs in a real browser: filters in the address, rows that change in place, new runs, selection, the keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from runcast.domain.run import RunStatus
from tests.browser import PHONE, Pages, draw, find_barriers, find_faults
from tests.dashboard.world import World, fill, open_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def busy(dashboard: None) -> Iterator[World]:
    """A world of one's own: these tests add runs and cancel them."""
    with open_world() as world:
        yield fill(world)


def row(page: Page, run_id: str) -> Locator:
    return page.locator(f'tr[data-key="{run_id}"]')


def rows(page: Page) -> Locator:
    return page.locator("tr[data-key]")


def open_list(pages: Pages, world: World, query: str = "") -> Page:
    """The list, once it is live."""
    page = pages.open(f"{world.url}/runs{query}")
    expect(page.locator("main header").get_by_text("Live", exact=True)).to_be_visible()
    return page


def test_counts_are_links_and_the_back_button_takes_filters_back(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy)
    page.get_by_role("link", name="waiting").click()
    expect(page).to_have_url(re.compile("status=WAITING"))
    expect(row(page, busy.runs["approval"])).to_be_visible()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("link", name="failed").click()
    expect(row(page, busy.runs["failed"])).to_contain_text("2026-117 has no amount")
    page.go_back()
    expect(page).to_have_url(re.compile("status=WAITING"))
    expect(rows(page)).to_have_count(2)


def test_what_is_typed_is_a_tag_a_filter_or_a_run(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy)
    page.keyboard.press("/")
    page.keyboard.type("vip")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"tag=vip"))
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Remove the filter Tag: vip").click()
    expect(page).not_to_have_url(re.compile("tag="))
    page.keyboard.press("/")
    page.keyboard.type("queue:nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No match for these filters")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Clear").last.click()
    expect(rows(page).first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(busy.runs["failed"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(busy.runs["failed"]))


def test_a_time_that_is_dragged_over_the_activity_narrows_the_list(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy)
    activity = page.get_by_role("slider")
    expect(activity).to_have_attribute("aria-label", re.compile(r"\d+ runs?, \d+ failed"))
    box = activity.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, middle, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=.*to="))
    page.go_back()
    activity.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=.*to="))


def test_a_row_changes_in_its_place_and_new_runs_wait_to_be_asked_for(busy: World, pages: Pages) -> None:
    doomed = busy.trigger("import_contacts", {"total": 10}, tags=["live"])
    busy.until(doomed, RunStatus.EXECUTING)
    page = open_list(pages, busy, "?tag=live")
    expect(row(page, doomed)).to_contain_text("42%")
    came = [busy.trigger("resize_image", {"width": width}, tags=["live"]) for width in range(3)]
    expect(page.get_by_role("button", name="3 new runs")).to_be_visible()
    assert rows(page).count() == 1
    busy.post(f"/api/v2/runs/{doomed}/cancel")
    expect(row(page, doomed)).to_contain_text("Canceled")
    page.keyboard.press(".")
    expect(rows(page)).to_have_count(4)
    assert rows(page).nth(0).get_attribute("data-key") == max(came)
    expect(page.get_by_role("button", name="new runs")).to_have_count(0)


def test_a_run_that_fits_only_now_is_counted_as_new(busy: World, pages: Pages) -> None:
    early = busy.trigger("import_contacts", {"total": 3}, tags=["early"])
    late = busy.trigger("import_contacts", {"total": 4}, tags=["early"])
    busy.post(f"/api/v2/runs/{late}/cancel")
    page = open_list(pages, busy, "?tag=early&status=CANCELED")
    expect(rows(page)).to_have_count(1)
    busy.post(f"/api/v2/runs/{early}/cancel")
    page.get_by_role("button", name="1 new run").click()
    expect(rows(page)).to_have_count(2)
    assert rows(page).nth(1).get_attribute("data-key") == early


def test_who_follows_sees_new_runs_at_once(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy)
    page.get_by_label("Follow").check()
    came = busy.trigger("resize_image", {"width": 5})
    expect(rows(page).first).to_have_attribute("data-key", came)


def test_rare_runs_are_looked_for_to_the_end(busy: World, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runcast.api.routes.runs.LOOKED_MAX", 20)
    page = open_list(pages, busy, "?task=parse_invoice")
    expect(rows(page)).to_have_count(4)
    page.goto(f"{busy.url}/runs?task=nobody")
    expect(page.get_by_text("No match for these filters")).to_be_visible()


def test_the_keys_walk_choose_and_open(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy, "?task=parse_invoice")
    expect(rows(page)).to_have_count(4)
    for key in "jjkj":
        page.keyboard.press(key)
    page.keyboard.press("x")
    expect(rows(page).nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.get_by_role("toolbar")).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar")).to_have_count(0)
    wanted = rows(page).nth(3).get_attribute("data-key")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{wanted}"))
    page.go_back()
    expect(page).to_have_url(re.compile("task=parse_invoice"))


def test_runs_are_canceled_together_after_a_question(busy: World, pages: Pages) -> None:
    doomed = [busy.trigger("import_contacts", {"total": number}, tags=["crowd"]) for number in range(3)]
    page = open_list(pages, busy, "?tag=crowd")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("checkbox", name="Select all rows").check()
    page.keyboard.press("Shift+C")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Cancel 3 runs?")
    question.get_by_role("button", name="Cancel 3 runs").click()
    for run_id in doomed:
        expect(row(page, run_id)).to_contain_text("Canceled")
    page.get_by_role("button", name="View", exact=True).click()
    expect(page).to_have_url(re.compile("/bulk/bulk_"))
    expect(page.get_by_role("main").get_by_text("Completed")).to_be_visible()
    assert "\n".join(find_barriers(page, within="main")) == ""
    draw(page, "bulk")
    page.get_by_role("button", name="View runs").click()
    expect(page).to_have_url(re.compile(r"/runs\?bulk=bulk_"))
    expect(rows(page)).to_have_count(3)


def test_one_run_is_canceled_unless_that_is_undone(busy: World, pages: Pages) -> None:
    spared = busy.trigger("import_contacts", {"total": 8}, tags=["spared"])
    busy.until(spared, RunStatus.EXECUTING)
    page = open_list(pages, busy, "?tag=spared")
    expect(row(page, spared)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+C")
    expect(row(page, spared)).to_contain_text("Canceling…")
    page.get_by_role("button", name="Undo").click()
    expect(row(page, spared)).to_contain_text("Running")
    assert busy.get(f"/api/v3/runs/{spared}")["status"] == "EXECUTING"


def test_all_that_match_are_more_than_what_is_shown(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy, "?task=resize_image")
    page.get_by_role("checkbox", name="Select all rows").check()
    page.get_by_role("button", name=re.compile(r"Select all 20\d matching")).click()
    expect(page.get_by_role("toolbar")).to_contain_text(re.compile(r"All 20\d matching"))
    with page.expect_download() as exported:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("menuitem", name="CSV").click()
    lines = exported.value.path().read_text().splitlines()
    assert len(lines) > 200
    assert lines[0].startswith("id,task,status")


def test_failed_runs_are_retried_and_others_left_alone(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy, "?task=parse_invoice,enrich_company")
    before = rows(page).count()
    page.get_by_role("checkbox", name="Select all rows").check()
    page.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_role("button", name=f"{before - 1} new runs")).to_be_visible()


def test_filters_are_kept_under_a_name_for_everybody(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy, "?status=FAILED")
    expect(page.get_by_role("button", name="Save view")).to_be_visible()
    page.keyboard.press("v")
    page.get_by_label("Name").fill("what broke")
    page.keyboard.press("Enter")
    tab = page.get_by_role("link", name="what broke")
    expect(tab).to_have_attribute("aria-current", "page")
    colleague = open_list(pages, busy)
    expect(colleague.get_by_role("link", name="what broke")).to_be_visible()
    colleague.keyboard.press("5")
    expect(colleague).to_have_url(re.compile("status=FAILED"))
    colleague.get_by_role("button", name="Views").click()
    colleague.get_by_role("menuitem", name="Delete “what broke”").click()
    expect(colleague.get_by_role("link", name="what broke")).to_have_count(0)


def test_columns_are_as_one_likes_them_and_a_parent_leads_to_its_children(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy, "?outcome=partial")
    expect(row(page, busy.runs["partial"])).to_contain_text("1 failed of 3 items")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Attempts").click()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("columnheader", name="Attempts")).to_be_visible()
    row(page, busy.runs["partial"]).get_by_role("link", name="2 of 3 children completed, 1 failed").click()
    expect(rows(page)).to_have_count(3)
    page.keyboard.press("f")
    page.get_by_role("menuitem", name="Failed Failed, timed out or crashed").click()
    expect(rows(page)).to_have_count(1)


def test_an_environment_without_runs_says_how_to_begin_and_shows_the_first(dashboard: None, pages: Pages) -> None:
    with open_world() as empty:
        page = open_list(pages, empty)
        expect(page.get_by_text("Your first run")).to_be_visible()
        expect(page.get_by_text("Connected:")).to_be_visible()
        draw(page, "runs-onboarding")
        assert "\n".join(find_barriers(page)) == ""
        empty.trigger("resize_image", {"width": 3})
        expect(rows(page)).to_have_count(1)
        page.close()


def test_the_list_keeps_nobody_out(busy: World, pages: Pages) -> None:
    page = pages.open(f"{busy.url}/runs")
    expect(rows(page).first).to_be_visible()
    page.get_by_role("checkbox").nth(1).check()
    assert "\n".join(find_faults(page, "runs-chosen")) == ""


def test_a_phone_shows_what_failed_and_why(busy: World, pages: Pages) -> None:
    page = pages.open(f"{busy.url}/runs?status=FAILED", viewport=PHONE)
    expect(row(page, busy.runs["failed"])).to_contain_text("has no amount")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_text_of_strangers_is_text(busy: World, pages: Pages) -> None:
    page = open_list(pages, busy, "?task=repeat")
    expect(row(page, busy.runs["hostile"])).to_be_visible()
    assert page.evaluate("window.hacked") is None
