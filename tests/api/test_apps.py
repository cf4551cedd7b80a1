"""Routes and places in the navigation of extensions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runcast import Extension, InvalidInput, NavItem
from runcast.api.keys import make_key
from runcast.domain.access import Role
from runcast.sdk.registry import Registry
from tests.api.shop import file, shop
from tests.api.site import Site, serving


@pytest.fixture
async def shop_site() -> AsyncIterator[Site]:
    registry = Registry()
    registry.add(file)
    async with serving(registry=registry, extensions=[shop], environments=("dev", "staging")) as site:
        yield site


async def key_of(site: Site, role: Role, environment: str = "dev") -> dict[str, str]:
    key, new = make_key("test", environment=environment, role=role)
    await site.engine.add_key(new)
    return {"Authorization": f"Bearer {key}"}


async def test_a_route_writes_a_row_and_its_run_at_once(shop_site: Site) -> None:
    note = await shop_site.post("/api/shop/notes", {"text": "milk"})
    assert await shop_site.get("/api/shop/notes") == [note]
    run = await shop_site.ended(note["run_id"])
    assert run.output == '"milk of dev"'


async def test_what_a_route_triggers_is_of_the_callers_environment(shop_site: Site) -> None:
    key = await key_of(shop_site, Role.OPERATOR, "staging")
    note = await shop_site.post("/api/shop/notes", {"text": "milk"}, headers=key)
    assert (await shop_site.ended(note["run_id"])).output == '"milk of staging"'
    run_id = (await shop_site.post("/api/shop/bare", headers=key))["id"]
    assert (await shop_site.ended(run_id)).environment == "staging"
    assert (await shop_site.get("/api/shop/who", headers=key)) == {"environment": "staging", "role": "operator"}


async def test_a_route_sees_no_run_of_another_environment(shop_site: Site) -> None:
    run_id = (await shop_site.post("/api/shop/bare"))["id"]
    assert (await shop_site.http.get(f"/api/shop/runs/{run_id}")).status_code == 200
    key = await key_of(shop_site, Role.ADMIN, "staging")
    assert (await shop_site.http.get(f"/api/shop/runs/{run_id}", headers=key)).status_code == 404


async def test_a_viewer_reads_and_writes_nothing(shop_site: Site) -> None:
    key = await key_of(shop_site, Role.VIEWER)
    assert await shop_site.get("/api/shop/notes", headers=key) == []
    assert (await shop_site.http.post("/api/shop/notes", json={"text": "milk"}, headers=key)).status_code == 403
    assert (await shop_site.http.post("/api/shop/bare", headers=key)).status_code == 403
    assert await shop_site.get("/api/shop/notes") == []


async def test_strangers_and_public_tokens_reach_no_route_that_is_not_open(shop_site: Site) -> None:
    nobody = {"Authorization": "Bearer tr_dev_nothing"}
    assert (await shop_site.http.get("/api/shop/notes", headers=nobody)).status_code == 401
    assert (await shop_site.http.get("/api/shop/notes", headers=shop_site.bearer("admin"))).status_code == 403
    assert (await shop_site.http.get("/api/shop/hello", headers=nobody)).json() == 0


async def test_errors_and_descriptions_are_those_of_the_api(shop_site: Site) -> None:
    answer = await shop_site.http.post("/api/shop/notes", json={"text": ""})
    assert answer.status_code == 400
    assert answer.json() == {"error": "a note has a text", "code": "invalid_input"}
    described = await shop_site.get("/api/docs/openapi.json")
    assert described["paths"]["/api/shop/notes"]["post"]["summary"] == "Add a note"
    assert described["paths"]["/api/shop/notes"]["post"]["tags"] == ["Shop"]


async def test_installed_apps_are_listed_with_their_places_in_the_navigation(shop_site: Site) -> None:
    assert await shop_site.get("/api/v1/apps") == {
        "data": [
            {"name": "shop", "nav": [{"title": "Shop", "path": "/shop", "icon": "store"}], "hasRoutes": True},
        ]
    }


async def test_an_engine_without_extensions_has_none_of_their_routes(site: Site) -> None:
    assert await site.get("/api/v1/apps") == {"data": []}
    assert (await site.http.get("/api/shop/notes")).status_code == 404


async def test_routes_may_be_named_and_are_then_imported_where_http_is_served() -> None:
    app = Extension("late", routes="tests.api.shop:shop_routes_that_are_not_there").app()
    assert app.routes is not None
    with pytest.raises(InvalidInput, match="no routes 'tests"):
        app.routes()


@pytest.mark.parametrize("name", ["v1", "v3", "docs"])
async def test_an_extension_does_not_take_a_path_of_the_api(name: str) -> None:
    with pytest.raises(InvalidInput, match="is of the API itself"):
        async with serving(extensions=[Extension(name, routes=[])]):
            pass


def test_a_place_in_the_navigation_is_in_the_dashboard() -> None:
    for path in ("shop", "//elsewhere.example", "https://elsewhere.example"):
        with pytest.raises(InvalidInput, match="a place in the navigation"):
            NavItem("Shop", path)
