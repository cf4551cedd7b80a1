"""Public pages that the user named, fetched through the guard and read."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx2
import msgspec

from runcast import InvalidInput
from runcast.apps.leads.contract import Fact
from runcast.apps.leads.providers.exchange import Unreachable, packing
from runcast.apps.leads.providers.offline.html import PageFacts, entities_of, read_page
from runcast.apps.leads.providers.profiles.paths import clean, text_at
from runcast.http import guarded_transport

PAGES_MAX = 5
PAGE_BYTES_MAX = 1024 * 1024
REDIRECTS_MAX = 4
TIMEOUT_S = 15.0
_KINDS = ("Organization", "Corporation", "LocalBusiness", "Company", "NGO", "Store", "Restaurant")
_ORGANIZATION = {
    "organization": "name | legalName",
    "description": "description",
    "industry": "industry",
    "founded": "foundingDate",
    "employees": "numberOfEmployees.value | numberOfEmployees",
    "address": "address.streetAddress, address.postalCode, address.addressLocality, address.addressCountry | address",
    "founder": "founder.name | founder[0].name",
    "slogan": "slogan",
}


class FetchedPage(msgspec.Struct, frozen=True):
    """A page, or why there is none."""

    url: str
    """Where it was in the end."""
    facts: PageFacts | None = None
    error: str = ""

    @property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").removeprefix("www.")


async def fetch_pages(urls: tuple[str, ...], private: tuple[str, ...] = ()) -> list[FetchedPage]:
    """Each page, in order, up to `PAGES_MAX`; never raises for what a server does."""
    wanted = [url if "://" in url else f"https://{url}" for url in dict.fromkeys(urls)][:PAGES_MAX]
    if not wanted:
        return []
    # Nothing that a stranger sends is unpacked: a small answer may be an endless page.
    headers = {
        "user-agent": "Runcast-Leads",
        "accept": "text/html,application/xhtml+xml",
        "accept-encoding": "identity",
    }
    async with httpx2.AsyncClient(
        transport=guarded_transport(private=private, response_bytes_max=PAGE_BYTES_MAX),
        headers=headers,
        follow_redirects=True,
        max_redirects=REDIRECTS_MAX,
        timeout=TIMEOUT_S,
    ) as client:
        return list(await asyncio.gather(*(_fetch(client, url) for url in wanted)))


async def _fetch(client: httpx2.AsyncClient, url: str) -> FetchedPage:
    try:
        async with asyncio.timeout(TIMEOUT_S), client.stream("GET", url) as response:
            if refused := _refusal(response):
                return FetchedPage(url, error=refused)
            await response.aread()
            facts = await asyncio.to_thread(read_page, response.text)
            return FetchedPage(str(response.url), facts)
    except (*Unreachable, InvalidInput, TimeoutError) as error:
        return FetchedPage(url, error=str(error) or type(error).__name__)


def _refusal(response: httpx2.Response) -> str:
    """Why a response is no page; "" if it is one."""
    if response.status_code != 200:
        return f"HTTP {response.status_code}"
    kind = response.headers.get("content-type", "text/html").lower().partition(";")[0]
    if "html" not in kind:
        return f"it is {kind}, not a web page"
    packed = packing(response)
    return packed and f"it is packed as {packed}, which was not asked for"


def organization_facts(page: FetchedPage) -> tuple[Fact, ...]:
    """What a page says of whose it is, each with the page's address."""
    if page.facts is None:
        return ()
    found: dict[str, str] = {}
    for entity in entities_of(page.facts, *_KINDS):
        for name, paths in _ORGANIZATION.items():
            if text := text_at(entity, paths):
                found.setdefault(name, text)
    if site := page.facts.meta.get("og:site_name"):
        found.setdefault("organization", site)
    if page.facts.description:
        found.setdefault("description", page.facts.description)
    return tuple(Fact(name, text, page.url) for name, text in found.items())


def person_facts(page: FetchedPage, name: str) -> tuple[Fact, ...]:
    """What a page's JSON-LD says of a person of exactly this name."""
    if page.facts is None or not name:
        return ()
    for entity in entities_of(page.facts, "Person"):
        if clean(entity.get("name")).casefold() == name.casefold():
            paths = {"title": "jobTitle", "company": "worksFor.name | worksFor[0].name | affiliation.name"}
            found = {fact: text_at(entity, path) for fact, path in paths.items()}
            return tuple(Fact(fact, text, page.url) for fact, text in found.items() if text)
    return ()
