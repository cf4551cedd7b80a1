"""Engines with Leads installed, and providers that a test scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from runcast.apps.leads import tools
from runcast.apps.leads.installed import TASKS, leads
from runcast.sdk.ambient import use_door
from runcast.sdk.doors import GatewayDoor
from runcast.sdk.registry import Registry
from runcast.testing import TestEngine
from tests.api.site import Site, serving
from tests.leads.scripted import Script, scripted_toolbox
from tests.page_fixtures import browser, dashboard, pages

__all__ = ["browser", "dashboard", "pages"]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Providers answer as it says; without a word from it, as they do offline."""
    script = Script()
    monkeypatch.setattr(tools, "toolbox", partial(scripted_toolbox, script))
    return script


@pytest.fixture
async def engine(script: Script) -> AsyncIterator[TestEngine]:
    async with TestEngine(TASKS, extensions=[leads]) as engine:
        yield engine


def leads_registry() -> Registry:
    registry = Registry()
    for task in TASKS:
        registry.add(task)
    return registry


@asynccontextmanager
async def leads_site(database: str = ":memory:", **options: Any) -> AsyncIterator[Site]:
    """A server with Leads and a worker; this process, in which both are, asks it."""
    async with serving(database, leads_registry(), extensions=[leads], **options) as site:
        before = use_door(GatewayDoor(site.engine))
        try:
            yield site
        finally:
            use_door(before)


@pytest.fixture
async def site(script: Script) -> AsyncIterator[Site]:
    async with leads_site() as site:
        yield site


@pytest.fixture(params=["memory", "postgres"])
async def any_site(request: pytest.FixtureRequest, script: Script) -> AsyncIterator[Site]:
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with leads_site(address) as site:
        yield site
