"""Fixtures of tests that look at pages, for `conftest.py` of their folders: the built app, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import Pages, launched, watched
from web.build import BuildFailed, build


@pytest.fixture(scope="session")
def dashboard() -> None:
    """The app of these sources is what servers serve."""
    try:
        build()
    except BuildFailed as error:
        pytest.fail(f"the dashboard cannot be built, so nothing of it was tried: {error}", pytrace=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Opens pages; an error in one fails the test."""
    with watched(browser) as pages:
        yield pages
