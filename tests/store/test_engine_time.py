"""An engine whose clock was turned back goes on from what its database recorded."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import apsw
import pytest

from runcast.clock import ManualClock, OnwardClock
from runcast.domain.run import NewRun
from runcast.store import doctor, reads
from runcast.store.enqueue import enqueue
from runcast.store.opening import open_store
from runcast.store.sqlite.database import SqliteSession
from runcast.store.store import Store

pytestmark = pytest.mark.anyio

NOON = 1_700_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR


def _connection(store: Store) -> apsw.Connection:
    assert isinstance(store._session, SqliteSession)
    return store._session.connection


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database that was written to at noon."""

    async def write() -> str:
        store = open_store(str(tmp_path / "runcast.db"), ManualClock(NOON), threaded=False)
        await store.write(partial(enqueue, [NewRun("run_a", "work", delay_ms=HOUR)], NOON))  # type: ignore[arg-type]
        store.close()
        return store.database.name

    return asyncio.run(write())


def test_time_goes_on_from_what_was_recorded_at_half_the_pace_until_the_clock_has_caught_up(path: str) -> None:
    clock = ManualClock(NOON - HOUR)
    store = open_store(path, clock, threaded=False)
    assert store.clock.now_ms() == NOON
    clock.advance(HOUR)
    assert store.clock.now_ms() == NOON + HOUR // 2
    clock.advance(HOUR)
    assert store.clock.now_ms() == clock.now_ms() == NOON + HOUR
    clock.advance(HOUR)
    assert store.clock.now_ms() == NOON + 2 * HOUR
    store.close()


def test_a_clock_that_is_right_is_used_as_it_is(path: str) -> None:
    clock = ManualClock(NOON)
    store = open_store(path, clock, threaded=False)
    assert store.clock is clock
    store.close()


def test_it_says_that_the_clock_was_turned_back(path: str, caplog: pytest.LogCaptureFixture) -> None:
    open_store(path, ManualClock(NOON - HOUR), threaded=False).close()
    assert "turned back by 3600.0 s since 2023-11-14 22:13:20 +00:00" in caplog.text


def test_a_clock_that_was_days_ahead_is_let_go_and_said(path: str, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock(NOON - 400 * DAY)
    store = open_store(path, clock, threaded=False)
    assert store.clock is clock
    assert "was last written to at 2023-11-14" in caplog.text
    store.close()


async def test_the_doctor_names_what_waits_for_the_time_of_a_clock_that_was_days_ahead(path: str) -> None:
    clock = ManualClock(NOON - 400 * DAY)
    store = open_store(path, clock, threaded=False)
    assert await store.read(doctor.examine) == []
    await store.write(partial(enqueue, [NewRun("run_b", "work")], clock.now_ms()))  # type: ignore[arg-type]
    [finding] = await store.read(doctor.examine)
    assert (finding.check, finding.subjects) == ("times_ahead", ("run_a",))
    store.close()


async def test_what_waited_in_a_time_to_come_waits_since_now(path: str) -> None:
    store = open_store(path, ManualClock(NOON), threaded=False)
    _connection(store).execute("update runs set status = 'WAITING', waiting_at = ?", (NOON,))
    store.close()
    again = open_store(path, ManualClock(NOON - 2 * DAY), threaded=False)
    found = _connection(again).execute("select waiting_at from runs").get
    assert found == NOON - 2 * DAY
    assert await again.read(partial(reads.find_run, "run_a")) is not None
    again.close()


def test_a_clock_carried_on_never_goes_back() -> None:
    clock = ManualClock(NOON)
    onward = OnwardClock(clock, NOON + 1_001)
    last = onward.now_ms()
    for _ in range(3_000):
        clock.advance(1)
        assert last <= onward.now_ms() <= last + 1
        last = onward.now_ms()
    assert last == clock.now_ms()
