"""What a page of a run asks for besides the run: its attempts, what may be expected of its task, and going on past a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from runcast import Retry, current_run, metadata, step, task
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from tests.api.site import Site, serving


@step(retry=Retry(max_attempts=1))
async def find_address(name: str) -> str:
    raise LookupError(f"nobody knows where {name} lives")


@step
async def find_name(number: int) -> str:
    return f"person {number}"


def post_tasks() -> Registry:
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def post(number: int = 1) -> str:
        name = await find_name(number)
        metadata.increment("looked")
        return f"{name}: {await find_address(name)}"

    @task(registry=registry, retry=Retry(max_attempts=3, min_s=0.1, max_s=0.12))
    async def stumble() -> None:
        raise OSError("the line is down")

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=3_600, max_s=7_200))
    async def rest_between() -> None:
        raise OSError("later")

    @task(registry=registry)
    async def sort_mail() -> None:
        current_run().count(ok=2, failed=1)

    @task(registry=registry)
    async def hello() -> str:
        return "hello"

    @task(registry=registry)
    async def hang() -> None:
        metadata.set("began", True)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    return registry


@pytest.fixture(params=["memory", "postgres"])
async def office(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    address = ":memory:" if request.param == "memory" else request.getfixturevalue("postgres")
    async with serving(address, post_tasks()) as site:
        yield site


async def test_attempts_are_listed_with_their_errors_and_the_worker(office: Site) -> None:
    run_id = (await office.run("stumble"))["id"]
    found = await office.get(f"/api/v1/runs/{run_id}/attempts")
    assert [one["number"] for one in found["data"]] == [1, 2, 3]
    assert all(one["error"]["message"] == "the line is down" for one in found["data"])
    assert all(one["startedAt"] <= one["finishedAt"] for one in found["data"])
    assert "nextAt" not in found


async def test_a_run_that_counted_its_items_says_how_they_ended(office: Site) -> None:
    run_id = (await office.run("sort_mail"))["id"]
    found = await office.get(f"/api/v1/runs/{run_id}/attempts")
    assert found["counts"] == {"ok": 2, "failed": 1, "skipped": 0, "outcome": "partial"}


async def test_a_run_between_two_attempts_says_when_the_next_one_begins(office: Site) -> None:
    run_id = await office.trigger("rest_between")
    await office.until(run_id, lambda run: run.status is RunStatus.DELAYED and run.attempt == 1)
    found = await office.get(f"/api/v1/runs/{run_id}/attempts")
    assert found["nextAt"] > found["data"][0]["startedAt"]


async def test_how_long_runs_of_a_task_take_is_told_with_how_many_it_was_seen_of(office: Site) -> None:
    assert await office.get("/api/v1/tasks/hello/durations") == {"count": 0}
    for _ in range(3):
        await office.run("hello")
    await office.run("post")
    found = await office.get("/api/v1/tasks/hello/durations")
    assert found["count"] == 3
    assert 0 <= found["p50Ms"] <= found["p95Ms"]
    assert await office.get("/api/v1/tasks/post/durations") == {"count": 0}


async def test_a_run_goes_on_past_a_step_whose_result_a_person_knows(office: Site) -> None:
    failed = (await office.run("post", {"number": 7}))["id"]
    made = await office.post(f"/api/v1/runs/{failed}/skip", {"key": "find_address", "value": "12 Mill Lane"})
    run = await office.ended(made["id"])
    assert (run.status, run.output) == (RunStatus.COMPLETED, '"person 7: 12 Mill Lane"')
    assert run.metadata == '{"looked":1}'
    attempts = await office.get(f"/api/v1/runs/{made['id']}/attempts")
    assert attempts["resumedFromId"] == failed
    assert (await office.get(f"/api/v1/runs/{failed}/attempts"))["continuedById"] == made["id"]


async def test_only_what_failed_in_a_run_that_ended_is_skipped(office: Site) -> None:
    failed = (await office.run("post"))["id"]
    done = await office.http.post(f"/api/v1/runs/{failed}/skip", json={"key": "find_name", "value": 1})
    assert (done.status_code, "no entry that failed" in done.text) == (404, True)
    assert (await office.get(f"/api/v1/runs/{failed}/attempts")).get("continuedById") is None
    live = await office.trigger("rest_between")
    refused = await office.http.post(f"/api/v1/runs/{live}/skip", json={"key": "find_name", "value": 1})
    assert (refused.status_code, "has ended" in refused.text) == (422, True)


async def test_public_tokens_see_none_of_it(office: Site) -> None:
    run_id = (await office.run("hello"))["id"]
    token = office.bearer(f"read:runs:{run_id}", f"write:runs:{run_id}")
    for path in (f"runs/{run_id}/attempts", "tasks/hello/durations"):
        assert (await office.http.get(f"/api/v1/{path}", headers=token)).status_code == 403
    body = {"key": "x", "value": 1}
    assert (await office.http.post(f"/api/v1/runs/{run_id}/skip", json=body, headers=token)).status_code == 403


async def test_a_body_that_does_not_end_is_said_and_an_operator_frees_its_slot(office: Site) -> None:
    run_id = await office.trigger("hang")
    await office.until(run_id, lambda run: run.metadata != "{}")
    assert "stopping" not in await office.get(f"/api/v1/runs/{run_id}/attempts")
    await office.http.post(f"/api/v2/runs/{run_id}/cancel")
    left = (await office.get(f"/api/v1/runs/{run_id}/attempts"))["stopping"]
    assert (left["bodies"], left["since"]) == (1, (await office.get(f"/api/v3/runs/{run_id}"))["finishedAt"])

    token = office.bearer(f"write:runs:{run_id}")
    refused = await office.http.post(f"/api/v2/runs/{run_id}/cancel", json={"force": True}, headers=token)
    assert refused.status_code == 403
    assert (await office.http.post(f"/api/v2/runs/{run_id}/cancel", headers=token)).status_code == 200

    forced = await office.http.post(f"/api/v2/runs/{run_id}/cancel", json={"force": True})
    assert forced.json() == {"id": run_id}
    assert "stopping" not in await office.get(f"/api/v1/runs/{run_id}/attempts")
    lines = (await office.get(f"/api/v1/runs/{run_id}/logs"))["data"]
    assert lines[-1]["message"].startswith("forced: the slot was freed")
