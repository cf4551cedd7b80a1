"""An open store on real threads: writes and reads from any loop, in the order of their commits."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from runcast.clock import ManualClock
from runcast.domain.errors import DatabaseLocked, DiskFull, InvalidInput, Unavailable
from runcast.domain.limits import DEPTH_MAX
from runcast.domain.run import NewRun, Triggered
from runcast.store import reads
from runcast.store.enqueue import enqueue
from runcast.store.mailbox import Mailbox
from runcast.store.opening import open_store
from runcast.store.script import Script
from runcast.store.sqlite.beside import read_beside, reading
from runcast.store.sqlite.database import FileLock
from runcast.store.store import Store

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = open_store(":memory:" if request.param == "memory" else str(tmp_path / "runcast.db"), ManualClock())
    yield store
    store.close()


def _trigger(name: str, *, depth: int = 0) -> partial[Script[list[Triggered]]]:
    return partial(enqueue, [NewRun(f"run_{name}", "work", depth=depth)], 1_000)  # type: ignore[arg-type]


async def test_a_read_sees_every_write_that_was_acknowledged(store: Store) -> None:
    for number in range(20):
        await store.write(_trigger(str(number)))
        assert await store.read(partial(reads.find_run, f"run_{number}")) is not None


async def test_many_writers_at_once_all_get_their_own_answer(store: Store) -> None:
    answers = await asyncio.gather(*(store.write(_trigger(str(number))) for number in range(200)))
    assert [answer[0].id for answer in answers] == [f"run_{number}" for number in range(200)]


async def test_an_error_reaches_the_one_who_made_it(store: Store) -> None:
    results = await asyncio.gather(
        store.write(_trigger("a")),
        store.write(_trigger("deep", depth=DEPTH_MAX + 1)),
        store.write(_trigger("b")),
        return_exceptions=True,
    )
    assert [isinstance(result, InvalidInput) for result in results] == [False, True, False]


async def test_a_write_that_nobody_waits_for_any_more_is_still_made(store: Store) -> None:
    store.write(_trigger("a")).cancel()
    await store.write(_trigger("b"))
    assert await store.read(partial(reads.find_run, "run_a")) is not None


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "runcast.db"), ManualClock())
    await store.write(_trigger("a"))
    await asyncio.to_thread(store.close)
    with pytest.raises(Unavailable, match="closed"):
        await store.write(_trigger("b"))


async def test_what_was_written_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    path = str(tmp_path / "runcast.db")
    first = open_store(path, ManualClock())
    await first.write(_trigger("a"), lazy=True)
    await asyncio.to_thread(first.close)
    second = open_store(path, ManualClock())
    assert await second.read(partial(reads.find_run, "run_a")) is not None
    await asyncio.to_thread(second.close)


async def test_a_database_that_was_closed_is_one_file_with_everything_in_it(tmp_path: Path) -> None:
    path = tmp_path / "runcast.db"
    store = open_store(str(path), ManualClock())
    await store.write(_trigger("a"))
    found = await asyncio.gather(*(store.read(partial(reads.find_run, "run_a")) for _ in range(20)))
    assert None not in found
    await asyncio.to_thread(store.close)
    assert [file.name for file in tmp_path.iterdir()] == ["runcast.db"]
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    assert read_beside(copy, partial(reads.find_run, "run_a")) is not None


async def test_closing_does_not_wait_for_a_program_that_reads_and_says_that_the_log_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "runcast.db"
    store = open_store(str(path), ManualClock())
    with reading(path):
        await store.write(_trigger("a"))
        await asyncio.to_thread(store.close)
        assert "runcast.db-wal" in caplog.text
    again = open_store(str(path), ManualClock())
    assert await again.read(partial(reads.find_run, "run_a")) is not None
    await asyncio.to_thread(again.close)


def test_a_lock_whose_file_was_removed_meanwhile_is_no_lock(tmp_path: Path) -> None:
    first = FileLock(tmp_path / "runcast.db")
    first.acquire()
    first.release()
    assert list(tmp_path.iterdir()) == []
    second, third = FileLock(tmp_path / "runcast.db"), FileLock(tmp_path / "runcast.db")
    second.acquire()
    with pytest.raises(DatabaseLocked, match="in use"):
        third.acquire()
    second.release()
    third.acquire()
    third.release()


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, Unavailable)],
    ids=["full", "quota", "broken"],
)
@pytest.mark.parametrize("call", ["write", "open"])
def test_a_lock_that_cannot_be_written_says_why_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: type[Unavailable]
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    lock = FileLock(tmp_path / "runcast.db")
    with monkeypatch.context() as disk:
        disk.setattr(os, call, refuse)
        with pytest.raises(error, match=r"runcast\.db\.lock"):
            lock.acquire()
    assert list(tmp_path.iterdir()) == []
    lock.acquire()
    lock.release()


def test_two_loops_may_use_one_store(store: Store) -> None:
    async def write(name: str) -> str:
        return str((await store.write(_trigger(name)))[0].id)

    found: list[str] = []
    threads = [threading.Thread(target=lambda name=name: found.append(asyncio.run(write(name)))) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["run_a", "run_b"]


async def test_a_mailbox_keeps_the_order_of_what_is_put_into_it() -> None:
    box = Mailbox(asyncio.get_running_loop())
    seen: list[int] = []
    done = asyncio.Event()

    def fill() -> None:
        for number in range(100):
            box.put(seen.append, number)
        box.put(done.set)

    thread = threading.Thread(target=fill)
    thread.start()
    await done.wait()
    thread.join()
    assert seen == list(range(100))


async def test_a_call_from_another_thread_does_not_wait_for_a_delivery_of_the_writer(store: Store) -> None:
    delivering, arrived = threading.Event(), threading.Event()

    def deliver(_result: object, _error: BaseException | None) -> None:
        delivering.set()
        assert arrived.wait(5)

    store.submit(_trigger("a"), deliver)
    await asyncio.to_thread(delivering.wait, 5)
    done = asyncio.Event()
    store.mailbox(asyncio.get_running_loop()).put(done.set)
    try:
        await asyncio.wait_for(done.wait(), 2)
    finally:
        arrived.set()


async def test_a_database_is_its_owners_alone(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "runcast.db"), ManualClock())
    try:
        await store.write(_trigger("a"))
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    finally:
        store.close()


async def test_a_closed_store_refuses_reads_and_writes(store: Store) -> None:
    store.close()
    with pytest.raises(Unavailable, match="closed"):
        await store.read(partial(reads.find_run, "run_1"))
    with pytest.raises(Unavailable, match="closed"):
        await store.write(_trigger("a"))
