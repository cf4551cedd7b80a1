"""The app in a real browser: it begins, wherever it is served, and nothing of it is refused."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import ViewportSize, expect

from runcast import embed
from tests.browser import DESKTOP, PHONE, Pages, Theme, draw, find_barriers
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("theme", "viewport"), [("light", DESKTOP), ("dark", PHONE)], ids=["desktop", "phone"])
def test_the_app_begins_in_the_theme_of_the_system(
    world: World, pages: Pages, theme: Theme, viewport: ViewportSize
) -> None:
    page = pages.open(world.url, theme=theme, viewport=viewport)
    expect(page).to_have_url(f"{world.url}/runs")
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_a_link_into_the_app_leads_there_and_a_reload_stays(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/runs?status=failed")
    expect(page.get_by_role("main")).to_be_visible()
    page.reload()
    expect(page.get_by_role("main")).to_be_visible()
    assert page.url.startswith(f"{world.url}/runs?status=")


def test_an_address_of_no_page_says_so(world: World, pages: Pages) -> None:
    page = pages.open(f"{world.url}/nowhere/at/all")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_an_unknown_asset_is_not_found(world: World, pages: Pages) -> None:
    page = pages.open(world.url)
    assert page.request.get(f"{world.url}/assets/app-000000.js").status == 404
    assert page.request.get(f"{world.url}/api/v1/nothing").json()["code"] == "not_found"


def test_a_script_that_is_not_the_apps_does_not_run(world: World, pages: Pages) -> None:
    pages.allow("Content Security Policy|404")
    page = pages.open(world.url)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img id=stranger src=x onerror=\"window.hacked=1\">');"
        "const image = document.getElementById('stranger');"
        "image.addEventListener('error', () => { image.dataset.ended = 'yes'; });"
        "const script = document.createElement('script'); script.textContent = 'window.hacked=2'; document.body.append(script);"
    )
    expect(page.locator("#stranger")).to_have_attribute("data-ended", "yes")
    assert page.evaluate("window.hacked") is None
    assert pages.complaints


def test_who_is_not_signed_in_gets_the_page_for_it_and_nothing_else(dashboard: None, pages: Pages) -> None:
    pages.allow("401")
    with open_world(local=False) as closed:
        page = pages.open(f"{closed.url}/runs")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_label("Password")).to_be_visible()
        assert page.request.get(f"{closed.url}/api/v1/runs").status == 401
        draw(page, "sign-in")
        assert "\n".join(find_barriers(page)) == ""
        page.context.close()


def test_below_a_path_of_another_application_it_works_the_same(dashboard: None, pages: Pages) -> None:
    with mounted() as url:
        page = pages.open(f"{url}/jobs")
        expect(page).to_have_url(re.compile(f"{url}/jobs/runs"))
        expect(page.get_by_role("main")).to_be_visible()
        page.reload()
        expect(page.get_by_role("main")).to_be_visible()
        assert page.evaluate("document.baseURI") == f"{url}/jobs/"
        # Before its server: that this one goes away is no complaint.
        page.context.close()


@contextmanager
def mounted() -> Iterator[str]:
    """The address of an application that has an engine below `/jobs`."""
    app = FastAPI()
    engine = embed(":memory:")
    app.mount("/jobs", engine.asgi(local=True))
    with engine:
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join()
