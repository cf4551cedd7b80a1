"""Saved views: filters under a name, for everybody in an environment."""

from __future__ import annotations

from typing import Any

import pytest

from runcast.api.keys import make_key
from runcast.domain.access import Role
from tests.api.site import Site

PATH = "/api/v1/views"


async def names(site: Site, **options: Any) -> list[str]:
    return [view["name"] for view in (await site.get(PATH, **options))["data"]]


async def key_of(site: Site, environment: str = "dev", role: Role = Role.OPERATOR) -> dict[str, str]:
    """Headers with a new key."""
    key, new = make_key("test", environment=environment, role=role)
    await site.engine.add_key(new)
    return {"Authorization": f"Bearer {key}"}


async def test_a_view_is_saved_renamed_changed_and_deleted(any_site: Site) -> None:
    saved = await any_site.post(PATH, {"name": " Failed today ", "filters": {"status": "FAILED", "period": "24h"}})
    assert (saved["name"], saved["list"]) == ("Failed today", "runs")
    assert (await any_site.get(PATH))["data"] == [saved]
    path = f"{PATH}/{saved['id']}"
    renamed = (await any_site.http.patch(path, json={"name": "Failed"})).json()
    assert (renamed["name"], renamed["filters"]) == ("Failed", {"status": "FAILED", "period": "24h"})
    changed = (await any_site.http.patch(path, json={"filters": {"status": "CRASHED"}})).json()
    assert (changed["name"], changed["filters"]) == ("Failed", {"status": "CRASHED"})
    assert (await any_site.http.delete(path)).status_code == 204
    assert await names(any_site) == []
    assert (await any_site.http.delete(path)).status_code == 404
    assert (await any_site.http.patch(path, json={"name": "x"})).status_code == 404


async def test_a_name_stands_for_one_view_of_a_list(site: Site) -> None:
    first = await site.post(PATH, {"name": "Mine", "filters": {}})
    again = await site.http.post(PATH, json={"name": "Mine", "filters": {"tag": "a"}})
    assert (again.status_code, "already" in again.json()["error"]) == (422, True)
    await site.post(PATH, {"name": "Mine", "filters": {}, "list": "errors"})
    other = await site.post(PATH, {"name": "Other", "filters": {}})
    assert (await site.http.patch(f"{PATH}/{other['id']}", json={"name": "Mine"})).status_code == 422
    assert (await site.http.patch(f"{PATH}/{first['id']}", json={"name": "Mine"})).status_code == 200
    assert await names(site, params={"filter[list]": "runs"}) == ["Mine", "Other"]


async def test_views_are_of_an_environment(site: Site) -> None:
    saved = await site.post(PATH, {"name": "Mine", "filters": {}})
    elsewhere = await key_of(site, "prod")
    assert await names(site, headers=elsewhere) == []
    assert (await site.http.delete(f"{PATH}/{saved['id']}", headers=elsewhere)).status_code == 404
    assert await names(site) == ["Mine"]


async def test_who_may_only_look_saves_no_view(site: Site) -> None:
    viewer = await key_of(site, role=Role.VIEWER)
    refused = await site.http.post(PATH, json={"name": "Mine", "filters": {}}, headers=viewer)
    assert refused.status_code == 403
    assert await names(site, headers=viewer) == []
    assert (await site.http.get(PATH, headers=site.bearer("read"))).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": " ", "filters": {}},
        {"name": "x" * 81, "filters": {}},
        {"name": "x", "filters": {"tag": "y" * 2_001}},
        {"name": "x", "filters": {str(number): "" for number in range(31)}},
        {"name": "x", "filters": {"tag": 1}},
        {"name": "x", "filters": {}, "list": "moods"},
    ],
)
async def test_a_view_has_a_name_and_a_few_filters(site: Site, body: dict[str, Any]) -> None:
    assert (await site.http.post(PATH, json=body)).status_code == 400


async def test_there_are_so_many_views_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runcast.store.saved_views.SAVED_VIEWS_MAX", 1)
    await site.post(PATH, {"name": "One", "filters": {}})
    assert (await site.http.post(PATH, json={"name": "Two", "filters": {}})).status_code == 422
