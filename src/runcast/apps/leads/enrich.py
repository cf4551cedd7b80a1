"""`leads.enrich`: who a person is, from what the user says and from the providers of profiles, in turn."""

from __future__ import annotations

from functools import partial
from typing import Any

from runcast import current_run, logger, task
from runcast.apps.leads.calls import Ready, ask_profile, ask_until_answered, get_ready, note
from runcast.apps.leads.contract import EnrichInput, FoundProfile, Kind, Outcome, Profile
from runcast.apps.leads.failures import ProviderBusy, ProviderDown, ProviderRefused, StepStopped
from runcast.apps.leads.jobs import Enriched, LeadJob, Tried
from runcast.apps.leads.marks import shown
from runcast.apps.leads.plan import StepKey, share
from runcast.apps.leads.profiles import from_facts, is_enough, merge
from runcast.apps.leads.queues import KEPT, MAX_DURATION, ONCE, providers_queue


@task(name="leads.enrich", queue=providers_queue, retry=ONCE, max_duration=MAX_DURATION, retention=KEPT)
async def enrich(job: LeadJob) -> Enriched:
    """Find out who a lead is. What nobody knows stays empty."""
    async with shown(StepKey.ENRICH, share(job.options, StepKey.ENRICH) / 5):
        search = _Search(job)
        await search.ask_in_turn(await get_ready(Kind.ENRICH))
    run = current_run()
    return Enriched(
        profile=search.profile, tried=tuple(search.tried), run_id=run.id, started=run.created_at, raw=search.raw
    )


class _Search:
    """What is known so far, and who was asked."""

    def __init__(self, job: LeadJob) -> None:
        self._job = job
        self.profile: Profile = from_facts(job.known.facts)
        self.tried: list[Tried] = []
        self.raw: dict[str, dict[str, Any]] = {}
        self._failures: list[ProviderBusy | ProviderDown | ProviderRefused] = []

    async def ask_in_turn(self, ready: Ready) -> None:
        """Until enough is known. The last provider knows what the user said and the address says, and costs nothing; it
        does not stand in for one that failed."""
        *others, last = ready.order
        for provider in others:
            if is_enough(self.profile):
                break
            await self._ask(ready, provider)
        if self._failures and not is_enough(self.profile):
            raise StepStopped(StepKey.ENRICH, _reasons(self._failures)) from ExceptionGroup("asked", self._failures)
        if self._job.known.text or not is_enough(self.profile):
            await self._ask(ready, last)
        if not self.profile.name:
            reasons = _reasons(self._failures) or "Nobody knows this person: paste what the profile says, and try again"
            raise StepStopped(StepKey.ENRICH, reasons)

    async def _ask(self, ready: Ready, provider: str) -> None:
        job = self._job
        wanted = EnrichInput(
            linkedin_url=job.linkedin_url,
            slug=job.slug,
            facts=job.known.facts,
            text=job.known.text,
            pages=job.known.pages,
            known=self.profile,
        )
        try:
            found: FoundProfile = await ask_until_answered(provider, partial(ask_profile, ready.choices, wanted))
        except (ProviderBusy, ProviderDown, ProviderRefused) as error:
            self._failures.append(error)
            logger.warning(error.user_message, provider=provider)
            return
        self.tried.append(note(provider, found))
        logger.info(found.detail or f"{provider}: {found.outcome}", provider=provider, cost=found.cost_usd)
        if found.raw is not None:
            self.raw[provider] = found.raw
        if found.outcome is Outcome.FILLED and found.value is not None:
            self.profile = merge(self.profile, found.value)


def _reasons(failures: list[ProviderBusy | ProviderDown | ProviderRefused]) -> str:
    return "; ".join(dict.fromkeys(failure.user_message for failure in failures))
