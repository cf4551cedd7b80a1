"""Landing pages in a real browser: wide and narrow, for everybody, and deaf to what hostile facts say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from runcast.apps.leads.contract import Choices, Fact, Research, WriteRequest
from runcast.apps.leads.providers import make_toolbox
from runcast.apps.leads.providers.templates.page import page_text
from tests.browser import draw, find_barriers, launched
from tests.leads.providers.given import CLIENT, REQUEST
from tests.leads.providers.test_texts import ATTACKS, hostile

pytestmark = pytest.mark.slow
TOOLBOX = make_toolbox(Choices(), {})
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
WRITTEN = """# A shorter path from leads to revenue
Your growth team publishes faster than sales can answer. Globex closes that gap.
## Why this fits
- **Faster replies**: every enquiry is read within a minute
- **Real facts**: nothing is sent that a source does not back
- **Your voice**: the texts follow your tone
## How it would start
One week, no change to your systems.
- Pick ten leads you know well
- Compare what you know with what was found
> Book fifteen minutes"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def opened(browser: Browser, folder: Path, request: WriteRequest, text: str, width: int) -> Page:
    page = browser.new_page(viewport=ViewportSize(width=width, height=844))
    page.goto(written(folder, request, text))
    return page


def written(folder: Path, request: WriteRequest, text: str) -> str:
    """The address of a landing page."""
    file = folder / "page.html"
    file.write_text(TOOLBOX.page_of("template", text, request).html, "utf-8")
    return file.as_uri()


def branded(color: str) -> WriteRequest:
    facts = (*REQUEST.research.facts, Fact("founded", "1837", "https://analytical.example/"))
    client = msgspec.structs.replace(CLIENT, brand_color=color)
    return msgspec.structs.replace(REQUEST, client=client, research=Research(markdown="", facts=facts))


@pytest.mark.parametrize(("width", "color"), [(390, "#ffb000"), (768, "#1f6feb"), (1280, "#ffb000")])
def test_a_landing_page_fits_and_can_be_read_by_everybody(
    browser: Browser, tmp_path: Path, width: int, color: str
) -> None:
    for name, text in (("template", page_text(branded(color))), ("written", WRITTEN)):
        page = opened(browser, tmp_path, branded(color), text, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert find_barriers(page) == []
        draw(page, f"leads-landing-{name}-{color[1:]}-{width}", full_page=True)
        page.close()


def test_a_word_without_an_end_stays_on_the_page(browser: Browser, tmp_path: Path) -> None:
    profile = msgspec.structs.replace(REQUEST.profile, company=LONG, name=f"Ada {LONG}")
    request = msgspec.structs.replace(REQUEST, profile=profile)
    page = opened(browser, tmp_path, request, page_text(request), 390)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_nothing_that_a_stranger_wrote_runs(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    for attack in ATTACKS:
        request = hostile(attack)
        text = f"{page_text(request)}\n# {attack}\n## {attack}\n- {attack}\n> {attack}"
        page.goto(written(tmp_path, request, text))
        counts = page.evaluate(
            "[document.scripts.length, document.querySelectorAll('svg, iframe, object, embed, form, base, [onerror], [onload]').length,"
            " document.querySelectorAll('style').length, [...document.links].filter((a) => a.protocol !== 'https:').length]"
        )
        assert counts == [0, 0, 1, 0], attack
    page.close()
