"""`/api/leads/clients`: for whom leads are worked on."""

from __future__ import annotations

import re

import msgspec
from litestar import delete, get, post, put
from msgspec.structs import replace

from runcast import Caller, InvalidInput, transact
from runcast.apps.leads.clients import add_client, change_client, drop_client, get_client, list_clients
from runcast.apps.leads.contract import ClientBrief
from runcast.apps.leads.people import check_page, visible
from runcast.apps.leads.views import ClientView, show_client

NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 4_000
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class ClientList(msgspec.Struct, frozen=True):
    """All clients, by name."""

    data: list[ClientView]


def _checked(given: ClientBrief) -> ClientBrief:
    """A client as it is kept. Raises `InvalidInput`."""
    if not given.name.strip() or len(given.name) > NAME_CHARS_MAX:
        raise InvalidInput(f"a client has a name of up to {NAME_CHARS_MAX} characters")
    if max(map(len, (given.offer, given.tone, given.sender))) > TEXT_CHARS_MAX:
        raise InvalidInput(f"offer, tone and sender have up to {TEXT_CHARS_MAX:,} characters")
    if given.brand_color and not _COLOR.fullmatch(given.brand_color):
        raise InvalidInput(f"a brand color is like #4f46e5, got {given.brand_color[:40]!r}")
    texts = {name: visible(getattr(given, name)) for name in ("name", "offer", "tone", "sender")}
    if not texts["name"].strip():
        raise InvalidInput("a client has a name that can be read")
    logo = _address(given.logo_url)
    if logo.startswith("http:"):
        raise InvalidInput("a logo is at https://…: browsers show no other one on a page")
    given = replace(given, **{**texts, "name": texts["name"].strip()})
    return replace(given, website=_address(given.website), brand_color=given.brand_color.lower(), logo_url=logo)


def _address(url: str) -> str:
    url = url.strip()
    return check_page(url if "://" in url else f"https://{url}") if url else ""


@get("/clients", summary="List clients")
async def list_all(caller: Caller) -> ClientList:
    """By name."""
    return ClientList([show_client(row) for row in await transact(list_clients, caller.environment)])


@post("/clients", status_code=201, summary="Create a client")
async def create(data: ClientBrief, caller: Caller) -> ClientView:
    """For whom leads are worked on."""
    return show_client(await transact(add_client, caller.environment, _checked(data)))


@get("/clients/{client_id:str}", summary="Retrieve a client")
async def retrieve(client_id: str, caller: Caller) -> ClientView:
    """One client."""
    return show_client(await transact(get_client, caller.environment, client_id))


@put("/clients/{client_id:str}", summary="Change a client")
async def change(client_id: str, data: ClientBrief, caller: Caller) -> ClientView:
    """Leads that were begun keep what they were begun with."""
    return show_client(await transact(change_client, caller.environment, client_id, _checked(data)))


@delete("/clients/{client_id:str}", status_code=204, summary="Delete a client")
async def remove(client_id: str, caller: Caller) -> None:
    """Its leads stay."""
    await transact(drop_client, caller.environment, client_id)


ROUTES = [list_all, create, retrieve, change, remove]
