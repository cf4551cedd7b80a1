"""Runs over HTTP: retrieved, listed by every filter, canceled, replayed, rescheduled, tagged, and their results."""

from __future__ import annotations

from typing import Any

import pytest

from runcast.domain.run import RunStatus
from tests.api.site import Site, serving


async def ids(site: Site, query: str) -> list[str]:
    return [run["id"] for run in (await site.get(f"/api/v1/runs?{query}"))["data"]]


async def refused(site: Site, status: int, method: str, path: str, json: Any = None, **options: Any) -> str:
    """What an answer says that must be a refusal."""
    answer = await site.http.request(method, path, json=json, **options)
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


# --- retrieve -------------------------------------------------------------------------------------------------------


async def test_a_failed_run_says_its_error_with_causes(site: Site) -> None:
    run = await site.run("fail", {"message": "sold out"})
    assert (run["isFailed"], run["isCompleted"], run["isSuccess"]) == (True, True, False)
    assert (run["error"]["name"], run["error"]["message"]) == ("ValueError", "sold out")
    assert [(cause["name"], cause["message"]) for cause in run["error"]["causes"]] == [("KeyError", "'inner'")]
    assert "raise ValueError" in run["error"]["stackTrace"]


async def test_nothing_is_null(site: Site) -> None:
    run = await site.run("hello")
    assert [name for name, value in run.items() if value is None and name not in ("payload", "output")] == []
    assert "error" not in run
    assert "delayedUntil" not in run


async def test_a_delayed_run_says_until_when(site: Site) -> None:
    run = await site.get(f"/api/v3/runs/{await site.trigger('hello', delay='1h')}")
    assert (run["status"], run["isQueued"], run["isCompleted"]) == ("DELAYED", True, False)
    assert run["delayedUntil"].endswith("Z")


async def test_a_run_of_another_environment_is_not_found(site: Site) -> None:
    run_id = await site.trigger("hello")
    elsewhere = site.bearer("read:runs", environment="prod")
    assert await refused(site, 404, "GET", f"/api/v3/runs/{run_id}", headers=elsewhere) == "Run not found"
    assert await refused(site, 404, "GET", "/api/v3/runs/run_nope") == "Run not found"


@pytest.mark.parametrize("scope", ["read:runs:{id}", "read:runs", "read:tasks:hello", "read:tags:mine"])
async def test_scopes_that_read_a_run(site: Site, scope: str) -> None:
    run_id = await site.trigger("hello", tags=["mine"])
    await site.get(f"/api/v3/runs/{run_id}", headers=site.bearer(scope.format(id=run_id)))


@pytest.mark.parametrize("scope", ["read:runs:run_other", "read:tasks:echo", "read:tags:yours", "write:tags:mine"])
async def test_scopes_that_do_not_read_a_run(site: Site, scope: str) -> None:
    run_id = await site.trigger("hello", tags=["mine"])
    await refused(site, 403, "GET", f"/api/v3/runs/{run_id}", headers=site.bearer(scope))


# --- lists ----------------------------------------------------------------------------------------------------------


async def test_pages_lead_in_both_directions(idle_site: Site) -> None:
    made = [await idle_site.trigger("hello", tags=["t"]) for _ in range(5)][::-1]
    for filter in ("", "&filter[tag]=t", "&filter[tag]=t,u", "&filter[status]=PENDING_VERSION"):
        first = await idle_site.get(f"/api/v1/runs?page[size]=2{filter}")
        assert [run["id"] for run in first["data"]] == made[:2]
        assert "previous" not in first["pagination"]
        second = await idle_site.get(f"/api/v1/runs?page[size]=2&page[after]={first['pagination']['next']}{filter}")
        assert [run["id"] for run in second["data"]] == made[2:4]
        third = await idle_site.get(f"/api/v1/runs?page[size]=2&page[after]={second['pagination']['next']}{filter}")
        assert [run["id"] for run in third["data"]] == made[4:]
        assert "next" not in third["pagination"]
        back = await idle_site.get(f"/api/v1/runs?page[size]=2&page[before]={third['pagination']['previous']}{filter}")
        assert [run["id"] for run in back["data"]] == made[2:4]
        start = await idle_site.get(f"/api/v1/runs?page[size]=2&page[before]={back['pagination']['previous']}{filter}")
        assert [run["id"] for run in start["data"]] == made[:2]
        assert "previous" not in start["pagination"]


async def test_each_filter_finds_its_runs_and_no_others(idle_site: Site) -> None:
    a = await idle_site.trigger("hello", tags=["x", "y"], test=True, region="eu", machine="micro")
    b = await idle_site.trigger("echo", queue={"name": "mail"}, tags=["y"])
    c = await idle_site.trigger("add")
    await idle_site.post(f"/api/v2/runs/{c}/cancel")
    wanted = {
        "filter[taskIdentifier]=hello": [a],
        "filter[taskIdentifier]=hello,echo": [b, a],
        "filter[tag]=x": [a],
        "filter[tag]=x,y": [b, a],
        "filter[tag]=z": [],
        "filter[queue]=mail": [b],
        "filter[status]=CANCELED": [c],
        "filter[status]=PENDING_VERSION,CANCELED": [c, b, a],
        "filter[status]=EXECUTING": [],
        "filter[isTest]=true": [a],
        "filter[isTest]=false": [c, b],
        "filter[region]=eu": [a],
        "filter[machine]=micro": [a],
        "filter[version]=20260101.1": [],
        "filter[worker]=w_none": [],
        "filter[text]=ECH": [b],
        "filter[text]=%": [],
        f"filter[text]={a[-6:].upper()}": [a],
        "filter[hasError]=true": [],
        "filter[hasError]=false": [c, b, a],
        "filter[hasError]=true&filter[status]=CANCELED": [],
        "filter[durationMin]=1s": [],
        "filter[rootsOnly]=true": [c, b, a],
        "filter[createdAt][period]=1d": [c, b, a],
        "filter[createdAt][from]=2999-01-01": [],
        "filter[createdAt][to]=1000": [],
        "filter[batch]=batch_none": [],
        "filter[schedule]=sched_none": [],
        "filter[bulkAction]=bulk_none": [],
        "filter[root]=" + a: [a],
        "filter[tag]=y&filter[taskIdentifier]=echo": [b],
    }
    assert {query: await ids(idle_site, query) for query in wanted} == wanted


async def test_runs_are_found_by_who_executed_them_how_long_and_whether_they_failed(site: Site) -> None:
    good = (await site.run("hello"))["id"]
    bad = (await site.run("fail"))["id"]
    (worker,) = (await site.get("/api/v1/workers"))["data"]
    wanted = {
        f"filter[worker]={worker['id']}": [bad, good],
        f"filter[version]={worker['codeVersion']}": [bad, good],
        "filter[hasError]=true": [bad],
        "filter[hasError]=true&filter[status]=FAILED,COMPLETED": [bad],
        "filter[hasError]=false": [good],
        "filter[durationMin]=0s": [bad, good],
        "filter[durationMin]=1h": [],
        "filter[durationMax]=1h": [bad, good],
    }
    assert {query: await ids(site, query) for query in wanted} == wanted


async def test_lists_show_runs_without_payload_and_output(site: Site) -> None:
    await site.run("echo", {"value": 1})
    [run] = (await site.get("/api/v1/runs"))["data"]
    assert run["env"] == {"id": "dev", "name": "dev"}
    assert "payload" not in run
    assert "output" not in run


@pytest.mark.parametrize(
    "query",
    [
        "filter[status]=FROZEN",
        "page[size]=0",
        "page[size]=101",
        "page[after]=a&page[before]=b",
        "filter[isTest]=maybe",
        "filter[createdAt][from]=yesterday",
        "filter[createdAt][period]=1x",
    ],
)
async def test_queries_that_make_no_sense_are_refused(site: Site, query: str) -> None:
    await refused(site, 400, "GET", f"/api/v1/runs?{query}")


async def test_a_token_lists_only_the_tasks_that_it_may_read(site: Site) -> None:
    run_id = await site.trigger("hello")
    token = site.bearer("read:tasks:hello")
    await refused(site, 403, "GET", "/api/v1/runs", headers=token)
    await refused(site, 403, "GET", "/api/v1/runs?filter[taskIdentifier]=hello,echo", headers=token)
    page = await site.get("/api/v1/runs?filter[taskIdentifier]=hello", headers=token)
    assert [run["id"] for run in page["data"]] == [run_id]
    assert (await site.get("/api/v1/runs", headers=site.bearer("read:runs", environment="prod")))["data"] == []


async def test_a_project_lists_its_runs(site: Site) -> None:
    run_id = await site.trigger("hello")
    page = await site.get("/api/v1/projects/proj_default/runs?filter[env]=dev")
    assert [run["id"] for run in page["data"]] == [run_id]
    await refused(site, 403, "GET", "/api/v1/projects/proj_default/runs?filter[env]=prod")
    await refused(site, 403, "GET", "/api/v1/projects/proj_other/runs")


# --- cancel, reschedule, tags ---------------------------------------------------------------------------------------


async def test_cancel_ends_an_executing_run_and_again_does_nothing(any_site: Site) -> None:
    run_id = await any_site.trigger("hold")
    await any_site.until(run_id, lambda run: run.status is RunStatus.EXECUTING)
    assert await any_site.post(f"/api/v2/runs/{run_id}/cancel") == {"id": run_id}
    run = await any_site.get(f"/api/v3/runs/{run_id}")
    assert (run["status"], run["isCancelled"], run["isCompleted"], run["isFailed"]) == ("CANCELED", True, True, False)
    assert run["finishedAt"]
    assert await any_site.post(f"/api/v2/runs/{run_id}/cancel") == {"id": run_id}
    await refused(any_site, 404, "POST", "/api/v2/runs/run_nope/cancel")


async def test_cancel_needs_to_write_the_run_or_its_task(site: Site) -> None:
    run_id = await site.trigger("hello", delay="1h", tags=["mine"])
    for scope in ("read:runs", "write:tags:mine", "write:runs:run_other"):
        await refused(site, 403, "POST", f"/api/v2/runs/{run_id}/cancel", headers=site.bearer(scope))
    await site.post(f"/api/v2/runs/{run_id}/cancel", headers=site.bearer(f"write:runs:{run_id}"))


async def test_a_delayed_run_is_rescheduled(any_site: Site) -> None:
    run_id = await any_site.trigger("hello", delay="1h")
    run = await any_site.post(f"/api/v1/runs/{run_id}/reschedule", {"delay": "2030-01-01T00:00:00Z"})
    assert run["delayedUntil"] == "2030-01-01T00:00:00Z"
    now = await any_site.post(f"/api/v1/runs/{run_id}/reschedule", {"delay": "2000-01-01"})
    assert now["id"] == run_id
    assert (await any_site.ended(run_id)).status is RunStatus.COMPLETED


async def test_what_cannot_be_rescheduled(site: Site) -> None:
    done, waiting = (await site.run("hello"))["id"], await site.trigger("hello", delay="1h")
    await refused(site, 422, "POST", f"/api/v1/runs/{done}/reschedule", {"delay": "1h"})
    for delay in ("", "soon", "9999-12-31"):
        said = await refused(site, 400, "POST", f"/api/v1/runs/{waiting}/reschedule", {"delay": delay})
        assert delay == "9999-12-31" or said.startswith("Invalid delay")
    token = site.bearer(f"write:runs:{waiting}")
    await refused(site, 403, "POST", f"/api/v1/runs/{waiting}/reschedule", {"delay": "1h"}, headers=token)


async def test_tags_are_added_once_up_to_ten(any_site: Site) -> None:
    run_id = await any_site.trigger("hello", delay="1h", tags=["a"])
    await any_site.post(f"/api/v1/runs/{run_id}/tags", {"tags": "b"})
    await any_site.post(f"/api/v1/runs/{run_id}/tags", {"tags": ["a", "c"]})
    await refused(any_site, 422, "POST", f"/api/v1/runs/{run_id}/tags", {"tags": [str(n) for n in range(8)]})
    await refused(any_site, 400, "POST", f"/api/v1/runs/{run_id}/tags", {"tags": ["x" * 129]})
    assert (await any_site.get(f"/api/v3/runs/{run_id}"))["tags"] == ["a", "b", "c"]
    assert await ids(any_site, "filter[tag]=c") == [run_id]


async def test_tags_that_a_body_adds_are_found(any_site: Site) -> None:
    run = await any_site.run("label", {"tag": "from within"})
    assert await ids(any_site, "filter[tag]=from within") == [run["id"]]


# --- replay, result, keys -------------------------------------------------------------------------------------------


async def test_a_replay_keeps_what_it_was_triggered_with(any_site: Site) -> None:
    first = await any_site.run(
        "count", {"to": 2}, tags=["t"], metadata={"from": "me"}, test=True, region="eu", idempotencyKey="k"
    )
    again = await any_site.post(f"/api/v1/runs/{first['id']}/replay")
    assert again["id"] != first["id"]
    await any_site.ended(again["id"])
    run = await any_site.get(f"/api/v3/runs/{again['id']}")
    kept = ("payload", "tags", "isTest", "region", "metadata", "output", "queue")
    assert {name: run[name] for name in kept} == {name: first[name] for name in kept}
    assert "idempotencyKey" not in run
    assert run["replayedRunId"] == first["id"]


async def test_a_replay_takes_what_is_said_differently(site: Site) -> None:
    first = await site.run("echo", {"value": 1}, tags=["t"], metadata={"a": 1})
    again = await site.post(
        f"/api/v1/runs/{first['id']}/replay",
        {
            "payload": '{"json":{"value":["1970-01-01T00:00:00.000Z"]},"meta":{"values":{"value.0":["Date"]}}}',
            "payloadType": "application/super+json",
            "tags": ["u"],
            "metadata": {"b": 2},
            "queue": "mail",
            "concurrencyKey": 7,
            "priority": 5,
            "maxAttempts": 9,
        },
    )
    await site.ended(again["id"])
    run = await site.get(f"/api/v3/runs/{again['id']}")
    assert run["payload"] == {"value": ["1970-01-01T00:00:00.000Z"]}
    assert (run["tags"], run["metadata"], run["queue"], run["concurrencyKey"]) == (["u"], {"b": 2}, "mail", "7")
    assert (run["priority"], run["maxAttempts"]) == (5, 9)


async def test_a_replay_says_nothing_it_does_not_know(site: Site) -> None:
    first = await site.run("hello")
    for body in ({"nope": 1}, {"maxAttempts": 0}, {"payload": "{", "payloadType": "application/super+json"}):
        await refused(site, 400, "POST", f"/api/v1/runs/{first['id']}/replay", body)
    token = site.bearer("write:runs", "trigger:tasks:hello")
    await refused(site, 403, "POST", f"/api/v1/runs/{first['id']}/replay", headers=token)
    await refused(site, 404, "POST", "/api/v1/runs/run_nope/replay")


async def test_results_of_runs_that_ended_well_and_badly(site: Site) -> None:
    good, bad = await site.run("add", {"a": 1, "b": 2}), await site.run("fail")
    result = await site.get(f"/api/v1/runs/{good['id']}/result")
    assert (result["ok"], result["output"], result["outputType"]) == (True, "3.0", "application/json")
    result = await site.get(f"/api/v1/runs/{bad['id']}/result")
    assert (result["ok"], result["error"]["type"], result["error"]["name"]) == (False, "BUILT_IN_ERROR", "ValueError")
    later = await site.trigger("hello", delay="1h")
    await refused(site, 404, "GET", f"/api/v1/runs/{later}/result")
    await site.post(f"/api/v2/runs/{later}/cancel")
    error = (await site.get(f"/api/v1/runs/{later}/result"))["error"]
    assert (error["type"], error["code"]) == ("INTERNAL_ERROR", "TASK_RUN_CANCELLED")


async def test_a_key_that_is_reset_makes_a_new_run(any_site: Site) -> None:
    first = await any_site.trigger("hello", idempotencyKey="a:b")
    assert await any_site.trigger("hello", idempotencyKey="a:b") == first
    reset = "/api/v1/idempotencyKeys/a:b/reset"
    await refused(any_site, 404, "POST", reset, {"taskIdentifier": "echo"})
    assert await any_site.post(reset, {"taskIdentifier": "hello"}) == {"id": "a:b"}
    assert await any_site.trigger("hello", idempotencyKey="a:b") != first
    await refused(any_site, 403, "POST", reset, {"taskIdentifier": "hello"}, headers=any_site.bearer("write:runs"))


async def test_a_key_of_a_run_that_failed_makes_a_new_run(any_site: Site) -> None:
    failed = await any_site.run("fail", idempotencyKey="k")
    assert await any_site.trigger("fail", idempotencyKey="k") != failed["id"]
    canceled = await any_site.trigger("hello", delay="1h", idempotencyKey="k")
    await any_site.post(f"/api/v2/runs/{canceled}/cancel")
    assert await any_site.trigger("hello", idempotencyKey="k") == canceled


async def test_another_environment_has_runs_of_its_own() -> None:
    async with serving(environments=("dev", "prod")) as site:
        run_id = await site.trigger("hello", idempotencyKey="k")
        prod = site.bearer("trigger:tasks:hello", "read:runs", environment="prod")
        answer = await site.post("/api/v1/tasks/hello/trigger", {"options": {"idempotencyKey": "k"}}, headers=prod)
        assert answer["id"] != run_id
        assert (await site.ended(answer["id"])).environment == "prod"
