"""What one lead is going to cost and take, before anybody is asked."""

from __future__ import annotations

from collections.abc import Mapping

from runcast.apps.leads.contract import Estimate, JsonObject, Kind, Options, Usage
from runcast.apps.leads.providers.prices import SEARCH_USD, model_usd
from runcast.apps.leads.providers.profiles.requests import KNOWN
from runcast.apps.leads.providers.writing import anthropic, gemini, openai

MODELS = {"anthropic": anthropic.MODEL, "openai": openai.MODEL, "gemini": gemini.MODEL}
FAMILIES = {"anthropic": "anthropic", "openai": "openai", "gemini": "google"}
FREE = frozenset({"offline", "pages", "template", "local"})
_READ_TOKENS, _SUMMARY_TOKENS = 4_000, 700
_FACTS_TOKENS, _EMAIL_TOKENS, _PAGE_TOKENS = 3_500, 250, 800
"""Measured on prompts with a full profile and a page of research, and generously rounded up."""
_PERPLEXITY_USD = 0.03
"""Some searches and their reading."""
_SECONDS = {
    "offline": 0.5, "pages": 3.0, "template": 0.2, "pdl": 1.5, "hunter": 1.5, "enrich_layer": 4.0,
    "perplexity": 30.0, "tavily": 14.0, "brave": 14.0,
}  # fmt: skip
_TOKENS_PER_S = {"local": 20.0}
_TOKENS_PER_S_USUAL = 60.0


def estimate(
    first: Mapping[Kind, str],
    reader: str,
    options: Options,
    given: Mapping[str, JsonObject],
    medians_s: Mapping[str, float],
) -> Estimate:
    """By step, for those who are asked first; a step whose price nobody knows has none."""
    writer = first[Kind.WRITE]
    costs: dict[str, float | None] = {
        "enrich": enrich_usd(first[Kind.ENRICH], given),
        "research": research_usd(first[Kind.RESEARCH], reader, given),
    }
    seconds = {"enrich": _SECONDS.get(first[Kind.ENRICH], 3.0), "research": _SECONDS.get(first[Kind.RESEARCH], 15.0)}
    texts = {"write_emails": options.generate_emails * _EMAIL_TOKENS * options.emails}
    texts["build_page"] = options.generate_one_pager * _PAGE_TOKENS
    for step, tokens in texts.items():
        if tokens:
            costs[step] = write_usd(writer, tokens, given)
            seconds[step] = _SECONDS.get(writer, 2.0 + tokens / _TOKENS_PER_S.get(writer, _TOKENS_PER_S_USUAL))
    return Estimate(
        cost_usd={step: round(cost, 6) for step, cost in costs.items() if cost is not None},
        seconds={step: medians_s.get(step, usual) for step, usual in seconds.items()},
    )


def enrich_usd(name: str, given: Mapping[str, JsonObject]) -> float | None:
    """Of somebody found."""
    if name in FREE or given.get(name, {}).get("sandbox") is True:
        return 0.0
    price = given.get(name, {}).get("price_usd")
    if isinstance(price, int | float):
        return float(price)
    return KNOWN[name].match_usd if name in KNOWN else None


def research_usd(name: str, reader: str, given: Mapping[str, JsonObject]) -> float | None:
    """Of one lead."""
    if name in FREE:
        return 0.0
    if name == "perplexity":
        return _PERPLEXITY_USD
    reading = 0.0 if not reader else tokens_usd(reader, _READ_TOKENS, _SUMMARY_TOKENS, given)
    return None if reading is None else 2 * SEARCH_USD[name] + reading


def write_usd(name: str, tokens: int, given: Mapping[str, JsonObject]) -> float | None:
    """Of one text."""
    return 0.0 if name in FREE else tokens_usd(name, _FACTS_TOKENS, tokens, given)


def tokens_usd(name: str, read: int, written: int, given: Mapping[str, JsonObject]) -> float | None:
    """Of one call of a model."""
    options = given.get(name, {})
    return model_usd(FAMILIES[name], Usage(str(options.get("model") or MODELS[name]), read, written), options)
