"""Batches, errors and workers: what happens to many runs, why they fail, and who executes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import Pages, find_barriers, find_faults
from tests.dashboard.shop_tasks import shop_tasks
from tests.dashboard.test_tasks import fits
from tests.dashboard.world import World, fill, open_world

pytestmark = pytest.mark.slow
PATHS = ["/batches", "/batches/{batch}", "/errors", "/errors/{error}", "/workers"]


@pytest.fixture(scope="module")
def world(dashboard: None) -> Iterator[World]:
    with open_world(shop_tasks()) as world:
        yield fill(world)


def kind_of(world: World, task: str) -> str:
    """The fingerprint of the one kind of error that a task has."""
    (group,) = world.get("/api/v1/errors", params={"filter[taskIdentifier]": task})["data"]
    return str(group["fingerprint"])


def test_pages_of_operators_keep_nobody_out(world: World, pages: Pages) -> None:
    names = {"batch": world.batch, "error": kind_of(world, "parse_invoice")}
    page = pages.open(world.url)
    for path in PATHS:
        page.goto(world.url + path.format(**names))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert find_faults(page, re.sub("[^a-z]+", "-", path).strip("-")) == []
        assert fits(page), path


def test_a_batch_moves_by_itself_and_its_failures_are_no_success(world: World, pages: Pages) -> None:
    items = [{"task": "import_contacts", "payload": {}}, {"task": "price", "payload": {"product": "gear"}}]
    made = world.post("/api/v2/tasks/batch", {"items": items})
    page = pages.open(f"{world.url}/batches/{made['id']}")
    states = page.get_by_role("list", name="Runs by state")
    expect(states.get_by_role("link", name="Failed 1")).to_be_visible()
    expect(states.get_by_role("link", name="Running 1")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Ended")).to_have_attribute("aria-valuenow", "50")
    page.keyboard.press("Shift+C")
    page.get_by_role("button", name="Cancel 1 run").click()
    expect(states.get_by_role("link", name="Canceled or expired 1")).to_be_visible()
    expect(page.get_by_role("banner").or_(page.locator("header")).first).to_contain_text("Failed")
    states.get_by_role("link", name="Failed 1").click()
    expect(page).to_have_url(re.compile(r"only=failed"))
    expect(page.get_by_role("table", name="Runs of the batch").get_by_role("row")).to_have_count(2)
    page.goto(f"{world.url}/batches")
    expect(page.get_by_role("row").nth(1)).to_contain_text("2 of 2")
    expect(page.get_by_role("row").nth(1)).to_contain_text("Partial")


def test_errors_that_look_the_same_are_one_row(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/errors?task=parse_invoice")
    row = page.get_by_role("table", name="Errors").get_by_role("row").nth(1)
    expect(row).to_contain_text("RuntimeError")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/errors/[0-9a-f]+"))
    expect(page.get_by_text(re.compile("example_tasks.py:\\d+")).first).to_be_visible()
    expect(page.get_by_text("caused by")).to_be_visible()
    page.goto(f"{world.url}/errors?task=remind")
    expect(page.get_by_text("Nothing failed")).to_be_visible()


def test_all_runs_of_an_error_are_begun_anew_unless_that_is_undone(world: World, pages: Pages) -> None:
    path = f"/api/v1/errors/{kind_of(world, 'parse_invoice')}"
    before = world.get(path)["count"]
    page = pages.open(f"{world.url}/errors/{kind_of(world, 'parse_invoice')}")
    page.get_by_role("button", name=re.compile("Resume \\d+ runs")).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.get_by_text("begun anew")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("heading", name=f"{2 * before} runs")).to_be_visible(timeout=20_000)
    (action,) = world.get("/api/v1/bulk-actions")["data"][:1]
    assert (action["type"], action["counts"]["total"]) == ("RESUME", before)


def test_an_error_that_has_not_happened_says_so(world: World, pages: Pages) -> None:
    pages.allow("404")
    page = pages.open(f"{world.url}/errors/0123456789abcdef")
    expect(page.get_by_text("has not occurred lately")).to_be_visible()


def test_a_worker_shows_what_it_executes_and_leads_there(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/workers")
    card = page.get_by_role("list", name="Workers").get_by_role("listitem").first
    expect(card).to_contain_text("Connected")
    expect(card).to_contain_text("free · async")
    executed = card.get_by_role("list", name="Executing").get_by_role("link", name=re.compile("print_labels"))
    executed.click()
    expect(page).to_have_url(f"{world.url}/runs/{world.runs['executing']}")


def test_empty_pages_teach(dashboard: None, pages: Pages) -> None:
    with open_world() as empty:
        for path, words in (("/batches", "batch_trigger_and_wait"), ("/errors", "Nothing failed")):
            page = pages.open(empty.url + path)
            expect(page.get_by_text(words)).to_be_visible()
            assert find_barriers(page) == []
