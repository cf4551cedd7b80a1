"""A lead's run: its steps in order, what they keep, how they fail, and what a retry repeats."""

from __future__ import annotations

from typing import Any

import pytest

from runcast import Conflict, RunHandle, transact
from runcast.apps.leads.adding import AddedLead, NewLead, add_leads
from runcast.apps.leads.clients import add_client
from runcast.apps.leads.contract import ClientBrief, Fact, Kind, Options, Outcome
from runcast.apps.leads.jobs import Known
from runcast.apps.leads.reading import get_asset, get_lead, list_assets
from runcast.apps.leads.retrying import retry
from runcast.apps.leads.status import LeadStatus, read_metadata, read_status, read_steps
from runcast.apps.leads.urls import read_url
from runcast.domain.ids import RunId
from runcast.sdk.ambient import current_door
from runcast.testing import TestEngine
from tests.leads.scripted import EMAILS, Script, cut, down, filled, no_profile, no_research, read, text

GLOBEX = ClientBrief(name="Globex", website="https://globex.example", offer="engines", brand_color="#4f46e5")


async def make(options: Options | None = None, known: Known | None = None) -> AddedLead:
    """A lead, with its run, which has not begun to work."""
    client = await transact(add_client, "dev", GLOBEX)
    new = NewLead(person=read_url("linkedin.com/in/ada-lovelace"), known=known or Known())
    added = await transact(add_leads, "dev", client.id, [new], options or Options())
    return added.leads[0]


async def finish(engine: TestEngine, lead: AddedLead) -> tuple[LeadStatus, dict[str, Any]]:
    """Where the lead ended, moving the clock; its metadata."""
    row = await transact(get_lead, "dev", lead.id)
    await engine.finish(RunHandle(RunId(row.run_id), door=current_door))
    row = await transact(get_lead, "dev", lead.id)
    return read_status(row), read_metadata(row)


async def step_of(lead: AddedLead, key: str) -> Any:
    row = await transact(get_lead, "dev", lead.id)
    return next(step for step in read_steps(row) if step.key == key)


async def cost_of(engine: TestEngine, lead: AddedLead) -> float:
    """Of the newest run, with everything below it."""
    row = await transact(get_lead, "dev", lead.id)
    return float((await engine.client.usage(row.run_id)).total.cost)


async def test_without_any_key_a_lead_becomes_letters_and_a_page(engine: TestEngine, script: Script) -> None:
    lead = await make()
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.COMPLETED
    assert metadata["progress"] == 100
    names = [asset.name for asset in await transact(list_assets, lead.id)]
    assert sorted(names) == ["email-1.md", "email-2.md", "landing.html", "profile.json", "research.md"]
    row = await transact(get_lead, "dev", lead.id)
    assert row.name == "Ada Lovelace"
    assert [step.status for step in read_steps(row)] == ["done"] * 4
    assert "<script" not in (await transact(get_asset, lead.id, "landing.html")).content


async def test_what_the_user_says_of_a_person_is_believed_before_anybody_is_asked(
    engine: TestEngine, script: Script
) -> None:
    script.says("enrich", filled())
    facts = (Fact("name", "Augusta King", "CSV"), Fact("title", "Countess", "CSV"), Fact("company", "Ockham", "CSV"))
    lead = await make(known=Known(facts=facts))
    await finish(engine, lead)
    row = await transact(get_lead, "dev", lead.id)
    assert (row.name, row.title, row.company) == ("Augusta King", "Countess", "Ockham")
    assert script.asked == []


async def test_steps_that_are_switched_off_are_neither_shown_nor_done(engine: TestEngine, script: Script) -> None:
    lead = await make(Options(generate_emails=False))
    _, metadata = await finish(engine, lead)
    assert [step["key"] for step in metadata["steps"]] == ["enrich", "research", "build_page"]
    assert "email" not in {asset.kind for asset in await transact(list_assets, lead.id)}


async def test_costs_are_recorded_also_where_nothing_is_found(engine: TestEngine, script: Script) -> None:
    script.says("enrich", no_profile(Outcome.NO_MATCH, cost_usd=0.1))
    script.says("research", read(0.01))
    script.says("write_emails", text(EMAILS, cost_usd=0.02))
    lead = await make(Options(generate_one_pager=False))
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.COMPLETED
    assert await cost_of(engine, lead) == pytest.approx(0.13)
    assert metadata["costUsd"] == pytest.approx(0.13)
    assert metadata["step.enrich"]["costUsd"] == pytest.approx(0.1)


async def test_a_failed_step_names_the_provider_and_a_retry_repeats_only_it(engine: TestEngine, script: Script) -> None:
    script.says("enrich", filled(0.28))
    refused = no_research(Outcome.AUTH_ERROR, detail="Paid refused the key: set PAID_API_KEY, and retry")
    script.says("research", refused, read(0.01))
    script.says("write_emails", text(EMAILS))
    lead = await make(Options(generate_one_pager=False))
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.FAILED
    assert metadata["step.research"]["status"] == "failed"
    assert metadata["step.research"]["detail"] == "Paid refused the key: set PAID_API_KEY, and retry"
    assert script.asked == ["enrich", "research"]
    script.asked.clear()

    await retry("dev", lead.id)
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.COMPLETED
    assert script.asked == ["research", "write_emails"]
    assert [metadata[f"step.{key}"]["status"] for key in ("enrich", "research", "write_emails")] == ["done"] * 3
    assert await cost_of(engine, lead) == pytest.approx(0.03)
    assert metadata["costUsd"] == pytest.approx(0.31)
    assert metadata["progress"] == 100


async def test_letters_that_fail_do_not_stop_the_page_and_are_retried_alone(engine: TestEngine, script: Script) -> None:
    script.says("write_emails", cut(EMAILS), cut(EMAILS), cut(EMAILS), text(EMAILS))
    lead = await make()
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.FAILED
    assert metadata["step.build_page"]["status"] == "done"
    assert (await step_of(lead, "write_emails")).state.detail == "paid broke off amid the text"
    pages = [run.id for run in (await engine.client.list(task="leads.build_page")).runs]

    await retry("dev", lead.id, "write_emails")
    status, _ = await finish(engine, lead)
    assert status is LeadStatus.COMPLETED
    assert [run.id for run in (await engine.client.list(task="leads.build_page")).runs] == pages
    assert script.asked == ["write_emails"] * 4


async def test_both_texts_may_fail_and_are_both_retried(engine: TestEngine, script: Script) -> None:
    script.says("write_emails", down(), down(), down(), text(EMAILS))
    script.says("build_page", *[down("Paid is gone")] * 3, text("# Engines\n\nFor Ada"))
    lead = await make()
    status, _ = await finish(engine, lead)
    assert status is LeadStatus.FAILED
    row = await transact(get_lead, "dev", lead.id)
    assert "Paid answered 503" in (row.error or "")
    assert "Paid is gone" in (row.error or "")
    await retry("dev", lead.id)
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED
    assert sorted(script.asked) == ["build_page"] * 4 + ["write_emails"] * 4


async def test_a_step_that_is_done_is_done_anew_alone(engine: TestEngine, script: Script) -> None:
    script.says("write_emails", text(EMAILS), text(EMAILS.replace("Engines", "Looms")))
    lead = await make()
    await finish(engine, lead)
    page = await transact(get_asset, lead.id, "landing.html")
    runs = {run.id for run in (await engine.client.list(limit=100)).runs}

    await retry("dev", lead.id, "write_emails")
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.COMPLETED
    assert (await transact(get_asset, lead.id, "email-1.md")).title == "Looms"
    assert (await transact(get_asset, lead.id, "landing.html")).content == page.content
    new = [run.run.task for run in (await engine.client.list(limit=100)).runs if run.id not in runs]
    assert sorted(new) == ["leads.orchestrate", "leads.write_emails"]
    assert [metadata[f"step.{key}"]["status"] for key in ("enrich", "research", "write_emails", "build_page")] == [
        "done"
    ] * 4


async def test_the_page_is_built_anew_and_the_letters_stay(engine: TestEngine, script: Script) -> None:
    script.says("write_emails", text(EMAILS))
    lead = await make()
    await finish(engine, lead)
    await retry("dev", lead.id, "build_page")
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED
    assert script.asked == ["write_emails"]
    assert (await transact(get_asset, lead.id, "email-2.md")).title == "Engines again"


async def test_what_lives_or_has_nothing_to_retry_is_not_retried(engine: TestEngine, script: Script) -> None:
    lead = await make(Options(approval=True))
    with pytest.raises(Conflict, match="cancel it first"):
        await retry("dev", lead.id)
    await engine.settle()
    with pytest.raises(Conflict, match="waiting"):
        await retry("dev", lead.id)
    (wait,) = await engine.client.waits()
    await engine.client.complete_wait(wait.id, True)
    await finish(engine, lead)
    with pytest.raises(Conflict, match="say which step"):
        await retry("dev", lead.id)


@pytest.mark.parametrize("approved", [True, False])
async def test_a_person_is_asked_in_words_and_their_answer_is_kept(
    engine: TestEngine, script: Script, approved: bool
) -> None:
    lead = await make(Options(approval=True))
    await engine.settle()
    row = await transact(get_lead, "dev", lead.id)
    assert read_status(row) is LeadStatus.WAITING
    (wait,) = await engine.client.waits()
    assert wait.question == "Approve what was written for Ada Lovelace?"
    assert read_metadata(row)["step.approval"]["waitId"] == wait.id
    await engine.client.complete_wait(wait.id, approved)
    status, metadata = await finish(engine, lead)
    assert status is LeadStatus.COMPLETED
    assert metadata["step.approval"]["detail"] == ("Approved" if approved else "Declined")
    assert "awaits" not in metadata


async def test_a_canceled_lead_that_asked_a_person_asks_again(engine: TestEngine, script: Script) -> None:
    lead = await make(Options(approval=True))
    await engine.settle()
    row = await transact(get_lead, "dev", lead.id)
    await engine.client.cancel(row.run_id)
    await engine.settle()
    assert (await step_of(lead, "approval")).status == "canceled"
    await retry("dev", lead.id)
    await engine.settle()
    (wait,) = await engine.client.waits()
    assert (await step_of(lead, "approval")).state.wait_id == wait.id
    await engine.client.complete_wait(wait.id, True)
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED


async def test_a_provider_that_limits_is_left_alone_and_asked_again(engine: TestEngine, script: Script) -> None:
    script.says("enrich", no_profile(Outcome.RATE_LIMITED, retry_after_s=120.0), filled())
    lead = await make()
    await engine.settle()
    assert script.asked == ["enrich"]
    await engine.advance("119s")
    assert script.asked == ["enrich"]
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED
    assert script.asked == ["enrich", "enrich"]


async def test_a_provider_that_works_on_it_is_asked_later_with_its_handle(engine: TestEngine, script: Script) -> None:
    script.says("enrich", no_profile(Outcome.PENDING, handle="job-1", retry_after_s=30.0), filled())
    lead = await make()
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED
    assert (await transact(get_lead, "dev", lead.id)).title == "Analyst"


async def test_trouble_that_passes_is_tried_again_by_itself(engine: TestEngine, script: Script) -> None:
    script.says("enrich", ConnectionError("reset"), no_profile(Outcome.TRANSIENT), filled())
    lead = await make()
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED
    assert script.asked == ["enrich"] * 3


async def test_settings_that_were_changed_meanwhile_count_for_a_retry(engine: TestEngine, script: Script) -> None:
    script.says("research", no_research(Outcome.OUT_OF_CREDITS))
    lead = await make()
    assert (await finish(engine, lead))[0] is LeadStatus.FAILED
    del script.order[Kind.RESEARCH]
    await retry("dev", lead.id)
    assert (await finish(engine, lead))[0] is LeadStatus.COMPLETED


async def test_text_appears_as_it_is_written(engine: TestEngine, script: Script) -> None:
    script.says("write_emails", text(EMAILS))
    lead = await make()
    await finish(engine, lead)
    run_id = (await step_of(lead, "write_emails")).state.run_id
    parts = await engine.client.parts(run_id, "emails")
    assert len(parts) > 3
