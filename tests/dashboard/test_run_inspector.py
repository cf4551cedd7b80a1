"""The page of a run at its right and on top: what it is, what can be done with it, what it made, and that none of that runs."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from runcast import Retry, artifacts, step, streams, task, wait
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from tests.browser import Pages, draw, settle
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow

HOSTILE_PAGE = """<h1>Hello</h1><img src="http://example.com/pixel.png"><script>parent.hacked=1;document.title='ran'</script>
<form action="/api/v1/runs"><button>Send</button></form><a href="javascript:parent.hacked=1">go</a>"""
HOSTILE_MAIL = (
    "From: <script>x</script>@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/html\r\n\r\n"
    + HOSTILE_PAGE
)


def post_office() -> Registry:
    """Tasks that fail halfway, that ask, and that make what is hostile."""
    registry = Registry()

    @step
    async def find_person(number: int) -> str:
        return f"person {number}"

    @step(retry=Retry(max_attempts=1))
    async def find_address(person: str) -> str:
        if person != "person 7":
            raise LookupError(f"nobody knows where {person} lives")
        return "7 Mill Lane"

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def post_letter(number: int = 1) -> str:
        person = await find_person(number)
        return f"{person}: {await find_address(person)}"

    @task(registry=registry)
    async def make_hostile() -> None:
        artifacts.add("page.html", HOSTILE_PAGE, content_type="text/html")
        artifacts.add("mail.eml", HOSTILE_MAIL, content_type="message/rfc822")
        artifacts.add(
            "text.md", f"# Title\n\n{HOSTILE_PAGE}\n\n[go](javascript:hacked=1)", content_type="text/markdown"
        )
        svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='parent.hacked=1'><script>parent.hacked=1</script></svg>"
        artifacts.add("logo.svg", svg, content_type="image/svg+xml")
        streams.append("words", f"**bold** {HOSTILE_PAGE}")

    @task(registry=registry)
    async def ask(question: str) -> str:
        approval = await wait.create_token(bool, question=question)
        return "sent" if await wait.for_token(approval).unwrap() else "dropped"

    @task(registry=registry)
    async def write_note(name: str) -> None:
        artifacts.add("note.md", f"# Hello {name}\n\nIt is ready.\n", content_type="text/markdown")

    @task(registry=registry)
    async def go_on() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    @task(registry=registry)
    async def hold() -> None:
        streams.append("words", "Dear ")
        await asyncio.Event().wait()

    @task(registry=registry)
    async def quick() -> str:
        return "done"

    return registry


@pytest.fixture(scope="module")
def office(dashboard: None) -> Iterator[World]:
    with open_world(post_office()) as world:
        yield world


def open_run(pages: Pages, world: World, run_id: str, *, tab: str = "", **options: object) -> Page:
    page = pages.open(f"{world.url}/runs/{run_id}" + (f"?tab={tab}" if tab else ""), **options)  # type: ignore[arg-type]
    settle(page)
    return page


def choose(page: Page, name: str | re.Pattern[str]) -> None:
    """Something from the menu of actions."""
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=name).click()


def test_what_failed_says_where_in_the_users_own_code(world: World, pages: Pages) -> None:
    page = open_run(pages, world, world.runs["failed"])
    line = page.get_by_role("alert").filter(has_text="RuntimeError")
    expect(line).to_contain_text("invoice 2026-117 has no amount")
    expect(line).to_contain_text(re.compile(r"example_tasks\.py:\d+ in parse_invoice"))
    card = page.get_by_role("region", name="Error")
    expect(card.get_by_role("listitem").first).to_contain_text("in parse_invoice")
    expect(card).to_contain_text("caused by ValueError")


def test_a_failed_run_is_resumed_and_keeps_what_is_done(office: World, pages: Pages) -> None:
    failed = office.trigger("post_letter", {"number": 3})
    office.until(failed, RunStatus.FAILED)
    page = open_run(pages, office, failed)
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page).not_to_have_url(re.compile(failed))
    expect(page.get_by_text("Goes on from")).to_be_visible()
    page.get_by_role("tab", name="Journal").click()
    row = page.get_by_role("listitem").filter(has_text="find_person")
    expect(row).to_contain_text("reused")
    page.go_back()
    expect(page.get_by_text("Went on as")).to_be_visible()
    expect(page.get_by_role("button", name="Resume", exact=True)).to_have_count(0)


def test_a_failed_step_is_skipped_with_a_value(office: World, pages: Pages) -> None:
    failed = office.trigger("post_letter", {"number": 4})
    office.until(failed, RunStatus.FAILED)
    page = open_run(pages, office, failed)
    choose(page, re.compile("Skip find_address with a value"))
    page.get_by_label("Result").fill('"12 Mill Lane"')
    page.get_by_role("button", name="Skip and resume").click()
    expect(page).not_to_have_url(re.compile(failed))
    expect(page.get_by_text('"person 4: 12 Mill Lane"')).to_be_visible()


def test_a_step_is_retried_with_edited_input(office: World, pages: Pages) -> None:
    failed = office.trigger("post_letter", {"number": 5})
    office.until(failed, RunStatus.FAILED)
    page = open_run(pages, office, failed)
    choose(page, re.compile("Retry from find_address with edited input"))
    page.get_by_label("Payload").fill('{"number": 7}')
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page).not_to_have_url(re.compile(failed))
    expect(page.get_by_role("alert").filter(has_text="nobody knows where person 5 lives")).to_be_visible()


def test_a_payload_is_checked_while_it_is_edited(office: World, pages: Pages) -> None:
    run_id = office.trigger("post_letter", {"number": 7})
    office.until(run_id, RunStatus.COMPLETED)
    page = open_run(pages, office, run_id)
    choose(page, re.compile("Replay with edited payload"))
    field, send = (
        page.get_by_label("Payload"),
        page.get_by_role("dialog").get_by_role("button", name="Replay", exact=True),
    )
    field.fill('{"number": ')
    expect(send).to_be_disabled()
    expect(page.get_by_role("dialog").get_by_text("JSON").last).to_be_visible()
    field.fill('{"number": "seven"}')
    expect(page.get_by_text("number is an integer, not a string")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("button", name="Replay anyway")).to_be_enabled()
    field.fill('{"number": 7}')
    send.click()
    expect(page).not_to_have_url(re.compile(run_id))
    expect(page.get_by_text("Replay of")).to_be_visible()


def test_a_cancel_is_shown_at_once_and_undone_within_five_seconds(office: World, pages: Pages) -> None:
    run_id = office.trigger("hold")
    office.until(run_id, RunStatus.EXECUTING)
    page = open_run(pages, office, run_id)
    page.keyboard.press("Shift+C")
    expect(page.get_by_text("Canceling…")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Canceling…")).to_have_count(0)
    assert office.get(f"/api/v3/runs/{run_id}")["status"] == "EXECUTING"
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Canceled").first).to_be_visible(timeout=12_000)
    assert office.get(f"/api/v3/runs/{run_id}")["status"] == "CANCELED"


@pytest.mark.parametrize(("answer", "output"), [("Approve", "sent"), ("Reject", "dropped")])
def test_a_question_is_answered_in_place(office: World, pages: Pages, answer: str, output: str) -> None:
    run_id = office.trigger("ask", {"question": "Send it <b>now</b>?"})
    office.until(run_id, RunStatus.WAITING)
    page = open_run(pages, office, run_id)
    card = page.get_by_role("region", name="Waiting for you")
    expect(card).to_contain_text("Send it <b>now</b>?")
    expect(page.get_by_text("on you", exact=True)).to_be_visible()
    card.get_by_role("button", name=answer).click()
    expect(page.get_by_text("Completed").first).to_be_visible()
    assert office.get(f"/api/v3/runs/{run_id}")["output"] == output


def test_a_stream_is_shown_as_it_is_written(office: World, pages: Pages) -> None:
    run_id = office.trigger("hold")
    office.until(run_id, RunStatus.EXECUTING)
    page = open_run(pages, office, run_id, tab="stream")
    stream = page.get_by_role("region", name="Stream words")
    expect(stream).to_contain_text("Dear")
    office.post(f"/realtime/v1/streams/{run_id}/self/words", "Ada")
    expect(stream).to_contain_text("Dear Ada")
    office.post(f"/realtime/v1/streams/{run_id}/self/words", "\n\n**Hello**")
    expect(stream.locator("strong")).to_have_text("Hello")
    stream.get_by_role("button", name="Show text").click()
    expect(stream).to_contain_text("**Hello**")
    office.post(f"/api/v2/runs/{run_id}/cancel")


def test_artifacts_are_shown_each_in_its_way(world: World, pages: Pages) -> None:
    pages.allow("Blocked script execution")
    page = open_run(pages, world, world.runs["completed"], tab="artifacts")
    for name in ("people.csv", "mail.eml", "landing.html", "facts.json", "research.md", "logo.png"):
        button = page.get_by_role("button", name=re.compile(re.escape(name)), expanded=False)
        if button.count():
            button.click()
    expect(page.get_by_role("cell", name="VP Engines")).to_be_visible()
    expect(page.get_by_text("Your second workshop", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="the site")).to_have_attribute("rel", re.compile("noopener"))
    expect(page.get_by_role("img", name="logo.png")).to_be_visible()
    frame = page.frame_locator("iframe[title='landing.html']")
    expect(frame.get_by_role("heading", name="A second workshop")).to_be_visible()
    assert frame.locator("body").get_attribute("data-ran") is None
    page.get_by_role("button", name="768").click()
    assert frame.locator("html").evaluate("() => innerWidth") == 768
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open in new tab").click()
    expect(opened.value.get_by_role("heading", name="A second workshop")).to_be_visible()
    assert opened.value.locator("body").get_attribute("data-ran") is None


def test_an_artifact_is_compared_with_that_of_the_run_that_is_replayed(office: World, pages: Pages) -> None:
    first = office.trigger("write_note", {"name": "Grace"})
    office.until(first, RunStatus.COMPLETED)
    again = office.post(f"/api/v1/runs/{first}/replay", {"payload": {"name": "Ada"}})["id"]
    office.until(again, RunStatus.COMPLETED)
    page = open_run(pages, office, again, tab="artifacts")
    page.get_by_label("Compare with").select_option(index=1)
    expect(page.get_by_role("deletion")).to_have_text("# Hello Grace")
    expect(page.get_by_role("insertion")).to_have_text("# Hello Ada")
    page.get_by_label("Compare with").select_option("")
    expect(page.get_by_role("heading", name="Hello Ada")).to_be_visible()


def test_what_was_told_to_stop_and_goes_on_is_said_and_forced(office: World, pages: Pages) -> None:
    run_id = office.trigger("go_on")
    office.until(run_id, RunStatus.EXECUTING)
    office.post(f"/api/v2/runs/{run_id}/cancel")
    page = open_run(pages, office, run_id)
    expect(page.get_by_text("Its code was told to stop")).to_be_visible(timeout=12_000)
    assert "stopping" in office.get(f"/api/v1/runs/{run_id}/attempts")
    page.get_by_role("button", name="Force the end").click()
    expect(page.get_by_text("Its code was told to stop")).to_have_count(0)
    expect(page.get_by_text("forced: the slot was freed")).to_be_visible()
    assert "stopping" not in office.get(f"/api/v1/runs/{run_id}/attempts")


def test_what_a_run_made_runs_nowhere(office: World, pages: Pages) -> None:
    pages.allow("Blocked script execution|Content Security Policy")
    run_id = office.trigger("make_hostile")
    office.until(run_id, RunStatus.COMPLETED)
    for tab in ("", "artifacts", "stream", "metadata", "journal", "output"):
        page = open_run(pages, office, run_id, tab=tab)
        for button in page.get_by_role("region", name="Inspector").get_by_role("button", expanded=False).all()[::-1]:
            button.click()
        settle(page)
        if tab == "artifacts":
            expect(page.frame_locator("iframe[title='page.html']").get_by_role("heading", name="Hello")).to_be_visible()
            expect(page.get_by_text("Grüße", exact=True)).to_be_visible()
            frames = page.locator("iframe")
            assert {one.get_attribute("sandbox") for one in frames.all()} == {""}
            assert not page.locator("main form, main script, main img[src^=http]").count()
        assert page.evaluate("window.hacked") is None
        assert "ran" not in page.title()


def test_the_report_is_a_page_of_its_own(world: World, pages: Pages) -> None:
    page = open_run(pages, world, world.runs["completed"])
    with page.context.expect_page() as opened:
        page.keyboard.press("e")
    report = opened.value
    expect(report.get_by_role("heading", level=1)).to_have_text("enrich_company")
    expect(report.get_by_text("write_letter").first).to_be_visible()
    draw(report, "report", full_page=True)
    asked = page.request.get(f"{world.url}/api/v1/runs/{world.runs['completed']}/report?format=csv")
    names = [row["name"] for row in csv.DictReader(io.StringIO(asked.text()))]
    assert {"fetch_site", "find_people", "write_letter"} <= set(names)


def test_what_remains_is_told_with_how_many_runs_say_so(office: World, pages: Pages) -> None:
    for _ in range(3):
        office.until(office.trigger("quick"), RunStatus.COMPLETED)
    assert office.get("/api/v1/tasks/quick/durations")["count"] == 3
    page = open_run(pages, office, office.trigger("quick", delay="1h"))
    expect(page.get_by_text(re.compile(r"\(n=3\)"))).to_be_visible()
    page = open_run(pages, office, office.trigger("ask", {"question": "?"}, delay="1h"))
    expect(page.get_by_text(re.compile("Delayed"))).not_to_have_count(0)
    expect(page.get_by_text(re.compile(r"\(n="))).to_have_count(0)


def test_a_run_of_which_a_part_failed_says_so(world: World, pages: Pages) -> None:
    page = open_run(pages, world, world.runs["partial"])
    expect(page.locator("header").get_by_text("Partial", exact=True)).to_be_visible()
    expect(page.get_by_text("2 ok, 1 failed")).to_be_visible()


def test_why_a_run_waits_is_said_with_who_is_in_front(world: World, pages: Pages) -> None:
    page = open_run(pages, world, world.runs["queued"])
    expect(page.get_by_text("Queue printer 1/1 busy, position 1")).to_be_visible()
    page.get_by_role("link", name=world.runs["executing"][-8:]).click()
    expect(page).to_have_url(re.compile(world.runs["executing"]))


def test_tags_are_added_and_a_start_is_moved(office: World, pages: Pages) -> None:
    run_id = office.trigger("quick", delay="2h")
    page = open_run(pages, office, run_id)
    choose(page, re.compile("Add tags"))
    page.get_by_role("dialog").get_by_label("Tags").fill("vip, west")
    page.get_by_role("dialog").get_by_role("button", name="Add tags").click()
    expect(page.get_by_role("list", name="Tags")).to_contain_text("west")
    choose(page, re.compile("Reschedule"))
    page.get_by_label("Start").fill("1s")
    page.get_by_role("dialog").get_by_role("button", name="Reschedule").click()
    expect(page.get_by_text("Completed").first).to_be_visible()
