"""People who may sign in. For admins who signed in themselves, or programs of this machine: a key is of one environment."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, patch, post
from msgspec import UNSET, UnsetType

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.api.times import moment
from runcast.domain.access import NewPerson, Person, PersonChange, Role, check_email
from runcast.domain.errors import Conflict
from runcast.sdk.fresh_ids import fresh_id


class PersonView(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody who signs in."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    signed_in_at: datetime | UnsetType = UNSET
    disabled_at: datetime | UnsetType = UNSET


class PeoplePage(msgspec.Struct, frozen=True):
    data: tuple[PersonView, ...]


class NewPersonBody(msgspec.Struct, frozen=True):
    """Somebody to be let in."""

    email: str
    password: str
    name: str = ""
    role: Role = Role.VIEWER


class PersonBody(msgspec.Struct, frozen=True):
    """What is to change; absent: nothing."""

    password: str | None = None
    role: Role | None = None
    disabled: bool | None = None
    name: str | None = None


@get("/api/v1/people", tags=["People"], summary="List people")
async def list_people(api: Api, caller: Caller) -> PeoplePage:
    """By e-mail address."""
    _require_admin(caller)
    return PeoplePage(tuple(map(_show, await api.engine.list_people())))


@post("/api/v1/people", status_code=201, tags=["People"], summary="Add a person")
async def add_person(data: NewPersonBody, api: Api, caller: Caller) -> PersonView:
    """They can sign in at once."""
    _require_admin(caller)
    hashed = await api.sign_ins.passwords.hash(data.password)
    new = NewPerson(fresh_id("person"), check_email(data.email), hashed, name=data.name, role=data.role)
    return _show(await api.engine.add_person(new))


@patch("/api/v1/people/{person_id:str}", tags=["People"], summary="Change a person")
async def change_person(person_id: str, data: PersonBody, api: Api, caller: Caller) -> PersonView:
    """Whoever gets another role or password, or is disabled, is signed out everywhere."""
    _require_admin(caller)
    if person_id == caller.person_id and (data.disabled or data.role not in (None, Role.ADMIN)):
        raise Conflict("nobody locks themselves out: let another admin do it")
    hashed = None if data.password is None else await api.sign_ins.passwords.hash(data.password)
    change = PersonChange(hashed, data.role, data.disabled, data.name)
    return _show(await api.engine.change_person(person_id, change))


def _require_admin(caller: Caller) -> None:
    caller.require("admin")
    if not caller.everywhere:
        raise Refused(403, "Unauthorized: people are of all environments, this key of one", code="unauthorized")


def _show(person: Person) -> PersonView:
    return PersonView(
        person.id,
        person.email,
        person.name,
        person.role,
        moment(person.created_at),
        signed_in_at=UNSET if person.signed_in_at is None else moment(person.signed_in_at),
        disabled_at=UNSET if person.disabled_at is None else moment(person.disabled_at),
    )


ROUTES = [list_people, add_person, change_person]
