"""What calls cost: what a provider reports, else what is known of a model's price, else nothing is claimed."""

from __future__ import annotations

from runcast.apps.leads.contract import JsonObject, Usage

PRICES_AS_OF = "2026-11-21"
"""When the list prices below were read; they change."""
SEARCH_USD = {"tavily": 0.008, "brave": 0.005, "perplexity": 0.0025}
"""One search."""


def model_usd(family: str, usage: Usage, options: JsonObject | None = None, *, url: str = "") -> float | None:
    """The price of what a model consumed; None where no price is known, or nobody said what it consumed.

    `family` is `openai`, `anthropic`, `google` or `perplexity`, or empty: then `url` tells whose model it is. `options["price"]`, in dollars for a million tokens, is
    believed before any list: `{"input": 0.1, "output": 0.4}`.

    >>> model_usd("nobody", Usage("some-model", 1_000_000, 100_000), {"price": {"input": 0.1, "output": 0.4}})
    0.14
    >>> model_usd("openai", Usage("gpt-4o-mini")) is None
    True
    """
    if not usage.input_tokens and not usage.output_tokens:
        return None
    match (options or {}).get("price"):
        case {"input": int() | float() as per_input, "output": int() | float() as per_output}:
            return round((usage.input_tokens * per_input + usage.output_tokens * per_output) / 1e6, 9)
        case _:
            return _listed_usd(family, usage, url)


def _listed_usd(family: str, usage: Usage, url: str) -> float | None:
    import genai_prices

    tokens = genai_prices.Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
    try:
        if family:
            price = genai_prices.calc_price(tokens, usage.model, provider_id=family)
        else:
            price = genai_prices.calc_price(tokens, usage.model, provider_api_url=url)
        return float(price.total_price)
    except LookupError:
        return None
