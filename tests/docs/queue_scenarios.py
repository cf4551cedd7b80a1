"""Scenarios of the guides about queues, delays, batches and retention."""

from __future__ import annotations

from types import ModuleType
from typing import Protocol

from runcast import RunStatus
from runcast.testing import TestEngine


class Load(Protocol):
    def __call__(self, name: str, /) -> ModuleType: ...


async def length(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/queues.md:1")
    await engine.client.queues.pause("express")
    assert await engine.run(page.publish, "first") == "on its way"
    await page.render.batch_trigger([f"page {number}" for number in range(99)])
    assert await engine.run(page.publish, "last") == "express is full (100 of 100), it comes later"
    (delayed,) = (await engine.client.list(task="render_later")).runs
    assert delayed.status is RunStatus.DELAYED


async def live(engine: TestEngine, load: Load) -> None:
    load("docs/guides/queues.md:1")
    page = load("docs/guides/queues.md:2")
    await page.quiet_hours(engine.client)
    state = await engine.client.queues.get("express")
    assert (state.concurrency, state.max_length, state.overridden) == (1, None, True)
    await page.maintenance(engine.client)
    await page.as_the_code_says(engine.client)
    state = await engine.client.queues.get("express")
    assert (state.concurrency, state.max_length, state.overridden, state.paused) == (4, 100, False, False)


async def machines(engine: TestEngine, load: Load) -> None:
    run = await load("docs/guides/queues.md:3").train.trigger(3)
    assert (await engine.finish(run)).run.machine == "large-1x"


async def debounce(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/debounce.md:1")
    ids = {await page.typed("readme", "a" * size) for size in (1, 2, 3)}
    (run_id,) = ids
    await engine.advance("5s")
    assert (await engine.client.retrieve(run_id)).output == 3


async def postpone(engine: TestEngine, load: Load) -> None:
    await load("docs/guides/debounce.md:2").postpone()
    (run,) = (await engine.client.list(task="remind")).runs
    assert run.run.available_at == 3_789_536_400_000


async def retention(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/retention.md:1")
    assert await engine.run(page.ping, "localhost")
    assert await engine.run(page.bill, "o1") == "billed o1"
    kept = {info.name: info.retention for info in await engine.client.tasks()}
    assert kept["ping"] is not None
    assert kept["ping"].keep_ms == 7 * 86_400_000
    assert kept["bill"] is not None
    assert (kept["bill"].failed_ms, kept["bill"].last) == (90 * 86_400_000, 100)


async def mixed(engine: TestEngine, load: Load) -> None:
    page = load("docs/guides/batches.md:1")
    assert await engine.run(page.onboard, "python.org", "Ada") == "hello Ada, 10 letters"
    assert await engine.run(page.announce, ["Ada", "Grace"]) == 3
    await engine.advance("1h")
    news = await engine.client.list(tag="news")
    assert {run.output for run in news.runs} == {"hello Ada", "hello Grace"}


async def supervise(engine: TestEngine, load: Load) -> None:
    run = await load("docs/guides/batches.md:2").supervise.trigger(5)
    found = await engine.finish(run)
    assert found.output == 5
    assert found.metadata["import"] == "COMPLETED"


QUEUE_SCENARIOS = {
    "docs/guides/queues.md:1": length,
    "docs/guides/queues.md:2": live,
    "docs/guides/queues.md:3": machines,
    "docs/guides/debounce.md:1": debounce,
    "docs/guides/debounce.md:2": postpone,
    "docs/guides/retention.md:1": retention,
    "docs/guides/batches.md:1": mixed,
    "docs/guides/batches.md:2": supervise,
}
