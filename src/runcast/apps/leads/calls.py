"""Calls of providers: each a recorded step, so that what was paid for is not asked again; who is asked next, and when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from runcast import Retry, current_run, metadata, now, step, transact, usage, wait
from runcast.apps.leads import tools
from runcast.apps.leads.choices import choices_of
from runcast.apps.leads.contract import (
    Choices,
    EnrichInput,
    Found,
    FoundProfile,
    FoundResearch,
    Kind,
    Outcome,
    ResearchInput,
    Usage,
)
from runcast.apps.leads.failures import ProviderBusy, ProviderDown, ProviderRefused
from runcast.apps.leads.jobs import Tried

F = TypeVar("F", FoundProfile, FoundResearch)
Ask = Callable[[str, str, str], Awaitable[F]]
"""Asks a provider, about a job of the handle there, under a journal key."""

TRIES = Retry(max_attempts=3, min_s=1, max_s=20)
"""Of one call: what may pass within seconds."""
ASKS_MAX = 40
"""Of one provider, when it says *not yet*."""
PAUSE_S = 30.0
"""Between two of them, unless it says how long."""
PAUSE_S_MAX = 900.0
"""A provider that wants to be left alone for longer is as good as down."""


class Ready(msgspec.Struct, frozen=True):
    """Who is asked, as it was settled when the run began."""

    choices: Choices
    order: tuple[str, ...]


async def get_ready(kind: Kind) -> Ready:
    """Read the settings, once for each run: one that is resumed finds what was changed meanwhile."""
    run = current_run()
    return await step(_read, key=f"settings:{run.id}")(kind, run.environment)


async def _read(kind: Kind, environment: str) -> Ready:
    choices = await transact(choices_of, environment)
    return Ready(choices, tools.toolbox(choices).order(kind))


# --- one call ---------------------------------------------------------------------------------------------------


async def ask_profile(choices: Choices, wanted: EnrichInput, provider: str, handle: str, key: str) -> FoundProfile:
    """One call of a provider of profiles, recorded under `key`."""
    return await step(_ask_profile, key=key, name=f"ask {provider}", retry=TRIES)(choices, provider, wanted, handle)


async def ask_research(choices: Choices, wanted: ResearchInput, provider: str, handle: str, key: str) -> FoundResearch:
    """One call of a provider of research, recorded under `key`."""
    return await step(_ask_research, key=key, name=f"ask {provider}", retry=TRIES)(choices, provider, wanted, handle)


async def _ask_profile(choices: Choices, provider: str, wanted: EnrichInput, handle: str) -> FoundProfile:
    with failing(provider):
        found = await tools.toolbox(choices).enrich(provider, wanted, handle=handle)
    spend(provider, found.cost_usd)
    return check(provider, found)


async def _ask_research(choices: Choices, provider: str, wanted: ResearchInput, handle: str) -> FoundResearch:
    with failing(provider):
        found = await tools.toolbox(choices).research(provider, wanted, handle=handle)
    spend(provider, found.cost_usd, found.usage)
    return check(provider, found)


@contextmanager
def failing(provider: str) -> Iterator[None]:
    """What a provider raises that is not an answer of it counts as trouble that may pass."""
    try:
        yield
    except (ProviderDown, ProviderBusy, ProviderRefused):
        raise
    except Exception as error:
        raise ProviderDown(provider, f"{provider} failed: {type(error).__name__}: {error}") from error


def spend(provider: str, cost_usd: float | None, used: Usage | None = None) -> None:
    """Record what a call cost, also when it found nothing. A call without a price is counted all the same."""
    cost = f"{cost_usd or 0:.9f}"
    if used is not None and used.model:
        usage.llm(used.model, input_tokens=used.input_tokens, output_tokens=used.output_tokens, cost=cost)
    else:
        usage.add(provider, cost=cost)
    if cost_usd:
        metadata.parent.increment("costUsd", cost_usd)


def check(provider: str, found: F) -> F:
    """The answer, if it is one that may be kept; raises otherwise, so that a retry asks again."""
    match found.outcome:
        case Outcome.FILLED | Outcome.NO_MATCH | Outcome.PENDING:
            return found
        case Outcome.RATE_LIMITED:
            raise ProviderBusy(provider, _say(provider, found), found.retry_after_s or PAUSE_S)
        case Outcome.TRANSIENT:
            raise ProviderDown(provider, _say(provider, found))
        case _:
            raise ProviderRefused(provider, found.outcome.value, _say(provider, found))


_WORDS = {
    Outcome.RATE_LIMITED: "takes no more calls for now",
    Outcome.TRANSIENT: "did not answer",
    Outcome.OUT_OF_CREDITS: "has no credit left: top it up, or put another provider first in the settings",
    Outcome.AUTH_ERROR: "did not accept the key: set another one, and retry the step",
    Outcome.BAD_INPUT: "cannot be asked this",
}


def _say(provider: str, found: Found) -> str:
    return found.detail or f"{provider} {_WORDS.get(found.outcome, found.outcome)}"


# --- one provider, and the next -----------------------------------------------------------------------------------


async def ask_until_answered(provider: str, ask: Ask[F]) -> F:
    """Ask one provider; while it works on it, or wants no calls, the run waits and holds no slot."""
    handle, began = "", now()
    for number in range(1, ASKS_MAX + 1):
        pause_s = PAUSE_S
        try:
            found = await ask(provider, handle, f"{provider}:{number}")
        except ProviderBusy as busy:
            if busy.retry_after_s > PAUSE_S_MAX or number == ASKS_MAX:
                raise
            pause_s = busy.retry_after_s
        else:
            if found.outcome is not Outcome.PENDING:
                return found
            handle, pause_s = found.handle, found.retry_after_s or PAUSE_S
        await wait.for_(min(pause_s, PAUSE_S_MAX))
    waited = (now() - began).total_seconds()
    raise ProviderDown(provider, f"{provider} had no answer after {waited:.0f} s: retry the step to ask again")


def note(provider: str, found: Found) -> Tried:
    """What came of a provider that answered."""
    return Tried(provider=provider, outcome=found.outcome, detail=found.detail, cost_usd=found.cost_usd)
