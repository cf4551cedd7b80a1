"""Environment variables of an environment's workers. Secret values are told to workers only."""

from __future__ import annotations

import msgspec
from litestar import delete as delete_route
from litestar import get, post, put

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.routes.projects import find_environment
from runcast.domain.access import Variable
from runcast.domain.errors import InvalidInput

REDACTED = "<redacted>"
IMPORT_MAX = 1_000
_PATH = "/api/v1/projects/{ref:str}/envvars/{slug:str}"


class VariableView(msgspec.Struct, frozen=True, rename="camel"):
    """A variable; a secret value is `<redacted>`."""

    name: str
    value: str
    is_secret: bool


class VariableBody(msgspec.Struct, frozen=True, rename="camel"):
    """A variable to be created."""

    name: str
    value: str
    is_secret: bool = False


class ValueBody(msgspec.Struct, frozen=True):
    value: str


class ImportBody(msgspec.Struct, frozen=True, rename="camel"):
    """Many variables at once, all or none. Without `override` those that exist keep their values."""

    variables: dict[str, str]
    override: bool = False
    is_secret: bool = False


class DoneView(msgspec.Struct, frozen=True):
    success: bool = True


@get(_PATH, tags=["Environment variables"], summary="List environment variables")
async def list_variables(ref: str, slug: str, api: Api, caller: Caller) -> tuple[VariableView, ...]:
    """By name."""
    environment = _place(caller, ref, slug, "write")
    return tuple(map(_show, await api.engine.access.list_variables(environment)))


@post(_PATH, status_code=200, tags=["Environment variables"], summary="Create an environment variable")
async def create_variable(ref: str, slug: str, data: VariableBody, api: Api, caller: Caller) -> DoneView:
    """Workers that start from now on have it."""
    environment = _place(caller, ref, slug, "admin")
    await api.engine.access.add_variable(environment, Variable(data.name, data.value, data.is_secret))
    return DoneView()


@post(f"{_PATH}/import", status_code=200, tags=["Environment variables"], summary="Import environment variables")
async def import_variables(ref: str, slug: str, data: ImportBody, api: Api, caller: Caller) -> DoneView:
    """What a `.env` file holds."""
    environment = _place(caller, ref, slug, "admin")
    if len(data.variables) > IMPORT_MAX:
        raise InvalidInput(f"up to {IMPORT_MAX:,} variables are imported at once, got {len(data.variables):,}")
    given = [Variable(name, value, data.is_secret) for name, value in data.variables.items()]
    await api.engine.access.put_variables(environment, given, override=data.override)
    return DoneView()


@get(f"{_PATH}/{{name:str}}", tags=["Environment variables"], summary="Retrieve an environment variable")
async def retrieve_variable(ref: str, slug: str, name: str, api: Api, caller: Caller) -> VariableView:
    """One variable."""
    return _show(await api.engine.access.get_variable(_place(caller, ref, slug, "write"), name))


@put(f"{_PATH}/{{name:str}}", tags=["Environment variables"], summary="Update an environment variable")
async def update_variable(ref: str, slug: str, name: str, data: ValueBody, api: Api, caller: Caller) -> DoneView:
    """Another value; a secret stays one."""
    await api.engine.access.change_variable(_place(caller, ref, slug, "admin"), name, data.value)
    return DoneView()


@delete_route(
    f"{_PATH}/{{name:str}}", status_code=200, tags=["Environment variables"], summary="Delete an environment variable"
)
async def delete_variable(ref: str, slug: str, name: str, api: Api, caller: Caller) -> DoneView:
    """Workers that run keep it until they are started anew."""
    await api.engine.access.drop_variable(_place(caller, ref, slug, "admin"), name)
    return DoneView()


def _place(caller: Caller, ref: str, slug: str, action: str) -> str:
    caller.require(action)
    return find_environment(caller, ref, slug)


def _show(variable: Variable) -> VariableView:
    return VariableView(variable.name, REDACTED if variable.is_secret else variable.value, variable.is_secret)


ROUTES = [
    list_variables,
    create_variable,
    import_variables,
    retrieve_variable,
    update_variable,
    delete_variable,
]
