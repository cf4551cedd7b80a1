"""The public names: all there, quick to import, and typed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import runcast

SETTLED = {
    "task",
    "step",
    "wait",
    "select",
    "as_completed",
    "timeout",
    "metadata",
    "streams",
    "artifacts",
    "tags",
    "logger",
    "progress",
    "now",
    "uuid4",
    "random",
    "current_run",
    "Queue",
    "Retry",
    "Continue",
    "AbortRun",
    "resource",
    "Client",
    "tasks",
    "Ok",
    "Failed",
    "Result",
    "Call",
    "RunHandle",
    "RuncastError",
}


@pytest.mark.parametrize("name", runcast.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(runcast, name) is not None
    assert name in dir(runcast)


def test_the_settled_names_are_public() -> None:
    assert set(runcast.__all__) >= SETTLED


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        runcast.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_importing_runcast_imports_nothing_heavy() -> None:
    program = (
        "import sys, runcast; from runcast import task, step, wait, Queue, Retry, metadata\n"
        "print([name for name in ('pydantic', 'apsw', 'click', 'rich', 'runcast.server') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


TYPED = """
import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import assert_type

from runcast import Call, Client, Failed, Ok, Queue, Result, Retry, RunHandle, resource, step, task, tasks, wait
from runcast.domain.ids import RunId
from runcast.testing import TestEngine, run_inline


@dataclass
class Company:
    domain: str


web = Queue("web", concurrency=20, per_key=2, rate="100/60s")


@task(queue=web, retry=Retry(max_attempts=5), max_duration="2m")
async def enrich(domain: str, *, depth: int = 1) -> Company:
    return Company(domain)


@task
def count(text: str) -> int:
    return len(text)


@resource
async def pool() -> AsyncIterator[list[str]]:
    yield []


@resource
def model() -> Iterator[dict[str, int]]:
    yield {}


async def body() -> None:
    assert_type(await enrich("x"), Company)
    assert_type(count("x"), int)
    assert_type(enrich.trigger("x", depth=2), Call[RunHandle[Company]])
    handle = await enrich.options(delay="1h", tags=["a"]).trigger("x")
    assert_type(handle.id, RunId)
    assert_type(await handle.result(timeout=3), Company)
    result = await count.trigger_and_wait("x")
    assert_type(result, Ok[int] | Failed)
    if result.ok:
        assert_type(result.output, int)
    else:
        assert_type(result.error.message, str)
    assert_type(await count.trigger_and_wait("x").unwrap(), int)
    results = await enrich.batch_trigger_and_wait(["a", enrich.item("b", depth=3)])
    assert_type(results, list[Ok[Company] | Failed])
    assert_type((await handle.fetch()).output, Company | None)
    async for update in handle.follow():
        assert_type(update.output, Company | None)
    assert_type(await pool(), list[str])
    assert_type(model(), dict[str, int])
    named = await tasks.trigger("enrich", {"domain": "x"}, priority=10)
    print(named.url)
    async with Client("x.db") as client:
        await client.cancel(handle.id)
    async with TestEngine() as engine:
        assert_type(await engine.run(enrich, "x", depth=2), Company)
    assert_type(run_inline(count, "x"), int)


def blocking() -> None:
    run = enrich.trigger("x").result()
    for update in run.follow():
        print(update.status, update.metadata)
"""

WRONG = """
from runcast import Queue, task
from runcast.testing import run_inline


@task
async def enrich(domain: str) -> int:
    return 1


async def body() -> None:
    enrich.trigger(3)  # wrong
    enrich.trigger()  # wrong
    enrich.trigger("x", depth=1)  # wrong
    enrich.options(dealy="1h")  # wrong
    enrich.options(tags="a").trigger_and_wait(3)  # wrong
    enrich.item(3)  # wrong
    run_inline(enrich, 3)  # wrong
    text: str = await enrich("x")  # wrong
    print(text)


@task(isolation="vm")  # wrong
async def risky() -> None: ...
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[int]]:
    """What `mypy --strict` says of both programs: the lines with errors, by file."""
    directory = tmp_path_factory.mktemp("typed")
    (directory / "typed.py").write_text(TYPED)
    (directory / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", "cache"]
    done = subprocess.run(
        [*command, "typed.py", "wrong.py"], check=False, capture_output=True, text=True, cwd=directory
    )
    assert done.stderr == ""
    found: dict[str, set[int]] = {"typed.py": set(), "wrong.py": set()}
    for line in done.stdout.splitlines():
        file, number, kind, *_ = line.split(":")
        if kind.strip() == "error":
            found[file].add(int(number))
    return found


@pytest.mark.slow
def test_what_the_guide_shows_passes_mypy_strict(complaints: dict[str, set[int]]) -> None:
    assert complaints["typed.py"] == set()


@pytest.mark.slow
def test_wrong_arguments_are_type_errors(complaints: dict[str, set[int]]) -> None:
    assert complaints["wrong.py"] == {
        number for number, line in enumerate(WRONG.splitlines(), 1) if line.endswith("# wrong")
    }
