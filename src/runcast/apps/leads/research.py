"""`leads.research`: what is worth knowing of a person and their company, from the first provider that finds something."""

from __future__ import annotations

from functools import partial

from runcast import current_run, logger, task
from runcast.apps.leads.calls import ask_research, ask_until_answered, get_ready, note
from runcast.apps.leads.contract import FoundResearch, Kind, Outcome, ResearchInput
from runcast.apps.leads.failures import ProviderBusy, ProviderDown, ProviderError, ProviderRefused, StepStopped
from runcast.apps.leads.jobs import Researched, ResearchJob, Tried
from runcast.apps.leads.marks import shown
from runcast.apps.leads.plan import StepKey, share
from runcast.apps.leads.queues import KEPT, MAX_DURATION, ONCE, providers_queue


@task(name="leads.research", queue=providers_queue, retry=ONCE, max_duration=MAX_DURATION, retention=KEPT)
async def research(job: ResearchJob) -> Researched:
    """Read about a lead."""
    wanted = ResearchInput(profile=job.profile, client=job.lead.client, pages=job.lead.known.pages)
    async with shown(StepKey.RESEARCH, share(job.lead.options, StepKey.RESEARCH) / 5):
        found, tried = await _first_answer(wanted)
    assert found.value is not None, "only answers with a value are taken"
    run = current_run()
    return Researched(research=found.value, tried=tuple(tried), run_id=run.id, started=run.created_at)


async def _first_answer(wanted: ResearchInput) -> tuple[FoundResearch, list[Tried]]:
    """The last provider needs no network; it does not stand in for one that failed."""
    ready = await get_ready(Kind.RESEARCH)
    tried: list[Tried] = []
    failures: list[ProviderError] = []
    for provider in ready.order:
        if failures and provider == ready.order[-1]:
            break
        try:
            found = await ask_until_answered(provider, partial(ask_research, ready.choices, wanted))
        except (ProviderBusy, ProviderDown, ProviderRefused) as error:
            failures.append(error)
            logger.warning(error.user_message, provider=provider)
            continue
        tried.append(note(provider, found))
        logger.info(found.detail or f"{provider}: {found.outcome}", provider=provider, cost=found.cost_usd)
        if found.outcome is Outcome.FILLED and found.value is not None:
            return found, tried
    reasons = "; ".join(dict.fromkeys(failure.user_message for failure in failures))
    stopped = StepStopped(StepKey.RESEARCH, reasons or "Nobody found anything about this person")
    raise stopped from (ExceptionGroup("asked", failures) if failures else None)
