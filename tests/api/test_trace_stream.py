"""The live stream of a trace: each entry has what changed within its run, so that nobody has to ask for it."""

from __future__ import annotations

import asyncio
from typing import Any

from runcast.sdk import wait
from runcast.sdk.registry import Registry
from runcast.sdk.step import step
from runcast.sdk.task import task
from tests.api.events import Events, listening
from tests.api.site import Site, sample_tasks, serving


class Shown:
    """What a page that follows a trace knows of the runs within it."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self.entries: dict[tuple[str, str], dict[str, Any]] = {}
        self.old: set[str] = set()

    def put(self, told: list[dict[str, Any]]) -> None:
        for one in told:
            self.statuses[one["d"]["id"]] = one["d"]["status"]
            parts = one.get("parts", {})
            if not parts.get("isWhole", True):
                self.old.add(parts["runId"])
            for entry in parts.get("entries", ()):
                self.entries[parts["runId"], entry["key"]] = entry

    def names(self, run_id: str) -> list[tuple[str, str]]:
        """(name, status) of what a run recorded, by name."""
        found = [entry for (id, _), entry in self.entries.items() if id == run_id]
        return sorted((entry.get("name", "").rpartition(".")[2] or entry["kind"], entry["status"]) for entry in found)

    async def until(self, events: Events, run_id: str, status: str) -> None:
        while self.statuses.get(run_id) != status:
            self.put((await events.next()).json)


def _tasks(gate: asyncio.Event) -> Registry:
    registry = sample_tasks()

    @step
    async def work(number: int) -> int:
        return number

    @task(registry=registry)
    async def busy(steps: int = 2) -> None:
        await gate.wait()
        for number in range(steps):
            await work(number)
        await wait.for_(0.01)

    return registry


async def _begin(site: Site, run_id: str) -> str:
    return str((await site.get(f"/api/v1/runs/{run_id}/timeline"))["seq"])


async def _parts(site: Site, run_id: str) -> list[dict[str, Any]]:
    [parts] = (await site.get(f"/api/v1/runs/{run_id}/timeline/parts?of={run_id}"))["data"]
    return list(parts["entries"])


async def test_a_trace_tells_what_its_runs_record(any_site: Site) -> None:
    run_id = await any_site.trigger("family", {"failures": 0})
    shown = Shown()
    since = "0"
    async with listening(any_site.http, "/api/v1/live", topics=f"trace:{run_id}", lastEventId=since) as events:
        await shown.until(events, run_id, "COMPLETED")
    child = next(id for id in shown.statuses if id != run_id)
    assert shown.statuses == {run_id: "COMPLETED", child: "COMPLETED"}
    assert [(entry["awaits"], entry["status"]) for entry in shown.entries.values()] == [(child, "done")]
    assert list(shown.entries.values()) == await _parts(any_site, run_id)


async def test_what_was_told_is_what_is_recorded_wherever_one_begins() -> None:
    gate = asyncio.Event()
    async with serving(registry=_tasks(gate)) as site:
        run_id = await site.trigger("busy", {"steps": 5})
        since = await _begin(site, run_id)
        shown, late = Shown(), Shown()
        async with listening(site.http, "/api/v1/live", topics=f"trace:{run_id}", lastEventId=since) as events:
            gate.set()
            await shown.until(events, run_id, "COMPLETED")
        async with listening(site.http, "/api/v1/live", topics=f"trace:{run_id}", lastEventId=since) as events:
            await late.until(events, run_id, "COMPLETED")
        recorded = {(run_id, entry["key"]): entry for entry in await _parts(site, run_id)}
    assert shown.names(run_id) == [("sleep", "done")] + [("work", "done")] * 5
    assert shown.entries == late.entries == recorded
    assert not shown.old and not late.old


async def test_a_tree_tells_of_its_runs_alone(site: Site) -> None:
    run_id = await site.trigger("family", {"failures": 0})
    async with listening(site.http, "/api/v1/live", topics=f"tree:{run_id}", lastEventId="0") as events:
        while True:
            told = (await events.next()).json
            assert not any("parts" in one for one in told)
            if any(one["d"]["id"] == run_id and one["d"]["isCompleted"] for one in told):
                break


async def test_beside_a_trace_other_runs_come_without_what_is_within_them() -> None:
    gate = asyncio.Event()
    async with serving(registry=_tasks(gate)) as site:
        run_id, other = await site.trigger("busy"), await site.trigger("busy")
        since, shown = await _begin(site, run_id), Shown()
        topics = f"trace:{run_id},runs"
        async with listening(site.http, "/api/v1/live", topics=topics, lastEventId=since) as events:
            gate.set()
            await shown.until(events, run_id, "COMPLETED")
            await shown.until(events, other, "COMPLETED")
    assert {id for id, _ in shown.entries} == {run_id}


async def test_a_failed_attempt_makes_what_is_known_old(site: Site) -> None:
    run_id = await site.trigger("family", {"failures": 1})
    shown = Shown()
    async with listening(site.http, "/api/v1/live", topics=f"trace:{run_id}", lastEventId="0") as events:
        await shown.until(events, run_id, "COMPLETED")
    assert run_id in shown.old


async def test_a_trace_is_for_secret_keys_as_all_that_is_within_runs(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    topics = {"topics": f"trace:{run_id}"}
    for path in ("/api/v1/live/snapshot", "/api/v1/live"):
        for scope in (f"read:runs:{run_id}", "read:tags:blue", "read:runs"):
            answer = await idle_site.http.get(path, params=topics, headers=idle_site.bearer(scope))
            assert answer.status_code == 403, (path, scope)
    timeline = await idle_site.http.get(f"/api/v1/runs/{run_id}/timeline", headers=idle_site.bearer("read:runs"))
    assert timeline.status_code == 403
    assert (await idle_site.http.get("/api/v1/live/snapshot", params=topics)).status_code == 200
