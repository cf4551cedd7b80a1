"""Bulk actions: what they reach and what not, counts, abort, and a restart in the middle."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runcast.domain.limits import BULK_RUNS_PER_TICK
from runcast.gateway import RunFilter
from runcast.store import bulk
from runcast.store.bulk import NewBulk
from tests.api.site import PATIENCE_S, Site, serving

ACTIONS = "/api/v1/bulk-actions"


async def trigger(site: Site, count: int, **options: Any) -> list[str]:
    return [await site.trigger("hello", delay="1h", **options) for _ in range(count)]


async def finished(site: Site, bulk_id: str) -> dict[str, Any]:
    """The action, once it is not pending any more."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            action: dict[str, Any] = await site.get(f"{ACTIONS}/{bulk_id}")
            if action["status"] != "PENDING":
                return action


async def carry_out(site: Site, **body: Any) -> dict[str, Any]:
    return await finished(site, (await site.post(ACTIONS, body))["id"])


async def statuses(site: Site, run_ids: list[str]) -> set[str]:
    return {(await site.get(f"/api/v3/runs/{run_id}"))["status"] for run_id in run_ids}


async def test_runs_that_fit_are_canceled_and_no_others(any_site: Site) -> None:
    doomed = await trigger(any_site, BULK_RUNS_PER_TICK + 3, tags=["doomed"])
    spared = await trigger(any_site, 2, tags=["spared"])
    action = await carry_out(any_site, action="cancel", filter={"tag": "doomed"}, name="tidy up")
    count = len(doomed)
    assert (action["type"], action["status"], action["name"]) == ("CANCEL", "COMPLETED", "tidy up")
    assert action["counts"] == {"total": count, "success": count, "failure": 0}
    assert action["completedAt"] >= action["createdAt"]
    assert await statuses(any_site, doomed) == {"CANCELED"}
    assert await statuses(any_site, spared) == {"DELAYED"}
    page = await any_site.get(f"/api/v1/runs?filter[bulkAction]={action['id']}&page[size]=100")
    assert {run["id"] for run in page["data"]} == set(doomed)


async def test_named_runs_are_replayed(any_site: Site) -> None:
    first = await any_site.run("hello", {"name": "you"}, tags=["t"])
    other = await any_site.run("hello")
    ids = [first["id"], other["id"], "run_nope"]
    action = await carry_out(any_site, action="replay", runIds=ids, targetRegion="eu")
    assert action["counts"] == {"total": 2, "success": 2, "failure": 0}
    again = (await any_site.get(f"/api/v1/runs?filter[bulkAction]={action['id']}&filter[tag]=t"))["data"]
    assert [run["region"] for run in again] == ["eu"]
    assert (await any_site.ended(again[0]["id"])).output == '"hello you"'


async def test_a_replay_does_not_replay_its_replays(site: Site) -> None:
    await site.run("fail")
    action = await carry_out(site, action="replay", filter={"status": ["FAILED"]})
    assert action["counts"]["success"] == 1


async def test_failed_runs_are_resumed_once_and_others_are_not(any_site: Site) -> None:
    failed, fine = await any_site.run("fail"), await any_site.run("hello")
    ids = [failed["id"], fine["id"]]
    action = await carry_out(any_site, action="resume", runIds=ids)
    assert (action["type"], action["counts"]) == ("RESUME", {"total": 2, "success": 1, "failure": 1})
    made = (await any_site.get(f"/api/v1/runs?filter[bulkAction]={action['id']}"))["data"]
    assert [run["taskIdentifier"] for run in made] == ["fail"]
    again = await carry_out(any_site, action="resume", runIds=ids)
    assert again["counts"] == {"total": 2, "success": 0, "failure": 2}


async def test_runs_that_have_ended_are_counted_as_failures(site: Site) -> None:
    run = await site.run("hello")
    action = await carry_out(site, action="cancel", runIds=[run["id"]])
    assert action["counts"] == {"total": 1, "success": 0, "failure": 1}


async def test_an_action_that_finds_nothing_is_complete(site: Site) -> None:
    action = await carry_out(site, action="cancel", filter={"tag": ["nobody"]})
    assert (action["status"], action["counts"]["total"]) == ("COMPLETED", 0)


async def test_runs_of_another_environment_are_not_reached(site: Site) -> None:
    doomed = await trigger(site, 1)
    new = NewBulk(id="bulk_other", kind="cancel", filter=RunFilter(environment="prod"), total=0)
    await site.engine.store.write(partial(bulk.create, new, site.engine.clock.now_ms()))
    assert (await site.http.get(f"{ACTIONS}/bulk_other")).status_code == 404
    assert (await site.http.post(f"{ACTIONS}/bulk_other/abort")).status_code == 404
    assert await statuses(site, doomed) == {"DELAYED"}


async def test_actions_are_listed_newest_first(idle_site: Site) -> None:
    made = [(await idle_site.post(ACTIONS, {"action": "cancel", "filter": {"tag": "x"}}))["id"] for _ in range(3)][::-1]
    first = await idle_site.get(f"{ACTIONS}?page[size]=2")
    assert [action["id"] for action in first["data"]] == made[:2]
    second = await idle_site.get(f"{ACTIONS}?page[size]=2&page[after]={first['pagination']['next']}")
    assert [action["id"] for action in second["data"]] == made[2:]
    back = await idle_site.get(f"{ACTIONS}?page[size]=2&page[before]={second['pagination']['previous']}")
    assert [action["id"] for action in back["data"]] == made[:2]


@pytest.mark.parametrize(
    "body",
    [
        {"action": "cancel"},
        {"action": "cancel", "filter": {}},
        {"action": "cancel", "filter": {"tag": []}},
        {"action": "cancel", "filter": {"tag": "x"}, "runIds": ["run_1"]},
        {"action": "cancel", "runIds": []},
        {"action": "cancel", "runIds": ["run_1"] * 1_001},
        {"action": "delete", "runIds": ["run_1"]},
        {"action": "cancel", "filter": {"status": "FROZEN"}},
        {"action": "cancel", "filter": {"period": "1x"}},
        {"action": "cancel", "filter": {"status": "COMPLETED", "hasError": True}},
        {"action": "cancel", "runIds": ["run_1"], "name": "x" * 256},
    ],
)
async def test_what_makes_no_sense_is_refused(site: Site, body: Any) -> None:
    assert (await site.http.post(ACTIONS, json=body)).status_code == 400
    assert (await site.get(ACTIONS))["data"] == []


async def test_only_secret_keys_act_in_bulk(site: Site) -> None:
    body = {"action": "cancel", "runIds": ["run_1"]}
    token = site.bearer("write:runs", "read:runs")
    assert (await site.http.post(ACTIONS, json=body, headers=token)).status_code == 403
    assert (await site.http.get(ACTIONS, headers=token)).status_code == 403


async def test_an_aborted_action_does_no_more(site: Site) -> None:
    runs = await trigger(site, 3)
    now = site.engine.clock.now_ms()
    new = NewBulk(id="bulk_slow", kind="cancel", filter=RunFilter(environment="dev"), total=3)
    await site.engine.store.write(partial(bulk.create, new, now))
    (piece,) = await site.engine.store.read(partial(bulk.next_pieces, 10))
    assert await site.post(f"{ACTIONS}/bulk_slow/abort") == {"id": "bulk_slow"}
    await site.engine.store.write(partial(bulk.cancel, piece, now))
    assert (await finished(site, "bulk_slow"))["status"] == "ABORTED"
    assert await statuses(site, runs) == {"DELAYED"}
    await site.post(f"{ACTIONS}/bulk_slow/abort")


async def test_a_piece_counts_once_whoever_carries_it_out(site: Site) -> None:
    await trigger(site, BULK_RUNS_PER_TICK + 1)
    now = site.engine.clock.now_ms()
    new = NewBulk(id="bulk_twice", kind="cancel", filter=RunFilter(environment="dev"), total=0)
    await site.engine.store.write(partial(bulk.create, new, now))
    (piece,) = await site.engine.store.read(partial(bulk.next_pieces, 10))
    for _ in range(2):
        await site.engine.store.write(partial(bulk.cancel, piece, now))
    site.engine.carry_out()
    action = await finished(site, "bulk_twice")
    assert action["counts"] == {"total": BULK_RUNS_PER_TICK + 1, "success": BULK_RUNS_PER_TICK + 1, "failure": 0}


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    database = str(tmp_path / "runcast.db")
    async with serving(database, environments=()) as site:
        runs = await trigger(site, 5)
        new = NewBulk(id="bulk_restart", kind="cancel", filter=RunFilter(environment="dev"), total=5)
        await site.engine.store.write(partial(bulk.create, new, site.engine.clock.now_ms()))
    async with serving(database, environments=()) as site:
        assert (await finished(site, "bulk_restart"))["counts"]["success"] == 5
        assert await statuses(site, runs) == {"CANCELED"}
