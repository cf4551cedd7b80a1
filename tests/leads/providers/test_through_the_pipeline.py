"""A lead with all its providers, each over real HTTP: limits are waited for, cut texts asked for again, costs kept."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from runcast import RunHandle, transact
from runcast.apps.leads.adding import NewLead, add_leads
from runcast.apps.leads.clients import add_client
from runcast.apps.leads.contract import ClientBrief, Options
from runcast.apps.leads.installed import TASKS, leads
from runcast.apps.leads.reading import get_asset, get_lead, list_assets
from runcast.apps.leads.status import LeadStatus, read_metadata, read_status, read_steps
from runcast.apps.leads.urls import read_url
from runcast.domain.ids import RunId
from runcast.sdk.ambient import current_door
from runcast.testing import TestEngine
from tests.leads.fakes.all import Fakes
from tests.leads.fakes.models import EMAIL, anthropic_error, anthropic_parts, stream
from tests.leads.fakes.profiles import KEY, hunter_error, pdl_error
from tests.leads.fakes.server import Fault

PAGE = "# Engines for you\nWoven algebra.\n## Why\n- **Fast**: in days\n> Talk to us"
GLOBEX = ClientBrief(name="Globex", website="https://globex.example", offer="heat pumps")


async def lead_of(engine: TestEngine) -> tuple[Any, list[Any]]:
    """A lead that has come to its end, and its assets."""
    client = await transact(add_client, "dev", GLOBEX)
    new = NewLead(person=read_url("linkedin.com/in/ada-lovelace"))
    added = await transact(add_leads, "dev", client.id, [new], Options(emails=1))
    row = await transact(get_lead, "dev", added.leads[0].id)
    await engine.finish(RunHandle(RunId(row.run_id), door=current_door))
    row = await transact(get_lead, "dev", row.id)
    return row, list(await transact(list_assets, row.id))


def use(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)


async def test_a_lead_survives_limits_cut_streams_and_overload_and_knows_what_it_cost(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, fakes.env("PDL", "PERPLEXITY", "ANTHROPIC"))
    fakes["PDL"].plan = [pdl_error(429, "rate_limit_error", "slow", {"retry-after": "60"})]
    written = fakes["ANTHROPIC"]
    texts = {"e-mail": EMAIL, "landing page": PAGE}
    faults = [
        anthropic_error(529, "overloaded_error", "Overloaded"),
        stream([*anthropic_parts(EMAIL)[:5], Fault.CUT]),
        anthropic_error(429, "rate_limit_error", "slow", {"retry-after": "90"}),
    ]
    monkeypatch.setattr(
        written,
        "_answer",
        lambda asked: (
            faults.pop()
            if faults
            else stream(anthropic_parts(next(text for words, text in texts.items() if words in asked.body["system"])))
        ),
    )
    async with TestEngine(TASKS, extensions=[leads]) as engine:
        row, assets = await lead_of(engine)
        assert read_status(row) is LeadStatus.COMPLETED, read_steps(row)
        usage = await engine.client.usage(row.run_id)
        page = await transact(get_asset, row.id, "landing.html")
    assert (row.name, row.company) == ("Ada Lovelace", "Analytical Engines")
    assert {asset.name for asset in assets} == {"email-1.md", "landing.html", "profile.json", "research.md"}
    assert "Engines for you" in page.content
    assert float(usage.total.cost) >= 0.28 + 0.0123 + 2 * 0.007, "of everything, also of what was cut"
    assert [len(fakes[name].seen) for name in ("PDL", "PERPLEXITY", "ANTHROPIC")] == [2, 1, 5]
    assert KEY not in msgspec.json.encode([read_metadata(row), assets, page]).decode()


async def test_a_provider_without_credits_is_passed_over_and_its_words_are_kept(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, fakes.env("PDL", "HUNTER"))
    fakes["PDL"].plan = [pdl_error(402, "payment_required", "You have no credits")]
    async with TestEngine(TASKS, extensions=[leads]) as engine:
        row, _ = await lead_of(engine)
    assert read_status(row) is LeadStatus.COMPLETED
    assert row.title == "Chief Engineer" and len(fakes["HUNTER"].seen) == 1


async def test_when_all_fail_the_step_says_what_each_of_them_said(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, fakes.env("PDL", "HUNTER"))
    fakes["PDL"].plan = [pdl_error(402, "payment_required", "You have no credits")]
    fakes["HUNTER"].plan = [hunter_error(429, "usage_exceeded", "the month is used up")]
    async with TestEngine(TASKS, extensions=[leads]) as engine:
        row, _ = await lead_of(engine)
    assert read_status(row) is LeadStatus.FAILED
    (failed,) = [step for step in read_steps(row) if step.status == "failed"]
    assert failed.key == "enrich"
    assert "People Data Labs" in str(failed) and "the month is used up" in str(failed)
