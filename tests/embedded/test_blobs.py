"""A blob store below real engines and workers: through the setting, the socket, and a while without it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from runcast import Client, RunStatus, artifacts, batch, embed, task
from runcast.clock import SystemClock
from runcast.domain.limits import INLINE_BYTES_MAX
from runcast.sdk.portal import close_portal
from runcast.sdk.registry import registry
from runcast.server import open_client

LARGE = bytes(range(256)) * (INLINE_BYTES_MAX // 128)


@pytest.fixture(autouse=True)
def own_tasks() -> Iterator[None]:
    before = list(registry)
    registry.clear()
    yield
    registry.clear()
    for definition in before:
        registry.add(definition)
    close_portal()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNCAST_BLOBS", f"file://{tmp_path}/blobs")
    return tmp_path / "blobs"


def _objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_artifact_of_a_body_is_read_by_other_programs(tmp_path: Path, folder: Path) -> None:
    @task
    async def draw() -> None:
        artifacts.add("picture", LARGE)

    with embed(tmp_path / "app.db"), Client(tmp_path / "app.db") as other:
        run = draw.trigger().result()
        run.result().result()
        [found] = other.artifacts(run.id).result()
        assert other.artifact(found.id).result() == LARGE
        assert len(_objects(folder)) == 1
    with Client(tmp_path / "app.db") as alone:
        assert alone.artifact(found.id).result() == LARGE, "no engine runs: the client reads the setting itself"


def test_while_the_blob_store_is_away_other_runs_end_and_nothing_is_lost(tmp_path: Path, folder: Path) -> None:
    @task
    async def draw() -> str:
        artifacts.add("picture", LARGE)
        return "drawn"

    @task
    async def other() -> str:
        return "done"

    with embed(tmp_path / "app.db") as client:
        folder.rmdir()
        folder.write_text("in the way")
        # One report of the worker would have all of them.
        run, *others = batch.trigger([draw.item(), *[other.item()] * 3]).result().runs
        assert [one.result().result() for one in others] == ["done"] * 3
        assert client.retrieve(run.id).result().status is RunStatus.EXECUTING
        folder.unlink()
        folder.mkdir()
        assert run.result().result() == "drawn"
        [found] = client.artifacts(run.id).result()
        assert client.artifact(found.id).result() == LARGE


async def test_an_engine_deletes_what_was_pruned_while_none_ran(tmp_path: Path, folder: Path) -> None:
    @task
    async def draw() -> None:
        artifacts.add("picture", LARGE)

    async with embed(tmp_path / "app.db"):
        await (await draw.trigger()).result()
    assert len(_objects(folder)) == 1
    alone = await open_client(tmp_path / "app.db")
    assert await alone.prune(SystemClock().now_ms() + 1_000) == 1
    await alone.close()
    assert len(_objects(folder)) == 1
    async with embed(tmp_path / "app.db"), asyncio.timeout(20):
        while _objects(folder):
            await asyncio.sleep(0.01)
