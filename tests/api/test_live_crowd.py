"""Many who follow, a server that is restarted, clients that do not read: nobody misses anything, nobody is waited for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from runcast.api import sse
from runcast.store import changes
from runcast.store.script import Script, call
from tests.api.events import listening
from tests.api.site import Site, serving

RUNS = 5
FOLLOWERS = 20
CHANGES = 40


async def _change(site: Site, run_id: str, text: str) -> None:
    await site.engine.store.write(lambda: _set(run_id, text, site.engine.clock.now_ms()))


def _set(run_id: str, text: str, now: int) -> Script[None]:
    """Another change of a run: its metadata."""
    rows = yield call("metadata_rows", ids=[[run_id]])
    yield call("set_metadata", rows=[[run_id, text, "[]"]])
    yield from changes.append([(row.id, row.root_id, row.version + 1, "metadata", row.status, now) for row in rows])


class _Viewer:
    """Follows one run over the servers' restarts, as a browser does: it comes back with the last id that it has."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.seen: list[int] = []
        self._last_id = ""

    async def watch(self, http: httpx2.AsyncClient, last: int) -> None:
        """Until it has seen `last`, or the server ends the stream."""
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        async with listening(http, "/api/v1/live", headers=headers, topics=f"run:{self.run_id}") as events:
            async for event in events:
                assert event.name == "message"
                self.seen.extend(entry["d"]["metadata"].get("n", -1) for entry in event.json)
                self._last_id = event.id
                if last in self.seen:
                    return
            self._last_id = events.last_id


async def _followed(site: Site, count: int) -> None:
    async with asyncio.timeout(10):
        while site.engine.hub.followers < count:
            await asyncio.sleep(0)


async def test_a_crowd_sees_every_final_state_in_order_though_the_server_restarts(tmp_path: Path) -> None:
    path = str(tmp_path / "runcast.db")

    async def change(site: Site, numbers: range) -> None:
        for number in numbers:
            for run_id in runs:
                await _change(site, run_id, f'{{"n":{number}}}')

    async with serving(path, environments=()) as site:
        runs = [await site.trigger("hello") for _ in range(RUNS)]
        viewers = [_Viewer(runs[at % RUNS]) for at in range(FOLLOWERS)]
        watching = [asyncio.create_task(viewer.watch(site.http, CHANGES - 1)) for viewer in viewers]
        await _followed(site, FOLLOWERS)
        await change(site, range(CHANGES // 2))
        await site.server.stop()
        await asyncio.gather(*watching)
    async with serving(path, environments=()) as site:
        await change(site, range(CHANGES // 2, CHANGES // 2 + 2))
        async with asyncio.TaskGroup() as group:
            for viewer in viewers:
                group.create_task(viewer.watch(site.http, CHANGES - 1))
            await _followed(site, FOLLOWERS)
            await change(site, range(CHANGES // 2 + 2, CHANGES))
    for viewer in viewers:
        assert viewer.seen == sorted(set(viewer.seen)), "each once, in order"
        assert viewer.seen[-1] == CHANGES - 1


async def test_a_client_that_does_not_read_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PING_S", 0.02)
    monkeypatch.setattr(sse, "SEND_S", 0.05)
    run_id = await site.trigger("hold")
    url = httpx2.URL(site.url)
    _reader, writer = await asyncio.open_connection(url.host, url.port, limit=1)
    head = (
        f"GET /api/v1/live?topics=run:{run_id} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {site.key}\r\n\r\n"
    )
    writer.write(head.encode())
    await _followed(site, 1)
    text = "x" * 200_000
    number = 0
    async with asyncio.timeout(30):
        while site.engine.hub.followers:
            number += 1
            await _change(site, run_id, f'{{"n":{number},"text":"{text}"}}')
    writer.close()


async def test_one_that_is_behind_gets_the_newest_state_only(idle_site: Site) -> None:
    """What it did not take is not kept for it, change by change."""
    run_id = await idle_site.trigger("hello")
    async with listening(idle_site.http, "/api/v1/live", topics=f"run:{run_id}", pace="300") as events:
        for number in range(50):
            await _change(idle_site, run_id, f'{{"n":{number}}}')
        seen: list[int] = []
        while not seen or seen[-1] != 49:
            seen.extend(entry["d"]["metadata"]["n"] for entry in (await events.next()).json)
    assert len(seen) < 50
    assert seen == sorted(seen)
