"""Projects: the default one is there without being stored, further ones are."""

from __future__ import annotations

from runcast.domain.access import DEFAULT_PROJECT, PROJECTS_MAX, Project
from runcast.domain.errors import Conflict, NotFound
from runcast.store.script import Script, call

DEFAULT = Project(DEFAULT_PROJECT, "Default", 0)


def list_projects() -> Script[tuple[Project, ...]]:
    """The default one first."""
    rows: list[Project] = yield call("list_projects", limit=PROJECTS_MAX)
    stored = {project.slug: project for project in rows}
    return (stored.pop(DEFAULT_PROJECT, DEFAULT), *stored.values())


def get_project(slug: str) -> Script[Project]:
    """Raises `NotFound`."""
    found: Project | None = yield call("find_project", slug=slug)
    if found is None and slug != DEFAULT_PROJECT:
        raise NotFound(f"Project not found: {slug[:100]}")
    return found or DEFAULT


def put_project(slug: str, name: str, now: int) -> Script[Project]:
    """Make a project, or give the one of that slug this name."""
    known = yield from list_projects()
    if len(known) >= PROJECTS_MAX and slug not in {project.slug for project in known}:
        raise Conflict(f"there are {len(known):,} projects, which is the most")
    yield call("put_project", rows=[(slug, name, now)])
    return (yield from get_project(slug))
