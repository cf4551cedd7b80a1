"""Each example does what its first lines say, with the very payload that they give, resident and evicted."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from runcast import RunHandle, RunSnapshot, RunStatus
from runcast.sdk.registry import registry
from runcast.testing import TestEngine

EXAMPLES = Path(__file__).parents[2] / "examples"
_COMMAND = re.compile(r"^ *runcast trigger (?P<task>\w+) '(?P<payload>.*?)'", re.MULTILINE)
Check = Callable[[TestEngine, ModuleType, RunHandle[Any]], Awaitable[None]]


@pytest.fixture(autouse=True)
def own_tasks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An example can be imported, and its tasks do not meet those of another."""
    monkeypatch.syspath_prepend(EXAMPLES)
    before = list(registry)
    registry.clear()
    yield
    registry.clear()
    for definition in before:
        registry.add(definition)
    for path in EXAMPLES.glob("*.py"):
        sys.modules.pop(path.stem, None)


async def completed(engine: TestEngine, handle: RunHandle[Any]) -> RunSnapshot[Any]:
    run = await engine.finish(handle)
    assert run.status is RunStatus.COMPLETED, run
    return run


async def chain(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    article = (await completed(engine, handle)).output
    assert article == module.Article(title="Ada", words=6, summary="Ada Ada wrote the first program.")


async def task_chain(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await completed(engine, handle)
    assert run.unwrap()[0] == "the"
    assert run.metadata["currentStep"] == "ranking"


async def routing(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    parts = ["words from 0 s", "words from 1200 s", "words from 2400 s", "words from 3600 s"]
    assert (await completed(engine, handle)).output == [*parts, "4 parts"]
    assert await engine.run(module.transcribe, 60, "free") == ["words from 0 s"]
    assert await engine.run(module.fetch_order, "shoes") == "shoes after 2 tries"
    lost = await engine.finish(await module.fetch_order.options(max_attempts=1).trigger("lost"))
    assert lost.error is not None
    assert "no order 'lost'" in lost.error.message
    await engine.client.queues.pause(module.express)
    await module.render.batch_trigger([f"page {n}" for n in range(100)])
    assert await engine.run(module.render_soon_or_later, "late") == "<p>late</p>"


async def parallel(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await completed(engine, handle)
    assert run.output == ["ftp://old"]
    assert run.metadata["checked"] == 3


async def fan_out(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await completed(engine, handle)
    assert run.output == module.Prices(total_cents=21, failed=["gear:?"])
    assert run.outcome == "partial"
    assert run.metadata["priced"] == 2


async def fire_and_forget(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    assert (await completed(engine, handle)).output == len("remember the milk")
    (later,) = (await engine.client.list(task="index_note")).runs
    await engine.advance("10s")
    assert (await engine.client.retrieve(later.id)).output == ["milk", "remember", "the"]


async def polling(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    began_ms = engine.clock.now_ms()
    run = await completed(engine, handle)
    assert run.output == "film-3.mp4"
    assert run.metadata["progress"] == 100
    assert engine.clock.now_ms() - began_ms == 3 * 60_000


async def streaming(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await completed(engine, handle)
    parts = [part for part in await engine.client.parts(run.id, "story") if part.kind == "data"]
    assert run.output == len(parts) == 9


async def parent_progress(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await completed(engine, handle)
    assert run.output == 14_000
    assert (run.metadata["done"], run.metadata["total"], run.metadata["progress"]) == (3, 3, 100)


async def fail_fast(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await engine.finish(handle)
    assert run.status is RunStatus.FAILED
    assert run.run.attempt == 1
    assert run.error is not None
    assert run.error.code == "not_an_import"
    assert run.error.user_message is not None
    assert await engine.run(module.import_contacts, "name,mail\nada,a@example.com") == 1


async def approval(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    await engine.advance("6d")
    (waiting,) = await engine.client.waits()
    await engine.client.complete_wait(waiting.id, True)
    assert (await completed(engine, handle)).output == "published"
    assert await engine.run(module.publish, "text", "ada") == "nobody answered"


async def subscription(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    began_ms = engine.clock.now_ms()
    run = await completed(engine, handle)
    assert run.output == "ada paid 12 months"
    assert engine.clock.now_ms() - began_ms == 11 * 30 * 86_400_000
    assert len(await engine.client.journal(run.id)) == 1


async def saga(engine: TestEngine, module: ModuleType, handle: RunHandle[Any]) -> None:
    run = await engine.finish(handle)
    assert run.status is RunStatus.FAILED
    assert run.run.attempt == 1, "what was undone must not be built upon"
    assert [entry.name for entry in await engine.client.journal(run.id) if entry.name == "cancel"] == ["cancel"]
    assert await engine.run(module.book_trip, "Seaview", "LX 18") == ["hotel:Seaview", "flight:LX 18"]


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        chain, task_chain, routing, parallel, fan_out, fire_and_forget, polling, streaming, parent_progress, fail_fast,
        approval, subscription, saga,
    )
}  # fmt: skip


def test_every_example_is_checked() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(CHECKS)


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
@pytest.mark.parametrize("name", CHECKS)
async def test_an_example_does_what_it_says(name: str, evict_after: int | None) -> None:
    module = importlib.import_module(name)
    command = _COMMAND.search(module.__doc__ or "")
    assert command, f"examples/{name}.py says how to trigger it"
    async with TestEngine(evict_after=evict_after) as engine:
        handle = await engine.client.trigger(command["task"], msgspec.json.decode(command["payload"]))
        await CHECKS[name](engine, module, handle)


@pytest.mark.slow
def test_examples_are_typed_as_strictly_as_we_are() -> None:
    cache = EXAMPLES.parent / ".mypy_cache" / "examples"
    for folder in (EXAMPLES, EXAMPLES / "web"):
        files = [path.name for path in sorted(folder.glob("*.py")) if "django" not in path.stem]
        arguments = ["-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(cache), *files]
        done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
