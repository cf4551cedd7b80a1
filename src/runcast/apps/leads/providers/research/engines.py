"""Search engines: Tavily and Brave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from runcast.apps.leads.contract import JsonObject, Outcome, Source
from runcast.apps.leads.providers.exchange import Answer, Call, Unreachable, ask, lost_usd, unreachable
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.outcomes import outcome_of, told, wait_of
from runcast.apps.leads.providers.prices import SEARCH_USD
from runcast.apps.leads.providers.profiles.paths import clean, dig

RESULTS_MAX = 6
_TIMEOUT_S = 30.0


class Engine(Protocol):
    """What tells search engines apart."""

    name: str
    title: str
    statuses: dict[int, Outcome]

    def call(self, where: Access, query: str) -> Call: ...

    def results(self, body: JsonObject) -> Iterator[Source]: ...


class Tavily:
    """`POST /search`; its 432 and 433 are limits of the plan."""

    name = "tavily"
    title = "Tavily"
    statuses = {432: Outcome.OUT_OF_CREDITS, 433: Outcome.OUT_OF_CREDITS}  # noqa: RUF012 - nobody changes it

    def call(self, where: Access, query: str) -> Call:
        body = {"query": query, "search_depth": "basic", "max_results": RESULTS_MAX}
        headers = {"authorization": f"Bearer {where.key}"}
        return Call(method="POST", url=f"{where.base_url}/search", headers=headers, body=body, timeout_s=_TIMEOUT_S)

    def results(self, body: JsonObject) -> Iterator[Source]:
        for item in _objects(body.get("results")):
            yield Source(
                clean(item.get("url")), clean(item.get("title")), clean(item.get("content"))[:800],
                clean(item.get("published_date")),
            )  # fmt: skip


class Brave:
    """`GET /res/v1/web/search`."""

    name = "brave"
    title = "Brave"
    statuses: dict[int, Outcome] = {}  # noqa: RUF012 - nobody changes it

    def call(self, where: Access, query: str) -> Call:
        return Call(
            url=f"{where.base_url}/res/v1/web/search",
            headers={"x-subscription-token": where.key, "accept": "application/json"},
            params={"q": query, "count": str(RESULTS_MAX), "text_decorations": "false"},
            timeout_s=_TIMEOUT_S,
        )

    def results(self, body: JsonObject) -> Iterator[Source]:
        for item in _objects(dig(body, "web.results")):
            date = clean(item.get("page_age")) or clean(item.get("age"))
            yield Source(clean(item.get("url")), clean(item.get("title")), clean(item.get("description"))[:800], date)


class Searched(msgspec.Struct, frozen=True):
    """What one search, or the first that failed, came to."""

    outcome: Outcome
    sources: tuple[Source, ...] = ()
    cost_usd: float | None = 0.0
    retry_after_s: float | None = None
    detail: str = ""


async def search(engine: Engine, where: Access, query: str) -> Searched:
    """Never raises for what the engine does."""
    try:
        answer = await ask(engine.call(where, query))
    except Unreachable as error:
        detail = unreachable(engine.title, error, where.key)
        return Searched(Outcome.TRANSIENT, cost_usd=lost_usd(error), detail=detail)
    if answer.status != 200:
        outcome = outcome_of(answer.status, engine.statuses)
        detail = told(engine.title, outcome, answer, where.key)
        return Searched(outcome, retry_after_s=wait_of(outcome, answer), detail=detail)
    return _searched(engine, answer)


def _searched(engine: Engine, answer: Answer) -> Searched:
    cost = SEARCH_USD[engine.name]
    if not answer.object:
        return Searched(Outcome.TRANSIENT, cost_usd=cost, detail=f"{engine.title} sent something that is not JSON")
    found = [source for source in engine.results(answer.object) if source.url.startswith(("http://", "https://"))]
    # A search that finds nothing is paid for, too.
    return Searched(Outcome.FILLED if found else Outcome.NO_MATCH, tuple(found[:RESULTS_MAX]), cost)


def _objects(found: Any) -> list[JsonObject]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
