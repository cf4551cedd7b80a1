"""`embed()`: an engine and a worker inside a program of one's own."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from runcast import Client, Conflict, DatabaseLocked, InvalidInput, RunStatus, Unavailable, embed, step, task
from runcast.sdk.portal import Portal, close_portal
from runcast.sdk.registry import registry
from runcast.worker.embedded import EmbeddedWorker


@pytest.fixture(autouse=True)
def own_tasks() -> Iterator[None]:
    before = list(registry)
    registry.clear()
    yield
    registry.clear()
    for definition in before:
        registry.add(definition)
    close_portal()


def test_a_blocking_program_triggers_into_itself(tmp_path: Path) -> None:
    @task
    async def double(n: int) -> int:
        return 2 * n

    with embed(tmp_path / "app.db"):
        run = double.trigger(21).result()
        assert run.result().result() == 42
        assert [update.status for update in run.follow()] == [RunStatus.COMPLETED]


async def test_an_application_on_an_event_loop_triggers_into_itself(tmp_path: Path) -> None:
    @task
    async def which() -> int:
        return threading.get_ident()

    async with embed(tmp_path / "app.db") as client:
        body_thread = await (await which.trigger()).result()
        assert [run.task for run in (await client.list()).runs] == ["which"]
    assert body_thread != threading.get_ident(), "a body must never run on the application's loop"


def test_programs_beside_it_reach_it_through_the_database(tmp_path: Path) -> None:
    @task
    async def double(n: int) -> int:
        return 2 * n

    with embed(tmp_path / "app.db"), Client(tmp_path / "app.db") as other:
        assert other.trigger("double", {"n": 4}).result().result().result() == 8


def test_two_engines_on_one_database_are_refused(tmp_path: Path) -> None:
    with embed(tmp_path / "app.db"), pytest.raises(DatabaseLocked), embed(tmp_path / "app.db"):
        pass


def test_an_engine_starts_once(tmp_path: Path) -> None:
    embedded = embed(tmp_path / "app.db")
    embedded.start()
    try:
        with pytest.raises(Conflict):
            embedded.start()
    finally:
        embedded.stop()
        embedded.stop()


async def test_what_is_not_done_at_the_end_goes_on_with_the_next_start(tmp_path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    @task
    async def patient() -> str:
        begun.set()
        while not go.is_set():
            await asyncio.sleep(0.001)
        return "done"

    async with embed(tmp_path / "app.db", grace=0):
        run_id = (await patient.trigger()).id
        await asyncio.to_thread(begun.wait)
    go.set()
    async with embed(tmp_path / "app.db") as client:
        assert await client.result(run_id) == "done"


def test_concurrency_bounds_the_bodies(tmp_path: Path) -> None:
    inside, most = 0, 0

    @task
    async def crowded() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1

    with embed(tmp_path / "app.db", concurrency=2):
        crowded.batch_trigger([{}] * 20).result().results().result()
    assert 1 <= most <= 2


def test_the_settings_hold_where_no_argument_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0

    @task
    async def crowded() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1

    monkeypatch.setenv("RUNCAST_CONCURRENCY", "2")
    with embed(tmp_path / "app.db"):
        crowded.batch_trigger([{}] * 20).result().results().result()
    assert 1 <= most <= 2
    monkeypatch.setenv("RUNCAST_LEASE", "not a duration")
    with pytest.raises(InvalidInput, match="RUNCAST_LEASE"):
        embed(tmp_path / "app.db")


def test_runs_are_kept_as_long_as_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @task
    async def double(n: int) -> int:
        return 2 * n

    with embed(tmp_path / "app.db"):
        run = double.trigger(21).result()
        run.result(timeout="20s").result()
        assert run.fetch().result().is_final
    monkeypatch.setenv("RUNCAST_RETENTION", "0s")
    with embed(tmp_path / "app.db") as client:
        until = time.monotonic() + 20
        while client.list().result().runs and time.monotonic() < until:
            pass
        assert not client.list().result().runs


def test_calls_after_the_database_was_deleted_say_so(tmp_path: Path) -> None:
    begun = threading.Event()

    @task
    async def patient() -> None:
        begun.set()
        await asyncio.Event().wait()

    path = tmp_path / "app.db"
    with embed(path) as client:
        run = patient.trigger().result()
        begun.wait()
        path.unlink()
        with pytest.raises(Unavailable, match=f"{path} was deleted"):
            run.result().result()
        with pytest.raises(Unavailable, match=f"{path} was deleted"):
            patient.trigger().result()
        with pytest.raises(Unavailable, match=f"{path} was deleted"):
            client.list().result()
    with embed(path) as client:
        assert client.list().result().runs == ()


def test_an_engine_that_was_stopped_is_forgotten(tmp_path: Path) -> None:
    left = []
    for _ in range(2):
        engine = embed(tmp_path / "app.db")
        with engine:
            pass
        left.append(weakref.ref(engine))
    del engine
    gc.collect()
    assert [engine() for engine in left] == [None, None]


def test_what_cannot_be_closed_keeps_nothing_else_open() -> None:
    portal = Portal()
    closed = []

    async def fail() -> None:
        raise OSError("no")

    async def close() -> None:
        closed.append(True)

    portal.on_close(fail)
    portal.on_close(close)
    portal.close()
    assert closed == [True]


async def test_a_body_that_goes_on_at_the_start_asks_the_engine_that_executes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, asked, is_back = threading.Event(), threading.Event(), threading.Event()
    opened = EmbeddedWorker.opened

    async def opened_and_asked(worker: EmbeddedWorker) -> None:
        await opened(worker)
        if is_back.is_set():
            await asyncio.to_thread(asked.wait, 20)

    @step
    async def count() -> int:
        try:
            return len((await Client().list(task="curious")).runs)
        finally:
            asked.set()

    @task
    async def curious() -> int:
        begun.set()
        while not is_back.is_set():
            await asyncio.sleep(0.001)
        return await count()

    async with embed(tmp_path / "app.db", grace=0):
        run_id = (await curious.trigger()).id
        await asyncio.to_thread(begun.wait)
    is_back.set()
    monkeypatch.setattr(EmbeddedWorker, "opened", opened_and_asked)
    async with embed(tmp_path / "app.db") as client:
        assert await client.result(run_id) == 1
