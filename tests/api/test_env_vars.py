"""Environment variables: kept encrypted, told to workers, shown redacted; and the projects whose environments they are of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runcast.api.keys import make_key
from runcast.domain.access import Role, Variable
from runcast.domain.errors import Conflict, InvalidInput, Unavailable
from runcast.engine.access_desk import AccessDesk
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.worker.variables import Variables
from tests.api.site import SECRET, Site, serving

PATH = "/api/v1/projects/proj_default/envvars/dev"


async def key_of(site: Site, environment: str = "dev", role: Role = Role.ADMIN) -> dict[str, str]:
    """Headers with a new key."""
    key, new = make_key("test", environment=environment, role=role)
    await site.engine.add_key(new)
    return {"Authorization": f"Bearer {key}"}


async def test_variables_are_created_read_changed_and_deleted(any_site: Site) -> None:
    assert await any_site.post(PATH, {"name": "MODEL", "value": "large"}) == {"success": True}
    assert await any_site.get(f"{PATH}/MODEL") == {"name": "MODEL", "value": "large", "isSecret": False}
    assert await any_site.put(f"{PATH}/MODEL", {"value": "größer"}) == {"success": True}
    assert await any_site.get(PATH) == [{"name": "MODEL", "value": "größer", "isSecret": False}]
    assert (await any_site.http.delete(f"{PATH}/MODEL")).json() == {"success": True}
    assert await any_site.get(PATH) == []


async def test_what_is_not_there_is_not_found_and_what_is_there_is_not_created(site: Site) -> None:
    assert (await site.http.get(f"{PATH}/MODEL")).status_code == 404
    assert (await site.http.put(f"{PATH}/MODEL", json={"value": "x"})).status_code == 404
    assert (await site.http.delete(f"{PATH}/MODEL")).status_code == 404
    await site.post(PATH, {"name": "MODEL", "value": "large"})
    assert (await site.http.post(PATH, json={"name": "MODEL", "value": "small"})).status_code == 422
    assert (await site.get(f"{PATH}/MODEL"))["value"] == "large"


async def test_a_secret_value_is_shown_to_nobody_and_stays_secret(site: Site) -> None:
    await site.post(PATH, {"name": "TOKEN", "value": "hunter2", "isSecret": True})
    await site.put(f"{PATH}/TOKEN", {"value": "hunter3"})
    for path in (PATH, f"{PATH}/TOKEN"):
        answer = await site.http.get(path)
        assert "hunter" not in answer.text
        assert "<redacted>" in answer.text
    assert await site.engine.variables("dev") == {"TOKEN": "hunter3"}


async def test_many_are_imported_all_or_none(site: Site) -> None:
    await site.post(PATH, {"name": "A", "value": "1"})
    await site.post(f"{PATH}/import", {"variables": {"A": "2", "B": "2"}})
    assert await site.engine.variables("dev") == {"A": "1", "B": "2"}
    await site.post(f"{PATH}/import", {"variables": {"A": "3", "C": "3"}, "override": True, "isSecret": True})
    assert await site.engine.variables("dev") == {"A": "3", "B": "2", "C": "3"}
    answer = await site.http.post(f"{PATH}/import", json={"variables": {"D": "4", "no name": "4"}})
    assert answer.status_code == 400
    assert "D" not in await site.engine.variables("dev")


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "value": "x"},
        {"name": "1A", "value": "x"},
        {"name": "A=B", "value": "x"},
        {"name": "A\n", "value": "x"},
        {"name": "Ä", "value": "x"},
        {"name": "A" * 257, "value": "x"},
        {"name": "A", "value": "x\0y"},
        {"name": "A", "value": "x" * 70_000},
        {"name": "A"},
        {"name": "A", "value": 1},
        {"name": "LD_PRELOAD", "value": "/tmp/x.so"},
        {"name": "PYTHONPATH", "value": "/tmp"},
        {"name": "BASH_ENV", "value": "$(id)"},
        {"name": "RUNCAST_DATABASE", "value": "x"},
    ],
)
async def test_what_no_process_can_or_should_have_is_refused(site: Site, given: dict[str, Any]) -> None:
    assert (await site.http.post(PATH, json=given)).status_code == 400
    assert await site.get(PATH) == []


async def test_there_is_a_bound_for_all_together(site: Site) -> None:
    desk = site.engine.access
    with pytest.raises(Conflict):
        await desk.put_variables("dev", [Variable(f"V{n}", "x") for n in range(1_001)], override=True)
    with pytest.raises(Conflict):
        await desk.put_variables("dev", [Variable(f"V{n}", "x" * 60_000) for n in range(10)], override=True)
    assert await site.engine.variables("dev") == {}


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [(Role.VIEWER, 403, 403), (Role.OPERATOR, 200, 403), (Role.ADMIN, 200, 200)]
)
async def test_operators_read_and_admins_write(site: Site, role: Role, reads: int, writes: int) -> None:
    headers = await key_of(site, role=role)
    assert (await site.http.get(PATH, headers=headers)).status_code == reads
    assert (await site.http.post(PATH, json={"name": "A", "value": "1"}, headers=headers)).status_code == writes
    assert (await site.http.get(PATH, headers=site.bearer("admin"))).status_code == 403


async def test_a_key_reaches_variables_of_its_own_environment_only(site: Site) -> None:
    headers = await key_of(site, "prod")
    await site.engine.access.put_project("shop", "Shop")
    for ref, slug, status in (
        ("proj_default", "prod", 200),
        ("default", "prod", 200),
        ("proj_default", "dev", 404),
        ("proj_shop", "prod", 404),
        ("proj_none", "prod", 404),
        ("proj_default", "live", 400),
        ("..", "prod", 400),
    ):
        answer = await site.http.get(f"/api/v1/projects/{ref}/envvars/{slug}", headers=headers)
        assert answer.status_code == status or (ref == ".." and answer.status_code == 404), (ref, slug)


async def test_values_are_kept_encrypted_with_a_key_of_each_environment(tmp_path: Path) -> None:
    async with serving(str(tmp_path / "runcast.db"), environments=()) as site:
        await site.post(PATH, {"name": "TOKEN", "value": "hunter2-in-the-clear"})
        other = AccessDesk(site.engine.store, secret="another secret that is long enough to be one")
        with pytest.raises(Unavailable, match="another secret"):
            await other.get_variable("dev", "TOKEN")
        assert await other.variables("dev") == {}
        row = await site.engine.store.read(_row)
        with pytest.raises(Unavailable):
            (await site.engine.access._opened("prod", [row]))[0]
    for file in tmp_path.iterdir():
        assert b"hunter2" not in file.read_bytes()


def _row() -> Any:
    from runcast.store.variables import get_variable

    return (yield from get_variable("dev", "TOKEN"))


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(InvalidInput, match="32"):
        AccessDesk(None, secret="short")  # type: ignore[arg-type]
    AccessDesk(None, secret=SECRET)  # type: ignore[arg-type]


# --- workers


async def test_a_worker_has_the_variables_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("SECURITY_TEST_MODEL", "SECURITY_TEST_PROD", "HOME")
    for name in names[:2]:
        # Known to the fixture, so that it takes away what the worker sets.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    registry = Registry()

    @task(registry=registry)
    async def look() -> dict[str, str | None]:
        return {name: os.environ.get(name) for name in names}

    async with serving(registry=registry, environments=()) as idle:
        await idle.engine.access.put_variables(
            "dev", [Variable("SECURITY_TEST_MODEL", "large"), Variable("HOME", "/nowhere")], override=True
        )
        await idle.engine.access.put_variables("prod", [Variable("SECURITY_TEST_PROD", "x")], override=True)
        from runcast.worker.embedded import EmbeddedWorker
        from runcast.worker.settings import WorkerSettings

        worker = EmbeddedWorker(idle.engine, registry, WorkerSettings(grace_ms=0))
        worker.start()
        try:
            run = await idle.run("look")
        finally:
            worker.stop(grace_ms=0)
            await worker.joined()
    assert run["output"] == {
        "SECURITY_TEST_MODEL": "large",
        "SECURITY_TEST_PROD": None,
        "HOME": os.environ["HOME"],
    }


def test_what_a_process_has_stays_and_what_came_from_the_engine_follows_it() -> None:
    environ = {"REGION": "eu"}
    variables = Variables(environ)
    variables.take({"REGION": "us", "MODEL": "large"})
    variables.take({"REGION": "us", "MODEL": "small"})
    assert environ == {"REGION": "eu", "MODEL": "small"}
    environ["MODEL"] = "mine"
    variables.take({"MODEL": "large"})
    assert environ["MODEL"] == "mine"


# --- projects


async def test_there_is_a_project_from_the_start_and_further_ones_are_added(any_site: Site) -> None:
    del any_site.http.headers["authorization"]
    (first,) = await any_site.get("/api/v1/projects")
    assert (first["externalRef"], [one["id"] for one in first["environments"]]) == (
        "proj_default",
        ["dev", "staging", "prod", "preview"],
    )
    shop = await any_site.post("/api/v1/projects", {"slug": "shop", "name": "Shop"})
    assert [one["id"] for one in shop["environments"]][:2] == ["shop/dev", "shop/staging"]
    assert (await any_site.get("/api/v1/projects/proj_shop"))["name"] == "Shop"
    assert (await any_site.post("/api/v1/projects", {"slug": "shop", "name": "The shop"}))["name"] == "The shop"
    assert len(await any_site.get("/api/v1/projects")) == 2
    assert (await any_site.http.get("/api/v1/projects/proj_none")).status_code == 404
    for slug in ("", "Shop", "a/b", "x" * 41, "-a", "../dev"):
        answer = await any_site.http.post("/api/v1/projects", json={"slug": slug, "name": "x"})
        assert answer.status_code == 400, slug


async def test_a_key_sees_its_own_project_only(site: Site) -> None:
    await site.engine.access.put_project("shop", "Shop")
    headers = await key_of(site, "shop/prod")
    assert [one["slug"] for one in await site.get("/api/v1/projects", headers=headers)] == ["shop"]
    assert (await site.http.get("/api/v1/projects/proj_default", headers=headers)).status_code == 404
    answer = await site.http.post("/api/v1/projects", json={"slug": "x", "name": "x"}, headers=headers)
    assert answer.status_code == 403


async def test_runs_of_another_project_are_executed_there() -> None:
    async with serving(environments=("shop/dev", "dev")) as site:
        await site.engine.access.put_project("shop", "Shop")
        headers = await key_of(site, "shop/dev", Role.OPERATOR)
        run = await site.post("/api/v1/tasks/hello/trigger", {"payload": {"name": "shop"}}, headers=headers)
        ended = await site.ended(run["id"])
        assert (ended.environment, ended.status) == ("shop/dev", "COMPLETED")
        assert (await site.http.get(f"/api/v3/runs/{run['id']}")).status_code == 404
