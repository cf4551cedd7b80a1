"""A small app with pages' worth of routes: notes, each with a run that files it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import get, post

from runcast import (
    Caller,
    Client,
    Extension,
    InvalidInput,
    NavItem,
    Transaction,
    Tx,
    current_run,
    task,
    transact,
    trigger_in,
)


class Note(msgspec.Struct, frozen=True):
    id: str
    text: str
    run_id: str


class NewNote(msgspec.Struct, frozen=True):
    text: str


class Who(msgspec.Struct, frozen=True):
    environment: str
    role: str


class Ref(msgspec.Struct, frozen=True):
    id: str


@task(name="shop.file")
async def file(text: str) -> str:
    return f"{text} of {current_run().environment}"


@get("/notes", summary="List notes")
async def list_notes() -> Sequence[Note]:
    """All of them."""
    return await transact(notes)


@post("/notes", status_code=201, summary="Add a note")
async def add_note(data: NewNote, caller: Caller) -> Note:
    """With its run."""
    if not data.text:
        raise InvalidInput("a note has a text")
    return await transact(add, data.text, caller.environment)


@get("/runs/{run_id:str}")
async def look(run_id: str) -> Ref:
    async with Client() as client:
        return Ref((await client.retrieve(run_id)).id)


@post("/bare", status_code=200)
async def bare() -> Ref:
    return Ref((await file.trigger("bare")).id)


@get("/who")
async def who(caller: Caller) -> Who:
    return Who(caller.environment, str(caller.role))


@get("/hello", opt={"open": True})
async def hello() -> int:
    return len(await transact(notes))


shop = Extension(
    "shop",
    tasks=[file],
    rows=[Note],
    migrations=["create table app_shop_notes (id text primary key, text text not null, run_id text not null);"],
    queries="""
-- name: add_notes
insert into app_shop_notes (id, text, run_id) {values :rows};

-- name: notes -> Note*
select id, text, run_id from app_shop_notes order by id;
""",
    routes=[list_notes, add_note, look, bare, who, hello],
    nav=[NavItem("Shop", "/shop", icon="store")],
)


@shop.transaction
def add(tx: Tx, text: str, environment: str) -> Transaction[Note]:
    run_id = yield from trigger_in(tx.within(environment), file, text)
    note = Note(tx.new_id("note"), text, run_id)
    yield from tx.query("add_notes", rows=[[note.id, note.text, note.run_id]])
    return note


@shop.reading
def notes(tx: Tx) -> Transaction[list[Note]]:
    found: list[Note] = yield from tx.query("notes")
    return found
