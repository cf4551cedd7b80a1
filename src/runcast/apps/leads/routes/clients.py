"""`/api/leads/clients`: for whom leads are worked on."""

from __future__ import annotations

import re

import msgspec
from litestar import delete, get, post, put

from runcast import Caller, InvalidInput, transact
from runcast.apps.leads.clients import add_client, change_client, drop_client, get_client, list_clients
from runcast.apps.leads.contract import ClientBrief
from runcast.apps.leads.people import check_page
from runcast.apps.leads.views import ClientView, show_client

NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 4_000
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class ClientBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A client, as it is to be."""

    name: str
    website: str = ""
    offer: str = ""
    """What the client offers: the letters are about it."""
    tone: str = ""
    """Such as *friendly, short*."""
    sender: str = ""
    """Who signs the letters."""
    brand_color: str = ""
    """`#rrggbb`, of the landing pages."""
    logo_url: str = ""
    """Of the landing pages."""

    def brief(self) -> ClientBrief:
        """Raises `InvalidInput`."""
        if not self.name.strip() or len(self.name) > NAME_CHARS_MAX:
            raise InvalidInput(f"a client has a name of up to {NAME_CHARS_MAX} characters")
        if max(map(len, (self.offer, self.tone, self.sender))) > TEXT_CHARS_MAX:
            raise InvalidInput(f"offer, tone and sender have up to {TEXT_CHARS_MAX:,} characters")
        if self.brand_color and not _COLOR.fullmatch(self.brand_color):
            raise InvalidInput(f"a brand color is like #4f46e5, got {self.brand_color[:40]!r}")
        return ClientBrief(
            name=self.name.strip(),
            website=_address(self.website),
            offer=self.offer,
            tone=self.tone,
            sender=self.sender,
            brand_color=self.brand_color.lower(),
            logo_url=_address(self.logo_url),
        )


class ClientList(msgspec.Struct, frozen=True):
    """All clients, by name."""

    data: list[ClientView]


def _address(url: str) -> str:
    url = url.strip()
    return check_page(url if "://" in url else f"https://{url}") if url else ""


@get("/clients", summary="List clients")
async def list_all(caller: Caller) -> ClientList:
    """By name."""
    return ClientList([show_client(row) for row in await transact(list_clients, caller.environment)])


@post("/clients", status_code=201, summary="Create a client")
async def create(data: ClientBody, caller: Caller) -> ClientView:
    """For whom leads are worked on."""
    return show_client(await transact(add_client, caller.environment, data.brief()))


@get("/clients/{client_id:str}", summary="Retrieve a client")
async def retrieve(client_id: str, caller: Caller) -> ClientView:
    """One client."""
    return show_client(await transact(get_client, caller.environment, client_id))


@put("/clients/{client_id:str}", summary="Change a client")
async def change(client_id: str, data: ClientBody, caller: Caller) -> ClientView:
    """Leads that were begun keep what they were begun with."""
    return show_client(await transact(change_client, caller.environment, client_id, data.brief()))


@delete("/clients/{client_id:str}", status_code=204, summary="Delete a client")
async def remove(client_id: str, caller: Caller) -> None:
    """Its leads stay."""
    await transact(drop_client, caller.environment, client_id)


ROUTES = [list_all, create, retrieve, change, remove]
