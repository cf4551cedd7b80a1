"""A provider of profiles, as data: where to ask, what its statuses mean, and where its answers have what."""

from __future__ import annotations

import msgspec

from runcast.apps.leads.contract import Fact, FoundProfile, JsonObject, Outcome, Profile
from runcast.apps.leads.providers.exchange import Answer, Call, Unreachable, ask, lost_usd, unreachable, without
from runcast.apps.leads.providers.outcomes import outcome_of, told, wait_of
from runcast.apps.leads.providers.profiles.paths import clean, dig, text_at
from runcast.apps.leads.providers.values import dollars

RAW_BYTES_MAX = 64 * 1024
FIELDS = ("name", "title", "company", "company_domain", "location", "headline", "summary")


class ProfileApi(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one provider from another."""

    name: str
    title: str
    needs: tuple[str, ...] = ()
    """Names of environment variables without which it cannot be asked."""
    statuses: dict[int, Outcome] = {}
    """Its own meaning of HTTP statuses."""
    match: str
    """Paths (`a | b`) of which one has something when somebody was found; some answer 200 with nobody."""
    fields: dict[str, str]
    """By field of `Profile`: paths, as `text_at` reads them."""
    facts: dict[str, str] = {}
    """By name of a fact."""
    match_usd: float | None = None
    """List price of somebody found. None: it depends on the plan."""
    miss_usd: float | None = 0.0
    """Of nobody found."""
    credits_header: str = ""
    """Says how many credits this call took, each for `match_usd`."""
    lowercase: bool = False
    """It has everything in lower case, names too."""


async def look_up(api: ProfileApi, call: Call, secret: str | tuple[str, ...]) -> FoundProfile:
    """Ask, and say what came of it; never raises for what the provider does."""
    try:
        answer = await ask(call)
    except Unreachable as error:
        detail = unreachable(api.title, error, secret)
        return FoundProfile(outcome=Outcome.TRANSIENT, source=api.name, cost_usd=lost_usd(error), detail=detail)
    return found_in(api, answer, secret)


def found_in(api: ProfileApi, answer: Answer, secret: str | tuple[str, ...] = "") -> FoundProfile:
    """What an answer means."""
    if not 200 <= answer.status < 300:
        outcome = outcome_of(answer.status, api.statuses)
        return FoundProfile(
            outcome=outcome,
            source=api.name,
            cost_usd=spent_usd(api, answer, is_match=False) if outcome is Outcome.NO_MATCH else 0.0,
            retry_after_s=wait_of(outcome, answer),
            detail=told(api.title, outcome, answer, secret),
        )
    if answer.body is None:
        detail = f"{api.title} sent something that is not JSON: {answer.said(secret)}"
        return FoundProfile(outcome=Outcome.TRANSIENT, source=api.name, cost_usd=None, detail=detail)
    profile = profile_in(api, answer.object)
    if not matched(api, answer.object) or not any(getattr(profile, field) for field in FIELDS):
        cost = spent_usd(api, answer, is_match=False)
        detail = f"{api.title} has nobody who matches"
        return FoundProfile(outcome=Outcome.NO_MATCH, source=api.name, cost_usd=cost, detail=detail)
    return FoundProfile(
        outcome=Outcome.FILLED,
        value=profile,
        source=api.name,
        cost_usd=spent_usd(api, answer, is_match=True),
        raw=_raw(answer.object, secret),
    )


def matched(api: ProfileApi, body: JsonObject) -> bool:
    """Whether an answer is about somebody."""
    return any(dig(body, path.strip()) for path in api.match.split("|"))


def profile_in(api: ProfileApi, body: JsonObject) -> Profile:
    """The fields that the answer fills, and a fact for each of them."""
    fields = {name: text_at(body, paths) for name, paths in api.fields.items() if name in FIELDS}
    if api.lowercase:
        capital = ("name", "company", "location")
        fields = {name: text.title() if name in capital and text.islower() else text for name, text in fields.items()}
    if "company_domain" in fields:
        fields["company_domain"] = _host(fields["company_domain"])
    others = {name: text_at(body, paths) for name, paths in api.facts.items()}
    facts = tuple(Fact(name, text, api.name) for name, text in (fields | others).items() if text)
    return Profile(**fields, facts=facts)


def spent_usd(api: ProfileApi, answer: Answer, *, is_match: bool) -> float | None:
    """The greater of what the provider says it took and the list price."""
    listed = api.match_usd if is_match else api.miss_usd
    try:
        credits_spent = dollars(float(clean(answer.headers.get(api.credits_header, ""))))
    except ValueError:
        credits_spent = None
    if credits_spent is None or api.match_usd is None:
        return 0.0 if credits_spent == 0 else listed
    return max(credits_spent * api.match_usd, listed or 0.0)


def _host(url: str) -> str:
    return url.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").split("/")[0]


def _raw(body: JsonObject, secret: str | tuple[str, ...]) -> JsonObject | None:
    encoded = msgspec.json.encode(body).decode()
    if len(encoded) > RAW_BYTES_MAX or without(secret, encoded) != encoded:
        return None
    return body
