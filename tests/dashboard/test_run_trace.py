"""The page of a run, its left and its bottom: the tree beside the waterfall, and the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import PHONE, Pages, draw, find_barriers, find_faults
from tests.dashboard.trace_tasks import PAGES, Gates, trace_tasks
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gates() -> Gates:
    return Gates()


@pytest.fixture(scope="module")
def traced(dashboard: None, gates: Gates) -> Iterator[World]:
    with open_world(trace_tasks(gates)) as world:
        yield world


def ended(world: World, name: str, payload: object = None) -> str:
    """A run of that task that is over."""
    run_id = world.trigger(name, payload)
    world.call(world.site.ended, run_id)
    return run_id


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("treeitem").filter(has_text=name).first


def segments(found: Locator) -> list[str]:
    """What the parts of a row's bar are."""
    return [str(part.get_attribute("data-segment")) for part in found.locator("[data-segment]").all()]


def test_steps_are_there_while_they_run_and_move_on_by_themselves(traced: World, gates: Gates, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{traced.trigger('enrich', {'name': 'live'})}")
    expect(row(page, "read_site")).to_contain_text("Running")
    expect(row(page, "read_site").locator(".striped")).to_have_count(1)
    gates.open("live site")
    expect(row(page, "read_site")).to_contain_text("Completed")
    expect(row(page, "write_letter")).to_contain_text("Running")
    gates.open("live letter")
    expect(row(page, "approval")).to_contain_text("Waiting")
    assert segments(row(page, "enrich"))[-1] == "wait", "what only waits is no work"


def test_many_of_one_name_are_one_row_that_opens(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'shop')}")
    group = row(page, f"fetch_page ×{PAGES}")
    expect(group).to_contain_text("38✓ completed")
    expect(group).to_contain_text("2✕ failed")
    expect(group).to_have_attribute("aria-expanded", "false")
    group.get_by_role("button", name="Expand").click()
    expect(page.get_by_role("treeitem").nth(20)).to_be_visible()
    page.get_by_role("tree").press("End")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("ask_prospeo")


def test_a_provider_that_another_stood_in_for_is_grey(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'shop')}")
    expect(row(page, "ask_hunter")).to_contain_text("Failed, and the run went on")
    assert "bg-bar-idle" in str(row(page, "ask_hunter").locator("[data-segment]").get_attribute("class"))


def test_attempts_and_tries_are_rows_of_their_own(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'fragile')}")
    expect(page.get_by_role("treeitem")).to_have_text(
        [re.compile(one) for one in ("fragile", "Attempt 1", "dial", "Attempt 2")]
    )
    assert segments(row(page, "dial")) == ["run", "backoff", "run"]
    assert "backoff" in segments(row(page, "fragile"))
    row(page, "dial").get_by_role("button", name="Expand").click()
    expect(row(page, "Try 1")).to_contain_text("Failed")
    expect(row(page, "Try 2")).to_contain_text("Completed")


def test_time_in_which_nothing_was_done_is_short_and_says_how_long_it_was(traced: World, pages: Pages) -> None:
    page, pause = (
        pages.open(f"{traced.url}/runs/{ended(traced, 'nap')}"),
        re.compile(r"^[\d.]+s in which nothing was done"),
    )
    expect(page.get_by_title(pause)).to_have_text(re.compile(r"^\ds$"))
    narrow = row(page, "sleep").locator("[data-segment=wait]").bounding_box()
    page.get_by_role("button", name="Skip idle time").click()
    expect(page.get_by_title(pause)).to_have_count(0)
    wide = row(page, "sleep").locator("[data-segment=wait]").bounding_box()
    assert narrow and wide and wide["width"] > 3 * narrow["width"]


def test_the_keyboard_moves_opens_and_closes(traced: World, pages: Pages) -> None:
    run_id = ended(traced, "shop")
    page = pages.open(f"{traced.url}/runs/{run_id}")
    expect(row(page, "find_mail")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("find_mail")
    expect(page).to_have_url(re.compile(r"\?step=run_"))
    page.keyboard.press("ArrowLeft")
    expect(row(page, "find_mail")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("ask_hunter")
    page.keyboard.press("p")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("find_mail")
    page.keyboard.press("t")
    expect(page).to_have_url(f"{traced.url}/runs/{run_id}")
    page.keyboard.press("0")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    page.keyboard.press("Shift+E")
    expect(page.get_by_role("treeitem").nth(20)).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    page.get_by_role("tree").press("e")
    expect(page.get_by_role("treeitem").nth(20)).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_role("treeitem")).to_have_count(1)


def test_brackets_lead_to_the_runs_beside_it(traced: World, pages: Pages) -> None:
    older, newer = ended(traced, "fragile"), ended(traced, "fragile")
    page = pages.open(f"{traced.url}/runs/{older}")
    expect(row(page, "fragile")).to_be_visible()
    page.keyboard.press("[")
    expect(page).to_have_url(f"{traced.url}/runs/{newer}")
    expect(row(page, "fragile")).to_be_visible()
    page.keyboard.press("]")
    expect(page).to_have_url(f"{traced.url}/runs/{older}")


def test_a_search_finds_steps_by_name_and_by_what_they_wrote(traced: World, pages: Pages) -> None:
    run_id = traced.trigger("chatter", {"name": "searched", "lines": 3})
    page = pages.open(f"{traced.url}/runs/{run_id}")
    expect(row(page, "speak")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("in the step")
    expect(page.get_by_role("log")).to_contain_text("in the step 1")
    expect(page.get_by_role("log")).not_to_contain_text("first part")
    expect(row(page, "speak")).to_be_visible()
    page.get_by_role("searchbox").fill("nowhere")
    expect(page.get_by_text("No step matches.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, "speak")).to_be_visible()


def test_failures_only_leaves_what_failed_and_what_holds_it(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'shop')}")
    page.get_by_role("button", name=re.compile("Failures")).click()
    expect(page.get_by_role("treeitem").filter(has_text="fetch_page")).to_have_count(3)
    expect(page.get_by_role("treeitem").filter(has_text="ask_prospeo")).to_have_count(0)


def test_a_link_to_a_step_shows_that_step(traced: World, pages: Pages) -> None:
    run_id = ended(traced, "long", {"total": 60})
    [parts] = traced.get(f"/api/v1/runs/{run_id}/timeline")["parts"]
    key = parts["entries"][-1]["key"]
    page = pages.open(f"{traced.url}/runs/{run_id}?step={quote(f'{run_id}:{key}')}")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("count")
    expect(page.get_by_role("treeitem", selected=True)).to_be_in_viewport()


def test_thousands_of_steps_are_a_few_elements_and_all_within_reach(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'long', {'total': 6_000})}")
    group = row(page, "count ×6,000")
    group.get_by_role("button", name="Expand").click()
    expect(page.get_by_role("treeitem").nth(20)).to_be_visible()
    assert page.get_by_role("treeitem").count() < 120
    page.get_by_role("tree").press("End")
    expect(page.get_by_role("treeitem", selected=True)).to_have_attribute("aria-posinset", "6000")
    expect(page.get_by_role("treeitem", selected=True)).to_be_in_viewport()


def test_the_log_follows_only_who_looks_at_its_end(traced: World, gates: Gates, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{traced.trigger('chatter', {'name': 'followed'})}")
    log = page.get_by_role("log")
    expect(log.get_by_text("in the step 1")).to_be_in_viewport()
    log.evaluate("log => log.scrollTop = 0")
    expect(log.get_by_text("line 0 of the first part")).to_be_in_viewport()
    gates.open("followed")
    expect(page.get_by_role("button", name="Jump to latest · 14 new")).to_be_visible()
    expect(log.get_by_text("line 0 of the first part")).to_be_in_viewport()
    page.get_by_role("button", name=re.compile("Jump to latest")).click()
    expect(log.get_by_text("line 13 of the second part")).to_be_in_viewport()
    gates.open("followed end")


def test_the_log_shows_levels_one_step_and_long_lines_as_asked(traced: World, gates: Gates, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{traced.trigger('chatter', {'name': 'chosen', 'lines': 5})}")
    log = page.get_by_role("log")
    page.get_by_role("button", name="Info 5").click()
    expect(log.locator("time")).to_have_count(1)
    page.get_by_role("button", name="Info 5").click()
    row(page, "speak").click()
    expect(log.locator("time")).to_have_count(1)
    page.get_by_role("button", name="Only speak").click()
    expect(log.locator("time")).to_have_count(6)
    page.get_by_role("button", name="Wrap long lines").click()
    expect(log.locator("time")).to_have_count(6)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these lines").click()
    assert download.value.path().read_text().count("\n") == 6


def test_a_part_of_the_time_is_dragged_out_and_all_of_it_comes_back(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'nap')}")
    axis = page.get_by_title("Drag to look at a part of the time")
    expect(row(page, "nap")).to_be_visible()
    box = axis.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 5, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name="Show all")).to_have_count(0)


def test_a_phone_shows_what_failed_and_the_log_and_no_waterfall(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'broken')}", viewport=PHONE)
    expect(page.get_by_text("the CRM answered 403").first).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("cannot go on")
    expect(page.get_by_role("tree")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    draw(page, "run-phone")
    assert "\n".join(find_barriers(page)) == ""


def test_nobody_is_kept_out(traced: World, pages: Pages) -> None:
    page = pages.open(f"{traced.url}/runs/{ended(traced, 'shop')}")
    expect(row(page, "find_mail")).to_be_visible()
    assert "\n".join(find_faults(page, "run")) == ""
