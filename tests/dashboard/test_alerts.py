"""Alerts: what was raised, the channels that tell it, and whether it arrived."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

import pytest
from playwright.sync_api import expect

from runcast.outgoing.settings import OutgoingSettings
from tests.browser import PATIENCE_MS, Pages, find_barriers, find_faults
from tests.dashboard.shop_tasks import shop_tasks
from tests.dashboard.test_tasks import fits
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(dashboard: None) -> Iterator[World]:
    with open_world(shop_tasks(), outgoing=OutgoingSettings(private=("127.0.0.1",))) as world:
        run_id = world.trigger("parse_invoice", {"number": "1"})
        world.call(world.site.ended, run_id)
        yield world


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, SimpleQueue[bytes]]]:
    """The address of a webhook that answers so, and what came."""
    got: SimpleQueue[bytes] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.put(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_pages_of_alerts_keep_nobody_out(world: World, pages: Pages) -> None:
    page = pages.open(world.url)
    for tab in ("events", "channels", "deliveries"):
        page.goto(f"{world.url}/alerts?tab={tab}")
        expect(page.get_by_role("tab", selected=True)).to_have_text(re.compile(tab, re.IGNORECASE))
        assert find_faults(page, f"alerts-{tab}") == []
        assert fits(page), tab


def test_events_are_shown_as_they_happen(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/alerts")
    row = page.get_by_role("table", name="Events of alerts").get_by_role("row").nth(1)
    expect(row).to_contain_text("parse_invoice")
    world.trigger("price", {"product": "gear"})
    expect(row).to_contain_text("no supplier has a price for gear")


def test_a_channel_is_made_tried_out_and_deleted(world: World, pages: Pages) -> None:
    with receiver(200) as (url, got):
        page = pages.open(f"{world.url}/alerts?tab=channels")
        expect(page.get_by_role("button", name="New channel")).to_be_visible()
        page.keyboard.press("n")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Create channel").click()
        expect(dialog.get_by_text("Give it a name")).to_be_visible()
        assert find_barriers(page) == []
        dialog.get_by_label("Name").fill("pager")
        dialog.get_by_label("URL").fill(url)
        dialog.get_by_label("A run fails").check()
        dialog.get_by_role("button", name="Create channel").click()
        expect(page.get_by_text("never again")).to_be_visible()
        page.get_by_role("button", name="I have it").click()
        card = page.get_by_role("list", name="Channels").get_by_role("listitem").filter(has_text="pager")
        expect(card).to_contain_text("http://127.0.0.1")
        assert "/hook" not in card.inner_text(), "a path may be secret"
        card.get_by_role("button", name="Send a test").click()
        expect(page.get_by_role("table", name="Deliveries")).to_contain_text("Delivered")
        assert got.get(timeout=PATIENCE_MS / 1000)
        assert got.empty()
    page.get_by_role("tab", name="Channels").click()
    page.get_by_role("button", name="Delete pager").click()
    page.get_by_role("button", name="Delete channel").click()
    expect(page.get_by_text("No channel yet")).to_be_visible()


def test_what_did_not_arrive_says_why_and_is_tried_again(world: World, pages: Pages) -> None:
    with receiver(410) as (url, got):
        channel = world.post(
            "/api/v1/alert-channels", {"name": "gone", "type": "webhook", "url": url, "on": ["failed"]}
        )
        world.post(f"/api/v1/alert-channels/{channel['id']}/test")
        page = pages.open(f"{world.url}/alerts?tab=deliveries&channel={channel['id']}")
        row = page.get_by_role("table", name="Deliveries").get_by_role("row").nth(1)
        expect(row).to_contain_text("Failed")
        expect(row).to_contain_text("410")
        row.get_by_role("button", name="Try again").click()
        expect(row.get_by_role("cell").nth(4)).to_have_text("2")
        for _ in range(2):
            assert got.get(timeout=PATIENCE_MS / 1000)


def test_the_server_says_what_it_does_not_take(world: World, pages: Pages) -> None:
    pages.allow("4(00|22)")
    page = pages.open(f"{world.url}/alerts")
    page.get_by_role("button", name="New channel").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("mail")
    dialog.get_by_label("Type").select_option("email")
    dialog.get_by_label("Addresses").fill("not an address")
    dialog.get_by_role("button", name="Create channel").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
