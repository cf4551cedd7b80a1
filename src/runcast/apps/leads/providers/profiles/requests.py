"""What each provider of profiles is asked, with which key."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runcast.apps.leads.contract import EnrichInput, JsonObject
from runcast.apps.leads.providers.exchange import Call
from runcast.apps.leads.providers.keys import Access, access
from runcast.apps.leads.providers.profiles.api import ProfileApi
from runcast.apps.leads.providers.profiles.known import (
    ENRICH_LAYER,
    ENRICH_LAYER_URL,
    HUNTER,
    HUNTER_URL,
    PDL,
    PDL_SANDBOX_URL,
    PDL_URL,
)

KNOWN: dict[str, ProfileApi] = {api.name: api for api in (PDL, ENRICH_LAYER, HUNTER)}
"""In the order in which they are asked if nobody says another."""


def api_of(name: str, options: JsonObject) -> ProfileApi:
    """One of `KNOWN`, at the price that somebody's plan has."""
    price = options.get("price_usd")
    # The sandbox takes credits that nobody pays for.
    price = 0.0 if options.get("sandbox") is True else price
    return KNOWN[name] if price is None else msgspec.structs.replace(KNOWN[name], match_usd=float(price))


def access_of(name: str, env: Mapping[str, str], options: JsonObject) -> Access:
    """Where one of `KNOWN` is, and the key to it."""
    match name:
        case "pdl":
            return access(env, "PDL", PDL_SANDBOX_URL if options.get("sandbox") is True else PDL_URL)
        case "enrich_layer":
            return access(env, "ENRICHLAYER", ENRICH_LAYER_URL)
        case _:
            return access(env, "HUNTER", HUNTER_URL)


def call_of(name: str, wanted: EnrichInput, where: Access) -> Call:
    """The request for one lead."""
    match name:
        case "pdl":
            url, headers = f"{where.base_url}/v5/person/enrich", {"x-api-key": where.key}
            params = {"profile": f"linkedin.com/in/{wanted.slug}"}
        case "enrich_layer":
            url, headers = f"{where.base_url}/profile", {"authorization": f"Bearer {where.key}"}
            params = {"profile_url": wanted.linkedin_url}
        case _:
            url, headers = f"{where.base_url}/people/find", {"x-api-key": where.key}
            params = {"linkedin_handle": wanted.slug}
    return Call(url=url, headers=headers, params=params, timeout_s=30.0)
