"""The live stream: what changes is told once, in order, to whoever may see it; who comes back misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from runcast.api import live, sse
from runcast.api.keys import make_key
from runcast.clock import ManualClock
from runcast.domain.access import Revocation, Role
from runcast.domain.ids import RunId
from runcast.domain.run import NewRun
from runcast.store import news, prune
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
        ("read:runs:{run}", "tree:{run}", 403),
        ("read:runs", "tree:{run}", 200),
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


async def test_what_is_left_out_for_one_is_not_shown_to_another(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello", metadata={"secret": 1})
    tokens = [
        idle_site.bearer("read:runs", skip_columns=columns) for columns in (["metadata,output"], ["metadata", "output"])
    ]
    streams = [listening(idle_site.http, "/api/v1/live", headers=token, topics="runs") for token in tokens]
    async with streams[0] as careless, streams[1] as careful:
        await idle_site.engine.cancel([RunId(run_id)])
        assert "metadata" in (await careless.next()).json[0]["d"]
        assert "metadata" not in (await careful.next()).json[0]["d"]


async def test_whatever_an_id_has_in_it_is_one_event(idle_site: Site) -> None:
    hostile = RunId('run_","seq":1}]\n\nevent: reset\ndata: []\n\n')
    async with listening(idle_site.http, "/api/v1/live", topics="runs") as events:
        await idle_site.engine.trigger([NewRun(hostile, "hello")])
        event = await events.next()
    assert (event.name, [entry["t"] for entry in event.json]) == ("message", [f"run:{hostile}"])
    (shown,) = (await idle_site.get("/api/v1/live/snapshot", params={"topics": "runs"}))["data"]
    assert shown["t"] == f"run:{hostile}"


async def test_another_server_tells_what_happens_at_the_first(postgres: str) -> None:
    async with serving(postgres, environments=()) as one, serving(postgres, environments=()) as other:
        run_id = await one.trigger("hello")
        async with listening(other.http, "/api/v1/live", topics=f"run:{run_id}") as events:
            await one.engine.cancel([RunId(run_id)])
            await _until_status(events, run_id, "CANCELED")


async def _broken_off(lines: AsyncIterator[str]) -> None:
    async with asyncio.timeout(20):
        async for _ in lines:
            pass


@pytest.mark.parametrize("path", ["/api/v1/live?topics=run:RUN", "/realtime/v1/streams/RUN/words"])
async def test_a_stream_ends_when_its_key_is_revoked(
    any_site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "PING_S", 0.02)
    path = path.replace("RUN", await any_site.trigger("hold"))
    key, new = make_key("page", role=Role.VIEWER)
    made = await any_site.engine.add_key(new)
    async with any_site.http.stream("GET", path, headers={"Authorization": f"Bearer {key}"}) as response:
        lines = response.aiter_lines()
        while not (await anext(lines)).startswith(":"):
            pass
        await any_site.engine.revoke_key(made.id)
        with pytest.raises(httpx2.RemoteProtocolError):
            await _broken_off(lines)


async def test_a_stream_ends_when_its_token_is_revoked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_S", 0.02)
    headers = site.bearer("read:runs")
    async with site.http.stream("GET", "/api/v1/live?topics=runs", headers=headers) as response:
        token = headers["Authorization"].removeprefix("Bearer ")
        assert await site.engine.revoke_public_tokens(Revocation(token=token)) == 1
        with pytest.raises(httpx2.RemoteProtocolError):
            await _broken_off(response.aiter_lines())


async def test_a_stream_ends_with_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_S", 0.02)
    clock = ManualClock(1_800_000_000_000)
    async with serving(environments=(), clock=clock) as site:
        headers = site.bearer("read:runs", lifetime_s=60)
        async with site.http.stream("GET", "/api/v1/live?topics=runs", headers=headers) as response:
            clock.advance(61_000)
            with pytest.raises(httpx2.RemoteProtocolError):
                await _broken_off(response.aiter_lines())


async def test_a_server_takes_only_so_many_streams(idle_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAMS_MAX", 1)
    async with listening(idle_site.http, "/api/v1/live", topics="runs"):
        answer: httpx2.Response = await idle_site.http.get("/api/v1/live", params={"topics": "runs"})
        assert answer.status_code == 429


async def test_who_comes_back_is_told_of_a_stream_that_began_meanwhile(idle_site: Site) -> None:
    run_id = await idle_site.trigger("hello")
    before = await idle_site.get("/api/v1/live/snapshot", params={"topics": f"run:{run_id}"})
    await idle_site.http.post(f"/realtime/v1/streams/{run_id}/self/words/append", content="one")
    async with listening(
        idle_site.http, "/api/v1/live", topics=f"run:{run_id}", lastEventId=str(before["seq"])
    ) as events:
        [entry] = (await events.next()).json
    assert entry["d"]["streams"] == ["words"]
    again = await idle_site.get("/api/v1/live/snapshot", params={"topics": f"run:{run_id}"})
    assert again["data"][0]["d"]["streams"] == ["words"]


async def test_the_id_never_goes_back_behind_what_was_told(idle_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_S", 0.01)
    run_id = await idle_site.trigger("hello")
    read = idle_site.engine.store.read

    async def keep_the_hub_waiting(factory: Any) -> Any:
        if getattr(factory, "func", None) is news.news:
            await asyncio.Event().wait()
        return await read(factory)

    async with listening(idle_site.http, "/api/v1/live", topics=f"run:{run_id}"):
        monkeypatch.setattr(idle_site.engine.store, "read", keep_the_hub_waiting)
        await idle_site.engine.cancel([RunId(run_id)])
        async with listening(idle_site.http, "/api/v1/live", topics=f"run:{run_id}", lastEventId="0") as events:
            ids: list[int] = []
            async with asyncio.timeout(10):
                async for line in events._lines:
                    if line.startswith("id: "):
                        ids.append(int(line[4:]))
                    if len(ids) == 4:
                        break
        monkeypatch.undo()
    newest = (await read(span))[1]
    assert ids == [newest] * 4


async def test_who_wants_few_events_and_leaves_is_forgotten_at_once(idle_site: Site) -> None:
    runs = [await idle_site.trigger("hello") for _ in range(2)]
    async with listening(idle_site.http, "/api/v1/live", topics="runs", pace="60000") as events:
        for run_id in runs:
            await idle_site.engine.cancel([RunId(run_id)])
            if run_id == runs[0]:
                await events.next()
        async with asyncio.timeout(5):
            while idle_site.engine.hub.cursor < (await idle_site.engine.store.read(span))[1]:
                await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while idle_site.engine.hub.followers:
            await asyncio.sleep(0)
