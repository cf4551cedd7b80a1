"""A run goes to a page through each framework while it runs: in order, to its end, and no longer than the page is open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runcast import Client, Inbox, RunHandle, progress
from runcast.sdk.registry import Registry
from runcast.sdk.task import task
from runcast.server import Server, ServerConfig
from runcast.worker.embedded import EmbeddedWorker
from runcast.worker.settings import WorkerSettings
from tests.examples.servers import served

PATIENCE_S = 20.0
FRAMEWORKS = ["fastapi", "django under asgi", "flask", "django"]
BESIDE = """
LIFESPAN = "off"
import relay
relay.EVERY = "50ms"
"""
"""The engine is the test's own, so that it sees who follows; silence is short, so that it need not wait."""
registry = Registry()
go = Inbox("go", type=int)


@task(registry=registry)
async def gated(parts: int) -> str:
    for _ in range(parts):
        progress(await go.receive())
    return "done"


class Page:
    """A browser with one stream open."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, dict[str, Any]]:
        """The next event: its id and what it says. Raises `StopAsyncIteration` at the end of the stream."""
        id = ""
        while not (line := await anext(self._lines)).startswith("data: "):
            id = line.removeprefix("id: ") if line.startswith("id: ") else id
        return id, json.loads(line.removeprefix("data: "))

    async def heartbeat(self) -> None:
        while await anext(self._lines) != ": still here":
            pass

    async def until(self, progress: int) -> tuple[str, dict[str, Any]]:
        """What it says when the run is so far; never one that is behind what was said before."""
        so_far = 0
        while True:
            id, run = await self.next()
            assert so_far <= (run["progress"] or 0) <= progress
            so_far = run["progress"] or 0
            if so_far == progress:
                return id, run


class House:
    """An engine of this process with a worker, and a web server beside it."""

    def __init__(self, server: Server, url: str) -> None:
        self._engine = server.engine
        self.client = Client(gateway=server.engine)
        self.url = url

    async def start(self, parts: int) -> RunHandle[Any]:
        return await self.client.trigger(gated, {"parts": parts})

    @asynccontextmanager
    async def page(self, run_id: str, last_event_id: str | None = None) -> AsyncIterator[Page]:
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        async with (
            httpx2.AsyncClient(timeout=PATIENCE_S) as browser,
            browser.stream("GET", f"{self.url}/reports/{run_id}/events", headers=headers) as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Page(answer.aiter_lines())

    async def nobody_follows(self) -> None:
        while self._engine.subscribers:
            await asyncio.sleep(0)

    @property
    def subscribers(self) -> int:
        return self._engine.subscribers


@pytest.fixture(params=FRAMEWORKS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    database = tmp_path / "reports.db"
    async with Server(ServerConfig(database=str(database), installed_extensions=False)) as server:
        worker = EmbeddedWorker(server.engine, registry, WorkerSettings(grace_ms=0))
        worker.start()
        await worker.opened()
        try:
            with served(request.param, database, BESIDE) as url:
                yield House(server, url)
        finally:
            worker.stop(grace_ms=0)
            await worker.joined()


async def test_a_page_sees_a_run_go_on_in_order_to_its_end(house: House) -> None:
    run = await house.start(3)
    async with house.page(run.id) as page:
        for part in (10, 20, 30):
            await run.send("go", part)
            _, told = await page.until(part)
        while not told["ended"]:
            _, told = await page.next()
        assert (told["status"], told["output"]) == ("COMPLETED", "done")
        with pytest.raises(StopAsyncIteration):
            await page.next()
    await house.nobody_follows()


async def test_a_page_that_comes_back_goes_on_where_it_was(house: House) -> None:
    run = await house.start(3)
    async with house.page(run.id) as page:
        await run.send("go", 10)
        await page.until(10)
        await run.send("go", 20)
        seen, _ = await page.until(20)
    async with house.page(run.id, seen) as page:
        await page.heartbeat()  # nothing that it has seen already comes before
        await run.send("go", 30)
        _, told = await page.next()
        assert told["progress"] in (20, 30)
        while not told["ended"]:
            seen, told = await page.next()
    async with house.page(run.id, seen) as page:
        assert (await page.next())[1]["ended"], "one that comes after the end is told of it again"
    async with house.page(run.id, "nonsense") as page:
        assert (await page.next())[1]["ended"]


async def test_a_page_that_is_closed_leaves_nobody_who_follows(house: House) -> None:
    run = await house.start(1)
    for _ in range(3):
        async with house.page(run.id) as page, house.page(run.id) as other:
            await page.next()
            await other.next()
            assert house.subscribers == 2
        await house.nobody_follows()
    await run.send("go", 1)
    assert await run.result() == "done"


async def test_a_run_that_is_none_has_no_stream(house: House) -> None:
    async with httpx2.AsyncClient() as browser:
        assert (await browser.get(f"{house.url}/reports/run_01m7ymr9yeg8p5v7yy44a/events")).status_code == 404
