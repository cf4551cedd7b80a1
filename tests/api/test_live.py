"""The live stream: what changes is told once, in order, to whoever may see it; who comes back misses nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from runcast.api import live, sse
from runcast.domain.ids import RunId
from runcast.store import prune
from runcast.store.news import span
from tests.api.events import Events, listening
from tests.api.site import Site, serving


def _statuses(data: list[dict[str, Any]]) -> dict[str, str]:
    return {entry["d"]["id"]: entry["d"]["status"] for entry in data}


async def _until_status(events: Events, run_id: str, status: str) -> list[dict[str, Any]]:
    seen = []
    while True:
        for entry in (await events.next()).json:
            if entry["t"] == f"run:{run_id}":
                seen.append(entry)
                if entry["d"]["status"] == status:
                    return seen


async def _open(site: Site) -> int:
    """Until the server follows for as many streams as there are."""
    async with asyncio.timeout(5):
        while not site.engine.hub.followers:
            await asyncio.sleep(0)
    return site.engine.hub.followers


async def test_a_snapshot_and_then_the_stream_show_everything_once(any_site: Site) -> None:
    run_id = await any_site.trigger("hold")
    before = await any_site.get("/api/v1/live/snapshot", params={"topics": f"run:{run_id}"})
    assert [entry["d"]["id"] for entry in before["data"]] == [run_id]
    async with listening(
        any_site.http, "/api/v1/live", topics=f"run:{run_id}", lastEventId=str(before["seq"])
    ) as events:
        await any_site.engine.cancel([RunId(run_id)])
        seen = await _until_status(events, run_id, "CANCELED")
    assert [entry["seq"] for entry in seen] == sorted({entry["seq"] for entry in seen})
    assert all(entry["seq"] > before["seq"] for entry in seen)
    assert "status" in seen[-1]["kinds"]
    assert seen[-1]["d"]["isCancelled"]


async def test_an_ended_run_comes_with_its_output(site: Site) -> None:
    async with listening(site.http, "/api/v1/live", topics="runs") as events:
        run_id = await site.trigger("add", {"a": 1, "b": 2})
        seen = await _until_status(events, run_id, "COMPLETED")
    assert seen[-1]["d"]["output"] == 3
    assert "payload" not in seen[-1]["d"]


@pytest.mark.parametrize("topic", ["run:{}", "tree:{}", "tag:blue", "runs"])
async def test_each_topic_tells_of_its_runs_and_of_no_other(idle_site: Site, topic: str) -> None:
    run_id = await idle_site.trigger("hello", tags=["blue"])
    other = await idle_site.trigger("hello", tags=["red"])
    topics = topic.format(run_id)
    snapshot = await idle_site.get("/api/v1/live/snapshot", params={"topics": topics})
    expected = {run_id, other} if topic == "runs" else {run_id}
    assert set(_statuses(snapshot["data"])) == expected
    async with listening(idle_site.http, "/api/v1/live", topics=topics, lastEventId=str(snapshot["seq"])) as events:
        await idle_site.engine.cancel([RunId(other)])
        await idle_site.engine.cancel([RunId(run_id)])
        seen: dict[str, str] = {}
        while run_id not in seen:
            seen |= _statuses((await events.next()).json)
    assert set(seen) == expected


async def test_who_comes_back_with_the_last_id_gets_what_it_missed(idle_site: Site) -> None:
    run_id, other = await idle_site.trigger("hello"), await idle_site.trigger("hello")
    topics = f"run:{run_id},run:{other}"
    async with listening(idle_site.http, "/api/v1/live", topics=topics) as events:
        await idle_site.engine.cancel([RunId(other)])
        await events.next()
    await idle_site.engine.cancel([RunId(run_id)])
    headers = {"Last-Event-ID": events.last_id}
    async with listening(idle_site.http, "/api/v1/live", headers=headers, topics=topics) as events:
        assert _statuses((await events.next()).json) == {run_id: "CANCELED"}


async def test_who_was_away_too_long_is_told_to_begin_anew(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    await idle_site.trigger("hello")
    later = idle_site.engine.clock.now_ms() + 1_000
    await idle_site.engine.store.write(lambda: prune.prune(later))
    await idle_site.trigger("hello")
    async with listening(idle_site.http, "/api/v1/live", topics=f"run:{run_id}", lastEventId="0") as events:
        event = await events.next()
        assert (event.name, event.json) == ("reset", {"topics": [f"run:{run_id}"]})
        assert int(event.id) == (await idle_site.engine.store.read(span))[1]
    async with listening(idle_site.http, "/api/v1/live", topics="runs", lastEventId="99999999") as events:
        assert (await events.next()).name == "reset"


async def test_a_hidden_page_gets_what_changed_meanwhile_in_one_event(idle_site: Site) -> None:
    runs = [await idle_site.trigger("hello") for _ in range(3)]
    async with listening(idle_site.http, "/api/v1/live", topics="runs", pace="400") as events:
        for run_id in runs:
            await idle_site.engine.cancel([RunId(run_id)])
        first = _statuses((await events.next()).json)
        rest = _statuses((await events.next()).json) if len(first) < 3 else {}
    assert set(first) | set(rest) == set(runs)


async def test_a_quiet_stream_is_pinged_and_its_id_moves_on(idle_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_S", 0.01)
    run_id = await idle_site.trigger("hello")
    async with listening(idle_site.http, "/api/v1/live", topics=f"run:{run_id}") as events:
        first = events.last_id
        await idle_site.trigger("hello")
        newest = (await idle_site.engine.store.read(span))[1]
        async with asyncio.timeout(10):
            async for line in events._lines:
                if line == f"id: {newest}":
                    break
        assert first != str(newest)


async def test_a_stream_that_is_left_is_forgotten(idle_site: Site) -> None:
    async with listening(idle_site.http, "/api/v1/live", topics="runs"):
        assert await _open(idle_site) == 1
    async with asyncio.timeout(5):
        while idle_site.engine.hub.followers:
            await asyncio.sleep(0)


async def test_streams_end_when_the_server_stops_so_that_browsers_come_back(idle_site: Site) -> None:
    async with listening(idle_site.http, "/api/v1/live", topics="runs") as events:
        stopped = asyncio.create_task(idle_site.server.stop())
        assert await events.rest() == []
        await asyncio.wait_for(stopped, 10)


@pytest.mark.parametrize(
    ("scope", "topics", "status"),
    [
        ("read:runs:{run}", "run:{run}", 200),
        ("read:runs:{run}", "tree:{run}", 200),
        ("read:tags:blue", "run:{run}", 200),
        ("read:tags:blue", "tag:blue", 200),
        ("read:runs", "runs", 200),
        ("read:runs:{run}", "runs", 403),
        ("read:runs:{run}", "tag:blue", 403),
        ("read:runs:other", "run:{run}", 403),
        ("read:tags:blue", "run:unknown", 404),
        ("read:runs", "topic:todo.items", 403),
        ("read:topics:todo.items", "topic:todo.items", 200),
        ("read:batch:b", "batch:b", 200),
        ("read:batch:b", "batch:c", 403),
        ("read:runs", "", 400),
        ("read:runs", "run:", 400),
        ("read:runs", "cell:1", 400),
    ],
)
async def test_tokens_follow_what_their_scopes_say(idle_site: Site, scope: str, topics: str, status: int) -> None:
    run_id = await idle_site.trigger("hello", tags=["blue"])
    answer = await idle_site.http.get(
        "/api/v1/live/snapshot",
        params={"topics": topics.format(run=run_id)},
        headers=idle_site.bearer(scope.format(run=run_id)),
    )
    assert answer.status_code == status, answer.text
    if status != 200:
        answer = await idle_site.http.get(
            "/api/v1/live",
            params={"topics": topics.format(run=run_id)},
            headers=idle_site.bearer(scope.format(run=run_id)),
        )
        assert answer.status_code == status


async def test_runs_of_another_environment_are_never_shown(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello", tags=["blue"])
    headers = idle_site.bearer("read:runs", "read:tags", environment="prod")
    topics = f"run:{run_id},tree:{run_id},tag:blue,runs"
    answer = await idle_site.http.get("/api/v1/live/snapshot", params={"topics": topics}, headers=headers)
    assert answer.json()["data"] == []
    async with (
        listening(idle_site.http, "/api/v1/live", topics="runs") as own,
        listening(idle_site.http, "/api/v1/live", headers=headers, topics=topics, lastEventId="0") as others,
    ):
        await idle_site.engine.cancel([RunId(run_id)])
        await own.next()
        await idle_site.server.stop()
        assert await others.rest() == []


async def test_what_a_token_skips_is_not_on_the_stream(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello", metadata={"secret": 1})
    headers = idle_site.bearer(f"read:runs:{run_id}", skip_columns=["metadata"])
    answer = await idle_site.http.get("/api/v1/live/snapshot", params={"topics": f"run:{run_id}"}, headers=headers)
    assert "metadata" not in answer.json()["data"][0]["d"]


async def test_another_server_tells_what_happens_at_the_first(postgres: str) -> None:
    async with serving(postgres, environments=()) as one, serving(postgres, environments=()) as other:
        run_id = await one.trigger("hello")
        async with listening(other.http, "/api/v1/live", topics=f"run:{run_id}") as events:
            await one.engine.cancel([RunId(run_id)])
            await _until_status(events, run_id, "CANCELED")


async def test_a_server_takes_only_so_many_streams(idle_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAMS_MAX", 1)
    async with listening(idle_site.http, "/api/v1/live", topics="runs"):
        answer: httpx2.Response = await idle_site.http.get("/api/v1/live", params={"topics": "runs"})
        assert answer.status_code == 429
