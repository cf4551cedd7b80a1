"""The built app, a server with runs in every state, and a browser: each once for as many tests as may share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboard.world import World, fill, open_world
from tests.page_fixtures import browser, dashboard, pages

__all__ = ["browser", "dashboard", "pages"]


@pytest.fixture(scope="package")
def world(dashboard: None) -> Iterator[World]:
    """A server with runs in every state, for tests that only look, and add runs of their own at most: all of them share it."""
    with open_world() as world:
        yield fill(world)
