"""Research with a search engine, and a model that reads what it found; without a model, the findings as they are."""

from __future__ import annotations

from runcast.apps.leads.contract import (
    Delta,
    FoundResearch,
    Outcome,
    ProviderFailed,
    Research,
    ResearchInput,
    Source,
    Usage,
)
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.research.engines import Engine, Searched, search
from runcast.apps.leads.providers.research.markdown import inert, with_sources
from runcast.apps.leads.providers.research.questions import queries
from runcast.apps.leads.providers.writing.model import Model
from runcast.apps.leads.providers.writing.prompts import research_prompt


async def research(wanted: ResearchInput, engine: Engine, where: Access, model: Model | None) -> FoundResearch:
    """Never raises for what engine or model do."""
    asked = queries(wanted)
    if not asked:
        detail = "Neither a name nor a company is known: there is nothing to search for."
        return FoundResearch(outcome=Outcome.NO_MATCH, source=engine.name, detail=detail)
    searched = [await search(engine, where, query) for query in asked]
    cost = sum_usd(*(one.cost_usd for one in searched))
    sources = tuple({source.url: source for one in searched for source in reversed(one.sources)}.values())
    if not sources:
        return _nothing(engine, searched, cost)
    if model is None:
        value = Research(markdown=with_sources(digest(sources), sources), sources=sources)
        detail = "The findings as they are: no model has read them."
        return FoundResearch(outcome=Outcome.FILLED, value=value, source=engine.name, cost_usd=cost, detail=detail)
    return await _read(wanted, engine, model, sources, cost)


async def _read(
    wanted: ResearchInput, engine: Engine, model: Model, sources: tuple[Source, ...], cost: float | None
) -> FoundResearch:
    texts: list[str] = []
    usage, spent, detail = Usage(), None, ""
    try:
        async for part in model.stream(research_prompt(wanted, sources)):
            if isinstance(part, Delta):
                texts.append(part.text)
            else:
                usage, spent = part.usage, part.cost_usd
                detail = "" if part.complete else f"The summary ends early: {part.reason}."
    except ProviderFailed as error:
        # The search was paid for and is lost: it is asked again with the model.
        return FoundResearch(
            outcome=error.outcome,
            source=engine.name,
            cost_usd=sum_usd(cost, error.cost_usd),
            retry_after_s=error.retry_after_s,
            detail=error.detail,
        )
    value = Research(markdown=with_sources("".join(texts).strip(), sources), sources=sources)
    total = sum_usd(cost, spent)
    return FoundResearch(
        outcome=Outcome.FILLED, value=value, source=engine.name, cost_usd=total, usage=usage, detail=detail
    )


def _nothing(engine: Engine, searched: list[Searched], cost: float | None) -> FoundResearch:
    failed = next((one for one in searched if one.outcome is not Outcome.NO_MATCH), searched[0])
    return FoundResearch(
        outcome=failed.outcome,
        source=engine.name,
        cost_usd=cost,
        retry_after_s=failed.retry_after_s,
        detail=failed.detail or f"{engine.title} found nothing",
    )


def digest(sources: tuple[Source, ...]) -> str:
    """What was found, in the words of those who wrote it."""
    lines = [f"- **{inert(source.title or source.url)}** [{number}]" for number, source in enumerate(sources, 1)]
    quotes = [f"\n  {inert(source.snippet)}" if source.snippet else "" for source in sources]
    return "\n".join(["## Search results", "", *(line + quote for line, quote in zip(lines, quotes, strict=True))])


def sum_usd(*costs: float | None) -> float | None:
    """The sum; None where one of them is not known.

    >>> sum_usd(0.5, 0.25), sum_usd(0.5, None) is None
    (0.75, True)
    """
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
