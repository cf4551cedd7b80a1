"""Timelines over HTTP: a tree of runs with what is within them, and afterwards only what changed."""

from __future__ import annotations

import asyncio
from typing import Any

from runcast.domain.ids import RunId
from runcast.domain.retry import Retry
from runcast.gateway import Watch
from runcast.sdk import logger
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from tests.api.site import PATIENCE_S, Site, sample_tasks, serving


async def told_of_tries(site: Site, run_id: str, number: int) -> list[dict[str, Any]]:
    """The tries of a run's steps, as soon as there are as many."""
    async with asyncio.timeout(PATIENCE_S):
        async for _ in site.engine.watch(Watch(run_ids=(RunId(run_id),))):
            [parts] = (await site.get(f"/api/v1/runs/{run_id}/timeline"))["parts"]
            if len(parts["tries"]) >= number:
                tries: list[dict[str, Any]] = parts["tries"]
                return tries
    raise AssertionError("the feed ended")


async def test_a_timeline_has_the_runs_of_a_tree_and_what_they_recorded(any_site: Site) -> None:
    run = await any_site.run("family")
    answer = await any_site.get(f"/api/v1/runs/{run['id']}/timeline")
    parent, child = answer["runs"]
    assert (parent["id"], parent["task"], parent["status"], parent["attempt"]) == (run["id"], "family", "COMPLETED", 2)
    assert (child["parentId"], child["task"]) == (run["id"], "hello")
    assert parent["createdAt"] <= parent["startedAt"] <= parent["finishedAt"]
    [parts, within] = answer["parts"]
    [entry] = parts["entries"]
    assert (entry["kind"], entry["status"], entry["awaits"]) == ("child", "done", child["id"])
    [attempt] = parts["attempts"]
    assert (attempt["number"], attempt["error"]) == (1, {"name": "ValueError", "message": "not yet"})
    assert (within["runId"], within["entries"]) == (child["id"], [])
    assert answer["isTruncated"] is False and answer["rootId"] == run["id"]


async def test_a_child_has_a_timeline_of_its_own(site: Site) -> None:
    run = await site.run("family")
    [_, child] = (await site.get(f"/api/v1/runs/{run['id']}/timeline"))["runs"]
    below = await site.get(f"/api/v1/runs/{child['id']}/timeline")
    assert [one["id"] for one in below["runs"]] == [child["id"]]
    assert below["rootId"] == run["id"]


async def test_nothing_is_told_of_runs_of_another_tree(site: Site) -> None:
    run, other = await site.run("family"), await site.run("family")
    path = f"/api/v1/runs/{run['id']}/timeline/parts"
    assert (await site.get(f"{path}?of={other['id']}"))["data"] == []
    assert (await site.http.get(f"{path}?of=")).status_code == 400
    assert (await site.http.get("/api/v1/runs/run_none/timeline")).status_code == 404


async def test_a_step_that_takes_a_while_is_told_before_it_is_done() -> None:
    registry, gate = sample_tasks(), asyncio.Event()

    @step
    async def slow() -> None:
        logger.info("inside")
        await gate.wait()

    @task(registry=registry)
    async def patient() -> None:
        logger.info("outside")
        await slow()

    async with serving(registry=registry) as site:
        run_id = await site.trigger("patient")
        [told] = await told_of_tries(site, run_id, 1)
        assert (told["name"].rpartition(".")[2], told["number"]) == ("slow", 1) and "failedAt" not in told
        gate.set()
        await site.ended(run_id)
        [parts] = (await site.get(f"/api/v1/runs/{run_id}/timeline"))["parts"]
        assert [(entry["key"], entry["status"]) for entry in parts["entries"]] == [(told["key"], "done")]
        outside, inside = (await site.get(f"/api/v1/runs/{run_id}/logs"))["data"]
        assert (outside.get("step"), inside.get("step")) == (None, told["key"])


async def test_tries_that_failed_say_why_and_when_the_next_one_begins() -> None:
    registry = Registry()
    failures = iter([ValueError("first"), ValueError("second"), None])

    @step(retry=Retry(max_attempts=3, min_s=0.01, max_s=0.02))
    async def shaky() -> str:
        if (error := next(failures)) is not None:
            raise error
        return "done"

    @task(registry=registry)
    async def persistent() -> str:
        return await shaky()

    async with serving(registry=registry) as site:
        run_id = await site.trigger("persistent")
        await site.ended(run_id)
        [parts] = (await site.get(f"/api/v1/runs/{run_id}/timeline"))["parts"]
        first, second, third = parts["tries"]
        assert [one["error"]["message"] for one in (first, second)] == ["first", "second"]
        assert first["failedAt"] < first["retryAt"] <= second["startedAt"] + 1
        assert "failedAt" not in third
        [entry] = parts["entries"]
        assert (entry["tries"], entry["status"]) == (3, "done")


async def test_a_step_that_is_done_at_once_is_told_by_its_record_alone() -> None:
    registry = Registry()

    @step
    async def quick() -> int:
        return 1

    @task(registry=registry)
    async def brief() -> int:
        return await quick()

    async with serving(registry=registry) as place:
        run_id = await place.trigger("brief")
        await place.ended(run_id)
        [parts] = (await place.get(f"/api/v1/runs/{run_id}/timeline"))["parts"]
        assert (len(parts["entries"]), parts["tries"]) == (1, [])
