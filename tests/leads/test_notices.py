"""Leads are told of through the alert channels: who failed and why, and who is done."""

from __future__ import annotations

import asyncio
import json

from runcast.apps.leads.contract import Outcome
from runcast.outgoing.settings import OutgoingSettings
from tests.leads.conftest import leads_site
from tests.leads.scripted import Script, no_research, read
from tests.leads.test_http import bulk, ended
from tests.outgoing.receiver import receiving

OUTGOING = OutgoingSettings(private=("127.0.0.1",))


async def test_a_channel_for_leads_hears_who_failed_and_who_is_done(script: Script) -> None:
    """As the settings page of Leads makes it."""
    script.says("research", no_research(Outcome.OUT_OF_CREDITS, detail="Paid has no credit left"), read())
    with receiving() as receiver:
        async with leads_site(outgoing=OUTGOING) as site:
            channel = {"name": "Leads", "type": "webhook", "url": receiver.url, "tasks": ["leads.orchestrate"]}
            await site.post("/api/v1/alert-channels", {**channel, "on": ["failed", "succeeded"]})
            lead = (await bulk(site, "linkedin.com/in/ada-lovelace"))["leads"][0]
            await ended(site, lead)
            failed = json.loads((await asyncio.to_thread(receiver.next)).body)
            again = await site.post(f"/api/leads/{lead['id']}/retry")
            await ended(site, again)
            done = json.loads((await asyncio.to_thread(receiver.next)).body)
    assert (failed["type"], done["type"]) == ("alert.run.failed", "alert.run.succeeded")
    assert failed["object"]["run"]["error"]["message"] == "ada-lovelace: Research: Paid has no credit left"
    assert f"lead:{lead['id']}" in failed["object"]["run"]["tags"]
    assert done["object"]["run"]["id"] == again["triggerRunId"]
