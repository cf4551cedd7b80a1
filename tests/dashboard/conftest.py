"""The built app, a server with runs in every state, and a browser: each once for as many tests as may share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import Pages, launched, watched
from tests.dashboard.world import World, fill, open_world
from web.build import BuildFailed, build


@pytest.fixture(scope="session")
def dashboard() -> None:
    """The app of these sources is what servers serve."""
    try:
        build()
    except BuildFailed as error:
        pytest.fail(f"the dashboard cannot be built, so nothing of it was tried: {error}", pytrace=False)


@pytest.fixture(scope="module")
def world(dashboard: None) -> Iterator[World]:
    """A server with runs in every state. The tests of a module share it: what one changes the next one sees."""
    with open_world() as world:
        yield fill(world)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Opens pages; an error in one fails the test."""
    with watched(browser) as pages:
        yield pages
