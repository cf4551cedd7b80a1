"""Schedules over HTTP: created, changed, paused and deleted; those that code declares are shown and protected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from runcast.domain.schedule import ScheduledRun
from runcast.sdk.registry import Registry
from runcast.sdk.schedule import Schedule
from runcast.sdk.task import task
from tests.api.site import Site, serving

SCHEDULES = "/api/v1/schedules"
HOURLY = {"task": "digest", "cron": "0 * * * *", "deduplicationKey": "acme"}


def scheduled() -> Registry:
    registry = Registry()

    @task(registry=registry)
    async def digest(tick: ScheduledRun) -> str:
        return tick.external_id or ""

    @task(registry=registry, schedule=Schedule("0 9 * * 1-5", timezone="Europe/Zurich"))
    async def report(tick: ScheduledRun) -> None:
        pass

    @task(registry=registry)
    async def sized(size: int) -> None:
        pass

    return registry


@pytest.fixture
async def clock_shop() -> AsyncIterator[Site]:
    async with serving(registry=scheduled()) as site:
        yield site


async def test_a_schedule_is_created_read_changed_paused_and_deleted(clock_shop: Site) -> None:
    site = clock_shop
    made = await site.post(SCHEDULES, HOURLY | {"externalId": "1", "timezone": "Europe/Zurich"})
    assert made["id"].startswith("sched_")
    assert (made["type"], made["task"], made["active"], made["timezone"]) == (
        "IMPERATIVE",
        "digest",
        True,
        "Europe/Zurich",
    )
    assert (made["deduplicationKey"], made["externalId"]) == ("acme", "1")
    assert made["generator"]["type"] == "CRON"
    assert made["generator"]["description"]
    assert made["environments"] == [{"id": "dev", "type": "DEVELOPMENT"}]
    assert datetime.fromisoformat(made["nextRun"]) > datetime.now(UTC)
    assert await site.get(f"{SCHEDULES}/{made['id']}") == made
    changed = await site.put(f"{SCHEDULES}/{made['id']}", {"task": "digest", "cron": "30 8 * * *"})
    assert (changed["generator"]["expression"], changed["externalId"]) == ("30 8 * * *", "1")
    paused = await site.post(f"{SCHEDULES}/{made['id']}/deactivate")
    assert (paused["active"], "nextRun" in paused) == (False, False)
    assert (await site.post(f"{SCHEDULES}/{made['id']}/activate"))["active"]
    assert (await site.http.delete(f"{SCHEDULES}/{made['id']}")).json() == {"id": made["id"]}
    assert (await site.http.get(f"{SCHEDULES}/{made['id']}")).status_code == 404


async def test_a_task_with_parameters_is_scheduled_with_a_payload_of_its_own(clock_shop: Site) -> None:
    site = clock_shop
    made = await site.post(SCHEDULES, {"task": "sized", "cron": "0 * * * *", "payload": {"size": 5}})
    by_hand = await site.post(f"{SCHEDULES}/{made['id']}/run")
    assert (await site.get(f"/api/v3/runs/{by_hand['id']}"))["payload"] == {"size": 5}
    await site.put(f"{SCHEDULES}/{made['id']}", {"payload": {"size": 6}})
    by_hand = await site.post(f"{SCHEDULES}/{made['id']}/run")
    assert (await site.get(f"/api/v3/runs/{by_hand['id']}"))["payload"] == {"size": 6}


async def test_equal_deduplication_keys_are_the_same_schedule(clock_shop: Site) -> None:
    one = await clock_shop.post(SCHEDULES, HOURLY)
    two = await clock_shop.post(SCHEDULES, HOURLY | {"cron": "15 * * * *"})
    other = await clock_shop.post(SCHEDULES, HOURLY | {"deduplicationKey": "bolt"})
    assert (two["id"], two["generator"]["expression"]) == (one["id"], "15 * * * *")
    assert other["id"] != one["id"]


async def test_schedules_are_listed_by_pages(clock_shop: Site) -> None:
    for number in range(3):
        await clock_shop.post(SCHEDULES, HOURLY | {"deduplicationKey": f"key {number}"})
    first = await clock_shop.get(SCHEDULES, params={"perPage": 3})
    assert first["pagination"] == {"currentPage": 1, "totalPages": 2, "count": 4}
    assert [one["type"] for one in first["data"]] == ["DECLARATIVE", "IMPERATIVE", "IMPERATIVE"]
    second = await clock_shop.get(SCHEDULES, params={"page": 2, "perPage": 3})
    assert len(second["data"]) == 1
    wanted = await clock_shop.get(SCHEDULES, params={"filter[type]": "DECLARATIVE"})
    assert [one["task"] for one in wanted["data"]] == ["report"]


async def test_a_schedule_that_code_declares_is_paused_but_not_changed(clock_shop: Site) -> None:
    (declared,) = (await clock_shop.get(SCHEDULES))["data"]
    path = f"{SCHEDULES}/{declared['id']}"
    assert declared["type"] == "DECLARATIVE"
    for refused in (
        await clock_shop.http.put(path, json={"task": "report", "cron": "0 * * * *"}),
        await clock_shop.http.delete(path),
    ):
        assert refused.status_code == 422
        assert "declared in the code" in refused.json()["error"]
    assert not (await clock_shop.post(f"{path}/deactivate"))["active"]
    assert (await clock_shop.get(path))["generator"] == declared["generator"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cron": "61 * * * *"}, "minute"),
        ({"cron": "soon"}, "fields"),
        ({"timezone": "Mars/Olympus"}, "time zone"),
        ({"task": "nobody"}, "nobody"),
        ({"task": "sized"}, "ScheduledRun"),
        ({"task": "sized", "payload": {"length": 5}}, "'size' is missing"),
        ({"window": "25h"}, "window"),
    ],
    ids=["minute", "text", "zone", "unknown", "no scheduled task", "another payload", "window"],
)
async def test_a_rule_that_is_none_is_unprocessable(clock_shop: Site, wrong: dict[str, Any], says: str) -> None:
    refused = await clock_shop.http.post(SCHEDULES, json=HOURLY | wrong)
    assert refused.status_code == 422
    assert says in refused.json()["error"]
    made = await clock_shop.post(SCHEDULES, HOURLY)
    assert (await clock_shop.http.put(f"{SCHEDULES}/{made['id']}", json=wrong)).status_code == 422
    assert await clock_shop.get(f"{SCHEDULES}/{made['id']}") == made


@pytest.mark.parametrize("cron", ["0 0 L * *", "0 0 * * 1L", "0 0 * * 7L", "0 0 * * 5L"])
async def test_last_days_are_rules(clock_shop: Site, cron: str) -> None:
    assert (await clock_shop.post(SCHEDULES, HOURLY | {"cron": cron}))["nextRun"]


async def test_a_window_says_when_the_next_run_really_starts(clock_shop: Site) -> None:
    made = await clock_shop.post(SCHEDULES, HOURLY | {"window": "30m"})
    lag = datetime.fromisoformat(made["nextRunEffectiveAt"]) - datetime.fromisoformat(made["nextRun"])
    assert (made["window"], 0 <= lag.total_seconds() < 1_800) == ("30m", True)
    plain = await clock_shop.put(f"{SCHEDULES}/{made['id']}", {"window": None})
    assert "window" not in plain
    assert plain["nextRunEffectiveAt"] == plain["nextRun"]


async def test_a_schedule_runs_when_it_is_told_and_says_what_came_of_its_ticks(clock_shop: Site) -> None:
    made = await clock_shop.post(SCHEDULES, HOURLY | {"externalId": "acme"})
    started = await clock_shop.post(f"{SCHEDULES}/{made['id']}/run")
    assert (await clock_shop.ended(started["id"])).output == '"acme"'
    (tick,) = (await clock_shop.get(f"{SCHEDULES}/{made['id']}/ticks"))["data"]
    assert (tick["runId"], tick["manual"], tick["outcome"]) == (started["id"], True, "started")


async def test_time_zones_need_no_key(site: Site) -> None:
    answer = await site.http.get("/api/v1/timezones", headers={"Authorization": ""})
    zones = answer.json()["timezones"]
    assert (zones[0], "Europe/Zurich" in zones) == ("UTC", True)
    assert "UTC" not in (await site.get("/api/v1/timezones", params={"excludeUtc": "true"}))["timezones"]


async def test_schedules_are_for_secret_keys_of_their_environment(clock_shop: Site) -> None:
    made = await clock_shop.post(SCHEDULES, HOURLY)
    token = clock_shop.bearer("read", "write", "trigger")
    for method, path in (
        ("GET", SCHEDULES),
        ("POST", SCHEDULES),
        ("GET", f"{SCHEDULES}/{made['id']}"),
        ("PUT", f"{SCHEDULES}/{made['id']}"),
        ("DELETE", f"{SCHEDULES}/{made['id']}"),
        ("POST", f"{SCHEDULES}/{made['id']}/activate"),
        ("POST", f"{SCHEDULES}/{made['id']}/run"),
        ("GET", f"{SCHEDULES}/{made['id']}/ticks"),
    ):
        body = HOURLY if method in ("POST", "PUT") else None
        answer = await clock_shop.http.request(method, path, json=body, headers=token)
        assert answer.status_code == 403, (method, path)
    assert (await clock_shop.http.get(f"{SCHEDULES}/sched_nobody")).status_code == 404


async def test_a_rule_is_tried_before_it_is_kept(site: Site) -> None:
    asked = {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"}
    shown = await site.get("/api/v1/schedule-preview", params=asked)
    assert shown["description"] == "At 09:00 on Monday through Friday" and len(shown["upcoming"]) == 5
    refused = await site.http.get("/api/v1/schedule-preview", params={"cron": "0 25 * * *"})
    assert refused.status_code == 422 and "hour" in refused.json()["error"]


async def test_a_schedule_tells_its_next_five_ticks_and_fills_a_time_gone_by(site: Site) -> None:
    schedule = await site.post("/api/v1/schedules", {**HOURLY, "task": "hello", "payload": {}})
    assert len(schedule["upcoming"]) == 5 and schedule["upcoming"][0] == schedule["nextRun"]
    path = f"/api/v1/schedules/{schedule['id']}"
    asked = {"from": "2026-01-01T00:30:00Z", "to": "2026-01-01T03:00:00Z"}
    started = (await site.post(f"{path}/backfill", asked))["data"]
    ticks = (await site.get(f"{path}/ticks"))["data"]
    assert len(started) == 3 and {tick["runId"] for tick in ticks} >= set(started)
    wrong = await site.http.post(f"{path}/backfill", json={**asked, "to": "2999-01-01T00:00:00Z"})
    assert wrong.status_code == 422
