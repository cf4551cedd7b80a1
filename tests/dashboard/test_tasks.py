"""Tasks and the form that tries them: what a schema asks for is a field, and what comes of it is a run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from runcast.domain.run import RunStatus
from tests.browser import DESKTOP, PHONE, Pages, find_barriers, find_faults
from tests.dashboard.example_tasks import HOSTILE
from tests.dashboard.shop_tasks import shop_tasks
from tests.dashboard.world import World, fill, open_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(dashboard: None) -> Iterator[World]:
    with open_world(shop_tasks()) as world:
        yield fill(world)


def test_pages_of_tasks_keep_nobody_out(world: World, pages: Pages) -> None:
    page = pages.open(world.url)
    for path in ("/tasks", "/tasks/parse_invoice", "/test", "/test/order", "/test/order?as=json"):
        page.goto(world.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert find_faults(page, re.sub("[^a-z]+", "-", path).strip("-")) == []
        assert fits(page), path


def fits(page: Page) -> bool:
    """Whether nothing of the page lies below it, on a desk and on a phone: what is long scrolls inside."""
    found = []
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)
        found.append(page.evaluate("document.documentElement.scrollHeight <= innerHeight"))
    return all(found)


def test_the_list_says_how_tasks_went_and_is_narrowed_by_a_word(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/tasks")
    row = page.get_by_role("row").filter(has_text="parse_invoice")
    expect(row).to_contain_text("100%")
    page.keyboard.press("/")
    page.keyboard.type("invoice")
    expect(page).to_have_url(f"{world.url}/tasks?q=invoice")
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("row").filter(has_text="remind")).to_be_visible()
    page.get_by_label("Find a task").fill("nothing of the kind")
    page.get_by_role("button", name="Clear the search").click()
    expect(page).to_have_url(f"{world.url}/tasks")


def test_a_task_shows_where_it_is_what_it_takes_and_what_failed(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/tasks/order")
    expect(page.get_by_text("shop_tasks.py:")).to_be_visible()
    expect(page.get_by_text("whole number from 1 to 100")).to_be_visible()
    page = pages.open(f"{world.url}/tasks/parse_invoice")
    expect(page.get_by_role("table", name="Errors of parse_invoice")).to_contain_text("has no amount")
    page = pages.open(f"{world.url}/tasks/resize_image")
    expect(page.get_by_text("At 02:00 every day")).to_be_visible()


def test_new_runs_of_a_task_appear_by_themselves(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/tasks/remind")
    rows = page.get_by_role("table", name="Newest runs of remind").get_by_role("row")
    expect(rows.nth(1)).to_be_visible()
    before = rows.count()
    run_id = world.trigger("remind", {"person": "Mary"})
    expect(rows).to_have_count(before + 1)
    expect(rows.nth(1)).to_contain_text(run_id[-8:])
    expect(rows.nth(1)).to_contain_text("Waiting")


def test_a_form_is_filled_in_and_its_run_opened_with_the_keyboard(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/test/order")
    page.get_by_label("Customer").fill("Ada")
    page.get_by_label("Quantity").fill("3")
    page.get_by_label("Color").select_option("blue")
    page.get_by_label("Street").fill("Crescent 1")
    page.get_by_label("Form of Payment").select_option("invoice")
    page.get_by_label("Days").fill("30")
    page.get_by_role("button", name="Add Mails").click()
    page.get_by_label("Mails, one a line").fill("ada@example.com\ngrace@example.com")
    page.get_by_role("button", name="Add Labels").click()
    page.get_by_label("New name in Labels").fill("shelf")
    page.keyboard.press("Enter")
    page.get_by_label("shelf", exact=True).fill("7")
    page.keyboard.press("ControlOrMeta+Enter")
    page.wait_for_url(re.compile("/runs/run_"))
    run = world.get(f"/api/v3/runs/{page.url.rpartition('/')[2]}")
    assert run["isTest"] is True
    assert run["payload"] == {
        "customer": "Ada",
        "quantity": 3,
        "color": "blue",
        "speed": "fast",
        "gift": False,
        "address": {"street": "Crescent 1", "zip": "10115"},
        "payment": {"kind": "invoice", "days": 30},
        "mails": ["ada@example.com", "grace@example.com"],
        "labels": {"shelf": 7},
    }
    assert world.until(run["id"], RunStatus.COMPLETED).output == '"3 for Ada"'


def test_what_does_not_fit_is_said_where_it_is_and_may_be_run_anyway(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/test/order")
    page.get_by_label("Quantity").fill("500")
    page.get_by_role("button", name="Run test").click()
    alert = page.get_by_role("alert").filter(has_text="does not fit")
    expect(alert).to_contain_text("customer is needed")
    expect(alert).to_contain_text("address.street is needed")
    expect(page.get_by_text("Quantity is at most 100", exact=True)).to_be_visible()
    expect(page.get_by_label("Customer")).to_be_focused()
    assert find_barriers(page) == []
    page.get_by_role("button", name="Run it anyway").click()
    page.wait_for_url(re.compile("/runs/run_"))
    world.until(page.url.rpartition("/")[2], RunStatus.FAILED)


def test_form_and_text_are_the_same_payload(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/test/order")
    page.get_by_label("Customer").fill("Ada")
    page.get_by_role("button", name="JSON", exact=True).click()
    editor = page.get_by_label("Payload as JSON")
    expect(editor).to_have_value(re.compile('"customer": "Ada"'))
    editor.fill('{"customer": ')
    expect(page.get_by_role("button", name="Form", exact=True)).to_be_disabled()
    editor.fill(json.dumps({"customer": HOSTILE, "note": "new"}))
    page.get_by_role("button", name="Form", exact=True).click()
    expect(page.get_by_label("Customer")).to_have_value(HOSTILE)
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("new")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Customer")).to_have_value("")
    assert page.evaluate("window.hacked") is None


def test_a_test_begins_with_what_the_task_was_given_before(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/test/parse_invoice")
    page.get_by_title(f"Begin with the payload of {world.runs['failed']}").click()
    expect(page.get_by_label("Number")).to_have_value("2026-117")
    page = pages.open(f"{world.url}/test/remind?from={world.runs['sleeping']}")
    expect(page.get_by_label("Person")).to_have_value("Ada")


def test_options_go_along_and_the_servers_refusal_is_shown(world: World, pages: Pages) -> None:
    pages.allow("4(00|22)")
    page = pages.open(f"{world.url}/test/remind")
    page.get_by_label("Person").fill("Ada")
    page.get_by_text("Options").click()
    page.get_by_label("Tags").fill("one, two")
    page.get_by_label("Delay").fill("soon")
    page.get_by_role("button", name="Run test").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not take it")
    page.get_by_label("Delay").fill("2h")
    page.get_by_role("button", name="Run test").click()
    page.wait_for_url(re.compile("/runs/run_"))
    run = world.get(f"/api/v3/runs/{page.url.rpartition('/')[2]}")
    assert (run["status"], run["tags"]) == ("DELAYED", ["one", "two"])


def test_where_no_worker_is_the_page_says_how_one_begins(dashboard: None, pages: Pages) -> None:
    from runcast.sdk.registry import Registry

    with open_world(Registry()) as empty:
        for path, words in (("/tasks", "No worker has declared"), ("/test", "nothing to test yet")):
            page = pages.open(empty.url + path)
            expect(page.get_by_text(words)).to_be_visible()
            assert find_barriers(page) == []
