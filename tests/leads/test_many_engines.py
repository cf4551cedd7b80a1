"""Leads where several engines share a database, and processes reach it each by its own door."""

from __future__ import annotations

from runcast.sdk.ambient import use_door
from runcast.sdk.shared_door import SharedDoor
from tests.api.site import serving
from tests.leads.conftest import leads_registry
from tests.leads.scripted import Script
from tests.leads.test_http import ADA, bulk, ended


async def test_bodies_reach_the_tables_from_a_process_whose_engine_is_another(postgres: str, script: Script) -> None:
    """As with `runcast worker`, or `runcast dev` on a PostgreSQL: what runs there has a door of its own."""
    from runcast.apps.leads.installed import leads

    async with serving(postgres, leads_registry(), extensions=[leads]) as site:
        before = use_door(SharedDoor(postgres))
        try:
            lead = (await bulk(site, ADA))["leads"][0]
            shown = await ended(site, lead)
        finally:
            use_door(before)
        assert (shown["status"], shown["error"]) == ("completed", None)
        assert len(shown["assets"]) == 5
