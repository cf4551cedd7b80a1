"""Projects and their environments."""

from __future__ import annotations

import msgspec
from litestar import get, post

from runcast.api.caller import Caller
from runcast.api.context import Api
from runcast.api.errors import Refused
from runcast.domain.access import SLUGS, Project, environment_of, split_environment
from runcast.domain.errors import NotFound


class EnvironmentView(msgspec.Struct, frozen=True):
    """One of a project's environments."""

    id: str
    """As tokens and the engine name it."""
    slug: str


class ProjectView(msgspec.Struct, frozen=True, rename="camel"):
    """A project as its members see it."""

    id: str
    external_ref: str
    """As clients name it: `proj_…`."""
    name: str
    slug: str
    environments: tuple[EnvironmentView, ...]


class ProjectBody(msgspec.Struct, frozen=True):
    """A project to be made, or to get another name."""

    slug: str
    name: str


def find_environment(caller: Caller, ref: str, slug: str) -> str:
    """The environment of a project that a path names. Raises a 404 for one where the caller is not."""
    environment = environment_of(ref, slug)
    if not caller.everywhere and environment != caller.environment:
        raise NotFound("Environment not found")
    return environment


def check_project_ref(caller: Caller, ref: str) -> None:
    """Raises a 404 for another project than the caller's."""
    find_environment(caller, ref, split_environment(caller.environment)[1])


@get("/api/v1/projects", tags=["Projects"], summary="List projects")
async def list_projects(api: Api, caller: Caller) -> tuple[ProjectView, ...]:
    """Those where the caller is."""
    caller.require("read")
    found = await api.engine.access.list_projects()
    mine = split_environment(caller.environment)[0]
    return tuple(_show(project) for project in found if caller.everywhere or project.slug == mine)


@get("/api/v1/projects/{ref:str}", tags=["Projects"], summary="Retrieve a project")
async def retrieve_project(ref: str, api: Api, caller: Caller) -> ProjectView:
    """By its ref or slug."""
    caller.require("read")
    check_project_ref(caller, ref)
    slug = ref.removeprefix("proj_")
    found = next((one for one in await api.engine.access.list_projects() if one.slug == slug), None)
    if found is None:
        raise NotFound("Project not found")
    return _show(found)


@post("/api/v1/projects", status_code=201, tags=["Projects"], summary="Create or rename a project")
async def put_project(data: ProjectBody, api: Api, caller: Caller) -> ProjectView:
    """For admins who are everywhere: a key is of one environment."""
    caller.require("admin")
    if not caller.everywhere:
        raise Refused(403, "Unauthorized: this key is of one project", code="unauthorized")
    return _show(await api.engine.access.put_project(data.slug, data.name))


def _show(project: Project) -> ProjectView:
    places = tuple(EnvironmentView(environment_of(project.slug, slug), slug) for slug in SLUGS)
    return ProjectView(project.slug, project.ref, project.name, project.slug, places)


ROUTES = [list_projects, retrieve_project, put_project]
