"""A lead survives a crash before and after every commit: nothing is paid for twice, and everything is kept."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from runcast.apps.leads import tools
from runcast.apps.leads.contract import ClientBrief, Options
from runcast.apps.leads.installed import TASKS, leads
from runcast.apps.leads.jobs import LeadJob
from runcast.apps.leads.orchestrate import orchestrate
from runcast.testing import Ledger, assert_crash_safe
from tests.leads.scripted import EMAILS, Script, filled, read, scripted_toolbox, text

JOB = LeadJob(
    lead_id="lead_1",
    linkedin_url="https://www.linkedin.com/in/ada-lovelace",
    slug="ada-lovelace",
    client=ClientBrief(name="Globex", offer="engines"),
    options=Options(generate_one_pager=False, approval=True),
)


class Noted(Script):
    """Calls of providers, written where they are to be found once."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def next(self, what: str) -> object:
        self._ledger.note(what)
        return super().next(what)


@pytest.mark.slow
async def test_a_lead_survives_a_crash_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger()
    script = Noted(ledger)
    script.says("enrich", filled())
    script.says("research", read())
    script.says("write_emails", text(EMAILS))
    monkeypatch.setattr(tools, "toolbox", partial(scripted_toolbox, script))
    report = await asyncio.to_thread(
        assert_crash_safe,
        orchestrate,
        JOB,
        complete={"approval": True},
        ledger=ledger,
        tasks=TASKS,
        extensions=[leads],
        points=40,
    )
    assert report.points == 40
