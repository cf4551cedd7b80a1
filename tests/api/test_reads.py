"""What our own pages and curl read: parts of runs, tasks, workers, batches, alerts, errors by kind, counts over time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runcast import AbortRun, Alert, Queue, Retry, artifacts, inbox, logger, step, task, usage
from runcast.domain.alert import AlertEvent
from runcast.domain.ids import RunId
from runcast.domain.message import NewMessage
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from tests.api.site import Site, serving

PAGE = "<script>alert(1)</script>"


@step
async def look(word: str) -> str:
    return word.upper()


def office_tasks() -> Registry:
    registry = Registry()

    @task(registry=registry, queue=Queue("desk"), max_duration="5m")
    async def work(word: str = "hello") -> str:
        """Does a bit of everything."""
        logger.info("begun", word=word)
        usage.add("model", 10, "tokens", cost="0.5")
        artifacts.add('pa"ge\r\n.html', PAGE, content_type="text/html")
        artifacts.add("odd", b"\x00", content_type="text/html\r\nset-cookie: a=b")
        return await look(word)

    @task(registry=registry)
    async def listen() -> Any:
        return await inbox("orders").receive()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def break_down(number: int) -> None:
        raise AbortRun(f"row {number} is bad")

    @task(registry=registry)
    async def loiter() -> None:
        await asyncio.Event().wait()

    @task(registry=registry)
    async def tell(event: AlertEvent) -> None:
        pass

    Alert("broken", on="failed", tasks=[break_down], run=tell, registry=registry)
    return registry


@pytest.fixture(params=["memory", "postgres"])
async def office(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address, office_tasks()) as site:
        yield site


async def test_a_run_is_read_in_all_its_parts(office: Site) -> None:
    run_id = (await office.run("work", {"word": "yes"}))["id"]
    path = f"/api/v1/runs/{run_id}"
    (entry,) = (await office.get(f"{path}/journal"))["data"]
    assert (await office.get(f"{path}/journal", params={"key": entry["key"]}))["data"] == [entry]
    assert (await office.get(f"{path}/journal", params={"key": "another"}))["data"] == []
    assert (entry["kind"], entry["status"], entry["value"], entry["name"]) == ("step", "done", "YES", "look")
    (line,) = (await office.get(f"{path}/logs"))["data"]
    assert (line["message"], line["level"], line["data"]) == ("begun", "info", {"word": "yes"})
    assert (await office.get(f"{path}/logs", params={"after": line["seq"]}))["data"] == []
    used = await office.get(f"{path}/usage")
    item = {"name": "model", "unit": "tokens", "quantity": 10.0, "costUsd": 0.5}
    assert (used["own"]["items"], used["total"]["costUsd"], used["total"]["runs"]) == ([item], 0.5, 1)
    why = await office.get(f"{path}/why")
    assert (why["runId"], why["status"], bool(why["reason"])) == (run_id, "COMPLETED", True)


async def test_an_artifact_is_downloaded_so_that_no_browser_executes_it(office: Site) -> None:
    run_id = (await office.run("work"))["id"]
    found = {one["name"]: one for one in (await office.get(f"/api/v1/runs/{run_id}/artifacts"))["data"]}
    page = found['pa"ge\r\n.html']
    answer = await office.http.get(page["path"])
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''pa%22ge%0D%0A.html"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    odd = await office.http.get(found["odd"]["path"])
    assert (odd.content, odd.headers["content-type"]) == (b"\x00", "application/octet-stream")
    assert "set-cookie" not in odd.headers
    other_id = (await office.run("work"))["id"]
    assert (await office.http.get(f"/api/v1/runs/{other_id}/artifacts/{page['id']}")).status_code == 404


async def test_an_artifact_is_shown_without_rights(office: Site) -> None:
    run_id = (await office.run("work"))["id"]
    found = {one["name"]: one for one in (await office.get(f"/api/v1/runs/{run_id}/artifacts"))["data"]}
    page = found['pa"ge\r\n.html']
    answer = await office.http.get(f"{page['path']}/view")
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == "inline"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert not any(right in policy for right in ("allow-", "script-src", "'self'"))
    odd = await office.http.get(f"{found['odd']['path']}/view")
    assert (odd.headers["content-type"], "set-cookie" in odd.headers) == ("text/plain; charset=utf-8", False)


async def test_messages_to_a_run_are_listed(office: Site) -> None:
    run_id = await office.trigger("listen")
    await office.until(run_id, lambda run: run.status is RunStatus.WAITING)
    await office.engine.send([NewMessage(RunId(run_id), "orders", '{"n":1}', "key")])
    await office.ended(run_id)
    (message,) = (await office.get(f"/api/v1/runs/{run_id}/messages"))["data"]
    assert (message["inbox"], message["value"], message["received"]) == ("orders", {"n": 1}, True)


async def test_a_run_is_resumed_and_forked(office: Site) -> None:
    failed = (await office.run("break_down", {"number": 1}))["id"]
    resumed = await office.post(f"/api/v1/runs/{failed}/resume")
    assert resumed["id"] != failed
    assert (await office.ended(resumed["id"])).status is RunStatus.FAILED
    done = (await office.run("work", {"word": "yes"}))["id"]
    forked = await office.post(f"/api/v1/runs/{done}/fork", {"fromKey": "look", "payload": {"word": "no"}})
    assert (await office.ended(forked["id"])).output == '"NO"'
    refused = await office.http.post(f"/api/v1/runs/{done}/fork", json={"fromKey": "nothing"})
    assert refused.status_code in (404, 422)


async def test_tasks_and_workers_are_listed(office: Site) -> None:
    tasks = {one["name"]: one for one in (await office.get("/api/v1/tasks"))["data"]}
    work = tasks["work"]
    assert (work["queue"], work["maxDurationMs"], work["lane"]) == ("desk", 300_000, "async")
    assert work["payloadSchema"]["properties"]["word"]["type"] == "string"
    assert ("everything" in work["description"], "test_reads.py" in work["source"]) == (True, True)
    run_id = await office.trigger("listen")
    await office.until(run_id, lambda run: run.status is RunStatus.WAITING)
    (worker,) = (await office.get("/api/v1/workers"))["data"]
    assert (worker["executing"], worker["waiting"], worker["pid"] > 0) == (0, 1, True)
    assert (worker["runs"], worker["leaves"], worker["free"]["async"] > 0) == ([], False, True)
    assert ("seenAt" in worker) is not worker["embedded"]


async def test_errors_that_look_the_same_are_one_kind(office: Site) -> None:
    ids = [(await office.run("break_down", {"number": number}))["id"] for number in (1, 2)]
    found = await office.get("/api/v1/errors")
    (group,) = found["data"]
    assert (group["taskIdentifier"], group["count"], found["complete"]) == ("break_down", 2, True)
    assert (group["runIds"], group["error"]["message"]) == ([ids[1], ids[0]], "row 2 is bad")
    assert group["firstSeen"] <= group["lastSeen"]
    assert (sum(group["buckets"]), group["buckets"][-1]) == (2, 2)
    assert (await office.get("/api/v1/errors", params={"filter[taskIdentifier]": "work"}))["data"] == []
    tomorrow = {"filter[createdAt][from]": "2999-01-01"}
    assert (await office.get("/api/v1/errors", params=tomorrow))["data"] == []


async def test_a_kind_of_error_is_retrieved_with_its_runs(office: Site) -> None:
    ids = [(await office.run("break_down", {"number": number}))["id"] for number in (1, 2)]
    (group,) = (await office.get("/api/v1/errors"))["data"]
    path = f"/api/v1/errors/{group['fingerprint']}"
    found = await office.get(path)
    assert (found["count"], [run["id"] for run in found["runs"]], found["runIds"]) == (2, ids[::-1], ids[::-1])
    assert (await office.http.get(path, params={"filter[createdAt][from]": "2999-01-01"})).status_code == 404
    assert (await office.http.get("/api/v1/errors/nothing")).status_code == 404


async def test_a_worker_says_what_it_executes(office: Site) -> None:
    run_id = await office.trigger("loiter")
    await office.until(run_id, lambda run: run.status is RunStatus.EXECUTING)
    (worker,) = (await office.get("/api/v1/workers"))["data"]
    (executed,) = worker["runs"]
    assert (executed["id"], executed["taskIdentifier"], worker["executing"]) == (run_id, "loiter", 1)
    assert "claimedAt" in executed


async def test_runs_are_counted_for_each_task_with_how_long_they_took(office: Site) -> None:
    await office.run("work")
    await office.run("work")
    await office.run("break_down", {"number": 1})
    found = await office.get("/api/v1/stats/tasks", params={"buckets": 4})
    of = {one["taskIdentifier"]: one for one in found["data"]}
    assert (of["work"]["totals"], of["break_down"]["totals"]) == ({"COMPLETED": 2}, {"FAILED": 1})
    assert len(of["work"]["buckets"]) in (4, 5)
    assert sum(bucket.get("COMPLETED", 0) for bucket in of["work"]["buckets"]) == 2
    assert of["work"]["measured"] == 2 and 0 <= of["work"]["p50Ms"] <= of["work"]["p95Ms"]
    assert of["break_down"]["measured"] == 0 and "p50Ms" not in of["break_down"]
    only = await office.get("/api/v1/stats/tasks", params={"filter[taskIdentifier]": "work"})
    assert [one["taskIdentifier"] for one in only["data"]] == ["work"]


async def test_events_of_alerts_are_listed(office: Site) -> None:
    run_id = (await office.run("break_down", {"number": 1}))["id"]
    (event,) = (await office.get("/api/v1/alerts"))["data"]
    assert (event["alert"], event["kind"], event["subject"]) == ("broken", "failed", "break_down")
    assert (event["runId"], event["count"]) == (run_id, 1)
    assert (await office.get("/api/v1/alerts", params={"page[after]": event["id"]}))["data"] == []
    assert (await office.get("/api/v1/alerts", params={"filter[alert]": "other"}))["data"] == []


async def test_runs_are_counted_by_status_over_time(office: Site) -> None:
    await office.run("work")
    await office.run("work")
    await office.run("break_down", {"number": 1})
    found = await office.get("/api/v1/stats", params={"filter[createdAt][period]": "1h", "buckets": 6})
    assert found["totals"] == {"COMPLETED": 3, "FAILED": 1}
    assert (len(found["buckets"]) in (6, 7), found["bucketMs"], found["complete"]) == (True, 600_000, True)
    assert sum(sum(bucket["counts"].values()) for bucket in found["buckets"]) == 4
    only = await office.get("/api/v1/stats", params={"filter[taskIdentifier]": "work"})
    assert only["totals"] == {"COMPLETED": 2}


@pytest.mark.parametrize("period", ["5m", "1h", "1d", "30d", "520w"])
async def test_runs_that_are_not_over_count_whatever_the_time(office: Site, period: str) -> None:
    await office.run("work")
    run_id = await office.trigger("loiter")
    await office.until(run_id, lambda run: run.status is RunStatus.EXECUTING)
    await office.post("/api/v1/tasks/work/trigger", {"payload": {}, "options": {"delay": "1h"}})
    found = await office.get("/api/v1/stats", params={"filter[createdAt][period]": period, "buckets": 96})
    assert found["totals"] == {"COMPLETED": 1, "EXECUTING": 1, "DELAYED": 1}
    assert sum(sum(bucket["counts"].values()) for bucket in found["buckets"]) == 3
    only = await office.get("/api/v1/stats", params={"filter[taskIdentifier]": "loiter"})
    assert only["totals"] == {"EXECUTING": 1}


async def test_batches_are_listed_by_pages(office: Site) -> None:
    made = []
    for _ in range(2):
        items = [{"task": "work", "payload": {}}]
        made.append((await office.post("/api/v2/tasks/batch", {"items": items}))["id"])
    first = await office.get("/api/v1/batches", params={"page[size]": 1})
    assert [one["id"] for one in first["data"]] == [made[1]]
    assert (first["data"][0]["runCount"], first["data"][0]["sealed"]) == (1, True)
    second = await office.get("/api/v1/batches", params={"page[after]": first["pagination"]["next"]})
    assert [one["id"] for one in second["data"]] == [made[0]]


async def test_a_list_of_batches_says_how_many_runs_failed(office: Site) -> None:
    items = [{"task": "break_down", "payload": {"number": 1}}, {"task": "work", "payload": {}}]
    made = await office.post("/api/v2/tasks/batch", {"items": items})
    for run_id in (await office.get(f"/api/v2/batches/{made['id']}"))["runs"]:
        await office.ended(run_id)
    (batch,) = (await office.get("/api/v1/batches"))["data"]
    assert (batch["runCount"], batch["liveRuns"], batch["failedRuns"]) == (2, 0, 1)


@pytest.mark.parametrize("path", ["journal", "logs", "messages", "usage", "why", "artifacts"])
async def test_parts_of_a_run_are_for_secret_keys_of_its_environment(site: Site, path: str) -> None:
    run_id = await site.trigger("hello")
    address = f"/api/v1/runs/{run_id}/{path}"
    assert (await site.http.get(address, headers=site.bearer(f"read:runs:{run_id}"))).status_code == 403
    assert (await site.http.get(f"/api/v1/runs/run_nobody/{path}")).status_code == 404
    assert (await site.http.get(address, headers={"Authorization": "Bearer no"})).status_code == 401


@pytest.mark.parametrize("path", ["tasks", "workers", "batches", "alerts", "errors", "stats"])
async def test_overviews_are_for_secret_keys(site: Site, path: str) -> None:
    assert (await site.http.get(f"/api/v1/{path}", headers=site.bearer("read"))).status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        "alerts?page[after]=x",
        "stats?buckets=0",
        "stats?buckets=401",
        "stats?filter[createdAt][from]=2999-01-01",
        "stats?filter[createdAt][to]=999999999999999",
        "errors?filter[createdAt][period]=x",
    ],
)
async def test_what_cannot_be_meant_is_refused(site: Site, asked: str) -> None:
    assert (await site.http.get(f"/api/v1/{asked}")).status_code == 400
