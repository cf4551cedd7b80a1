"""Queues over HTTP: found by id and by name, paused, their limits changed and reset."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from runcast.domain.run import RunStatus
from runcast.sdk.queues import Queue
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from tests.api.site import Site, serving

QUEUES = "/api/v1/queues"


def queued() -> Registry:
    registry = Registry()

    @task(registry=registry, queue=Queue("mail/out 50%", concurrency=3, per_key=1, rate="5/1s"))
    async def send() -> str:
        return "sent"

    @task(registry=registry, queue="alone")
    async def alone() -> None:
        pass

    return registry


@pytest.fixture
async def post_office() -> AsyncIterator[Site]:
    async with serving(registry=queued()) as site:
        yield site


def address(name: str) -> str:
    """As the official client encodes it."""
    return f"{QUEUES}/{quote(quote(name, safe=''), safe='')}"


async def test_a_queue_is_found_by_its_id_its_name_and_its_task(post_office: Site) -> None:
    by_name = await post_office.get(address("mail/out 50%"), params={"type": "custom"})
    assert by_name["id"].startswith("queue_")
    assert by_name["name"] == "mail/out 50%"
    assert (by_name["type"], by_name["paused"], by_name["concurrencyLimit"]) == ("custom", False, 3)
    assert by_name["concurrency"] == {
        "current": 3,
        "base": 3,
        "override": None,
        "overriddenAt": None,
        "overriddenBy": None,
    }
    assert (by_name["perKey"], by_name["rate"]) == (1, {"count": 5, "periodMs": 1_000})
    assert await post_office.get(f"{QUEUES}/{by_name['id']}", params={"type": "id"}) == by_name
    assert await post_office.get(f"{QUEUES}/{by_name['id']}") == by_name
    assert await post_office.get(address("send"), params={"type": "task"}) == by_name
    assert (await post_office.get(address("alone")))["type"] == "task"


async def test_queues_are_listed_by_pages(post_office: Site) -> None:
    listed = await post_office.get(QUEUES, params={"perPage": 1})
    assert [queue["name"] for queue in listed["data"]] == ["alone"]
    pages = listed["pagination"]["totalPages"]
    names = [
        queue["name"]
        for page in range(1, pages + 1)
        for queue in (await post_office.get(QUEUES, params={"perPage": 1, "page": page}))["data"]
    ]
    assert {"alone", "mail/out 50%"} <= set(names)
    assert listed["pagination"] == {"currentPage": 1, "totalPages": len(names), "count": len(names)}


async def test_a_paused_queue_starts_nothing_until_it_is_resumed(post_office: Site) -> None:
    path = address("mail/out 50%")
    paused = await post_office.post(f"{path}/pause", {"type": "custom", "action": "pause"})
    assert paused["paused"]
    run_id = await post_office.trigger("send")
    found = await post_office.get(path)
    assert (found["queued"], found["running"]) == (1, 0)
    run = await post_office.engine.find_run(run_id)  # type: ignore[arg-type]
    assert run is not None
    assert run.status is RunStatus.QUEUED
    assert not (await post_office.post(f"{path}/pause", {"type": "custom", "action": "resume"}))["paused"]
    assert (await post_office.ended(run_id)).output == '"sent"'


async def test_a_limit_is_overridden_until_it_is_reset(post_office: Site) -> None:
    path = address("send")
    changed = await post_office.post(f"{path}/concurrency/override", {"type": "task", "concurrencyLimit": 7})
    assert changed["concurrencyLimit"] == 7
    wanted = {"current": 7, "base": 3, "override": 7, "overriddenAt": None, "overriddenBy": None}
    assert changed["concurrency"] == wanted
    back = await post_office.post(f"{path}/concurrency/reset", {"type": "task"})
    assert (back["concurrencyLimit"], back["concurrency"]["override"]) == (3, None)


async def test_an_override_ends_by_itself_and_its_end_is_moved(post_office: Site) -> None:
    path = address("send")
    body = {"type": "task", "concurrencyLimit": 7, "expiresIn": "1h"}
    changed = await post_office.post(f"{path}/concurrency/override", body)
    left = datetime.fromisoformat(changed["overrideEndsAt"]).timestamp() * 1000 - post_office.engine.clock.now_ms()
    assert (changed["concurrencyLimit"], 3_500_000 < left <= 3_600_000) == (7, True)
    later = await post_office.post(f"{path}/concurrency/extend", {"type": "task", "expiresIn": "2h"})
    assert later["overrideEndsAt"] > changed["overrideEndsAt"]
    kept = await post_office.post(f"{path}/concurrency/extend", {"type": "task"})
    assert (kept["concurrencyLimit"], "overrideEndsAt" in kept) == (7, False)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("concurrency/override", {"type": "custom", "concurrencyLimit": 2, "expiresIn": "soon"}),
        ("concurrency/override", {"type": "custom", "concurrencyLimit": 2, "expiresIn": "0s"}),
        ("concurrency/extend", {"type": "custom", "expiresIn": "1h"}),
        ("pause", {"type": "custom", "action": "stop"}),
        ("pause", {"type": "custom"}),
        ("concurrency/override", {"type": "custom", "concurrencyLimit": 0}),
        ("concurrency/override", {"type": "custom", "concurrencyLimit": "many"}),
        ("concurrency/reset", {"type": "queue"}),
    ],
    ids=str,
)
async def test_a_change_that_is_none_is_refused(post_office: Site, path: str, body: dict[str, Any]) -> None:
    before = await post_office.get(address("alone"))
    assert (await post_office.http.post(f"{address('alone')}/{path}", json=body)).status_code == 400
    assert await post_office.get(address("alone")) == before


async def test_a_queue_that_is_none_is_said_so(site: Site) -> None:
    for path, params in (
        (f"{QUEUES}/queue_nobody", {}),
        (address("nobody"), {"type": "custom"}),
        (address("nobody"), {"type": "task"}),
    ):
        answer = await site.http.get(path, params=params)
        assert (answer.status_code, answer.json()["error"]) == (404, "queue-not-found")
    answer = await site.http.post(f"{address('nobody')}/pause", json={"type": "custom", "action": "pause"})
    assert (answer.status_code, answer.json()["error"]) == (404, "queue-not-found")


async def test_queues_are_for_secret_keys(site: Site) -> None:
    token = site.bearer("read", "write", "read:queues", "write:queues")
    assert (await site.http.get(QUEUES, headers=token)).status_code == 403
    assert (await site.http.get(address("default"), headers=token)).status_code == 403
    body = {"type": "custom", "action": "pause"}
    assert (await site.http.post(f"{address('default')}/pause", json=body, headers=token)).status_code == 403
    assert not (await site.get(address("default")))["paused"]


async def test_there_are_no_named_limits_and_whoever_asks_hears_what_to_use(site: Site) -> None:
    empty = await site.get("/api/v1/concurrency-limits")
    assert empty == {"data": [], "pagination": {"currentPage": 1, "totalPages": 0, "count": 0}}
    for method, path in (("GET", "/shared"), ("POST", "/shared/override"), ("POST", "/shared/pause")):
        answer = await site.http.request(method, f"/api/v1/concurrency-limits{path}", json={"action": "pause"})
        assert (answer.status_code, "each queue has its own" in answer.json()["error"]) == (404, True)


async def test_a_queue_says_since_when_its_oldest_run_waits_and_which_keys_it_has(any_site: Site) -> None:
    path = "/api/v1/queues/keyed"
    runs = [
        await any_site.trigger("hold", queue={"name": "keyed", "concurrencyLimit": 1}, concurrencyKey=key)
        for key in "aab"
    ]
    await any_site.post(f"{path}/pause", {"action": "pause"})
    queue = await any_site.get(path)
    (listed,) = [one for one in (await any_site.get("/api/v1/queues"))["data"] if one["name"] == "keyed"]
    loads = {one["key"]: one["queued"] + one["running"] for one in (await any_site.get(f"{path}/keys"))["data"]}
    assert loads == {"a": 2, "b": 1}
    assert queue.get("oldestAt") == listed.get("oldestAt")
    for run_id in runs:
        await any_site.post(f"/api/v2/runs/{run_id}/cancel")


async def test_a_queue_that_starts_nothing_shows_how_long_that_has_been_so(any_site: Site) -> None:
    await any_site.trigger("hello", queue={"name": "later"})
    await any_site.post("/api/v1/queues/later/pause", {"action": "pause"})
    await any_site.trigger("hello", queue={"name": "later"})
    assert (await any_site.get("/api/v1/queues/later"))["oldestAt"]
