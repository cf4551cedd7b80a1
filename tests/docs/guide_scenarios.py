"""What the guides of everyday features are run with."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from runcast import RunStatus, outbox
from runcast.engine.relay import Relay
from runcast.store.outboxes import open_outbox
from runcast.testing import TestEngine
from tests.leads.fakes.all import faked

Load = Callable[[str], ModuleType]
Scenario = Callable[[TestEngine, Load], Awaitable[None]]


async def kept_files(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/files.md:1")
    assert await engine.run(page.report, "2026-05") == "reports/2026-05.html"
    kept, data = await page.newest()
    assert (kept.content_type, data) == ("text/html", b"<h1>Report of 2026-05</h1>")


async def retries(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/retries.md:1")
    page.calls.clear()
    handle = await page.define.trigger("ash")
    run = await engine.finish(handle)
    assert (run.output, run.run.attempt) == ("ash: 3", 2)
    assert page.calls == ["ash"] * 3
    refused = await engine.finish(await page.define.trigger("a1"))
    assert (refused.status, refused.run.attempt) == (RunStatus.FAILED, 1)
    once = await engine.finish(await page.define.options(max_attempts=1).trigger("elm"))
    assert (once.status, once.run.attempt) == (RunStatus.FAILED, 1)


async def idempotency(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/idempotency.md:1")
    first = await page.on_paid("e1", "o1")
    assert await page.on_paid("e1", "o1") == first == await page.on_paid_elsewhere("e1", "another")
    brief = await page.on_paid_elsewhere("e2", "o2")
    assert await page.on_paid("e2", "o2") == brief != first
    await engine.advance("25h")
    assert await page.on_paid("e2", "o2") != brief
    assert await page.on_paid("e1", "o1") == first


async def idempotency_inside(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/idempotency.md:2")
    for _ in range(2):
        assert await engine.run(page.publish, ["a", "b", "a"]) == 2
    assert len((await engine.client.list(task="warm_up")).runs) == 2


async def client_task(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/guides/client.md:1").greet, "Ada") == "hello Ada"


async def client(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/client.md:2")
    assert await page.look_around() == ["hello Ada"]
    (run,) = (await engine.client.list()).runs
    assert run.tags == ("by hand",)


async def live(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/live.md:1")
    handle = await page.research.trigger("tides")
    run = await engine.finish(handle)
    assert (run.output, run.metadata["progress"]) == (len("all about tides "), 100)
    assert run.metadata["sources"] == ["https://python.org"]
    with redirect_stdout(io.StringIO()) as out:
        assert await page.watch(run.id) == ['"all "', '"about "', '"tides "']
    assert out.getvalue() == "Completed 100 done\n"
    assert await page.download(run.id) == b"# tides\n\nall about tides "
    with redirect_stdout(io.StringIO()) as out:
        board = asyncio.create_task(page.board("research"))
        while not out.getvalue():
            await asyncio.sleep(0)
        board.cancel()
    assert out.getvalue() == f"{run.id} COMPLETED ()\n"
    assert [found.id for found in (await engine.client.list(tag="research")).runs] == [run.id]


async def approvals(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/approvals.md:1")
    with redirect_stdout(io.StringIO()) as out:
        answered = await page.publish.trigger("We are open.", "ada@example.com")
        await engine.settle()
        (waiting,) = await engine.client.waits()
        await page.on_click(waiting.id, "publish")
        assert (await engine.finish(answered)).output == "publish: by mail"
        assert await engine.run(page.publish, "We are closed.", "ada@example.com") == "nobody answered"
    assert out.getvalue().count("We are open.") == 1


async def logging(engine: TestEngine, load: Load) -> None:
    handle = await load("docs/guides/logging.md:1").count.trigger([])
    assert (await engine.finish(handle)).output == 0
    lines = await engine.client.logs(handle.id)
    assert [(line.level, line.message, line.data) for line in lines] == [
        ("info", "counting", '{"words":0}'),
        ("warning", "there is nothing to count", None),
    ]


async def relayed(engine: TestEngine, database: Path) -> None:
    """What an engine with the setting does, without waiting for its next look."""
    relay = Relay(engine.engine.store, open_outbox(f"sqlite:///{database}"))
    await relay.tick(0)
    relay.close()


async def outbox_sqlite3(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/outbox.md:1")
    with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "shop.db")) as connection:
        page.set_up(connection)
        run_id = page.place_order(connection, "o1")
        with pytest.raises(sqlite3.IntegrityError):
            page.place_order(connection, "o1")
        wait = await engine.client.create_wait()
        page.approve(connection, "o1", wait.id)
        await relayed(engine, Path(folder) / "shop.db")
        (run,) = (await engine.client.list()).runs
        assert (run.id, run.tags) == (run_id, ("shop",))
        assert await engine.client.result(run_id) == "o1 is on its way"
        assert (await engine.client.retrieve_wait(wait.id)).value == "true"


async def outbox_sqlalchemy(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/outbox.md:2")
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/shop.db"
        blocking, asynchronous = create_engine(url), create_async_engine(url.replace("sqlite", "sqlite+aiosqlite", 1))
        page.Base.metadata.create_all(blocking)
        with blocking.begin() as connection:
            outbox.create(connection)
        ids = []
        with Session(blocking) as session:
            ids.append(page.place_order(session, "o1"))
            with pytest.raises(IntegrityError):
                page.place_order(session, "o1")
        async with AsyncSession(asynchronous) as session:
            ids.append(await page.place_order_async(session, "o2"))
        await asynchronous.dispose()
        blocking.dispose()
        await relayed(engine, Path(folder) / "shop.db")
    outputs = [await engine.client.result(run_id) for run_id in ids]
    assert outputs == ["o1 is on its way", "o2 is on its way"]
    assert len((await engine.client.list()).runs) == 2


async def offload_factors(engine: TestEngine, load: Load) -> None:
    assert await engine.run(load("docs/guides/offload.md:1").factors, [97, 84, 1_001]) == [97, 7, 13]


async def trigger_dev_clients(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/trigger-dev-clients.md:1")
    handle = await page.summarize.trigger("once upon")
    assert (await engine.finish(handle)).metadata["progress"] == 100
    assert [part.value for part in await engine.client.parts(handle.id, "summary") if part.kind == "data"] == [
        '{"text":"once "}',
        '{"text":"upon "}',
    ]
    token = await engine.client.create_wait()
    published = await page.publish.trigger(token.id)
    await engine.client.complete_wait(token.id, "yes")
    assert (await engine.finish(published)).output == "published: yes"
    revised = await page.revise.trigger()
    await revised.send("remarks", "shorter")
    assert (await engine.finish(revised)).output == "shorter"


async def public_tokens(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/public-tokens.md:1")
    told = await page.start("once upon a time")
    assert told["token"].count(".") == 2
    run = await engine.engine.result(told["runId"])
    assert run.output == '"ONCE UPON A TIME"'


async def leads_providers(_engine: TestEngine, load: Load) -> None:
    with faked("PDL") as fakes:
        by_provider, offline = await load("docs/guides/leads-providers.md:1").look_up("ada-lovelace", fakes.env())
    assert (by_provider.source, by_provider.value.title) == ("pdl", "chief engineer")
    assert (offline.source, offline.value.name) == ("offline", "Ada Lovelace")


GUIDE_SCENARIOS = {
    "docs/guides/leads-providers.md:1": leads_providers,
    "docs/guides/public-tokens.md:1": public_tokens,
    "docs/guides/trigger-dev-clients.md:1": trigger_dev_clients,
    "docs/guides/offload.md:1": offload_factors,
    "docs/guides/retries.md:1": retries,
    "docs/guides/idempotency.md:1": idempotency,
    "docs/guides/idempotency.md:2": idempotency_inside,
    "docs/guides/client.md:1": client_task,
    "docs/guides/client.md:2": client,
    "docs/guides/live.md:1": live,
    "docs/guides/approvals.md:1": approvals,
    "docs/guides/logging.md:1": logging,
    "docs/guides/files.md:1": kept_files,
    "docs/guides/outbox.md:1": outbox_sqlite3,
    "docs/guides/outbox.md:2": outbox_sqlalchemy,
}
