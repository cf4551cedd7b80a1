"""Services by their ticks: each does a bounded piece and says when to come back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

import pytest

from runcast.clock import ManualClock
from runcast.domain.errors import Conflict, Unavailable
from runcast.domain.journal import Entry, EntryKind, EntryStatus, NewEntry
from runcast.domain.limits import LEASE_MS
from runcast.domain.outcome import Failed, Succeeded, Waiting
from runcast.domain.queue import QueueChange, QueueSettings
from runcast.domain.retention import Retention
from runcast.engine.prune import Prune
from runcast.engine.rescue import Rescue
from runcast.engine.service import Service
from runcast.engine.timers import Timers
from runcast.gateway import Report, RunFilter
from runcast.store.sqlite.database import SqliteSession
from tests.engine.house import House
from tests.store.world import ERROR

pytestmark = pytest.mark.anyio


async def test_timers_fire_and_say_when_the_next_is_due(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger(2)
    await house.quiet()
    short, long = inbox.take()
    for run, ms in ((short, 100), (long, 300)):
        entry = NewEntry(Entry("s", EntryKind.SLEEP, status=EntryStatus.PENDING), due_in_ms=ms)
        await session.report([Report(run.run_id, run.epoch, (entry,), outcome=Waiting(("s",)))])
    timers = Timers(house.store)
    start = house.clock.now_ms()
    assert await timers.tick(start) == start + 100
    house.clock.advance(100)
    assert await timers.tick(house.clock.now_ms()) == start + 300
    await house.quiet()
    [woken] = inbox.take()
    assert (woken.run_id, woken.resume) == (short.run_id, True)
    house.clock.advance(200)
    assert await timers.tick(house.clock.now_ms()) is None


async def test_a_rate_is_waited_out_by_the_timers(house: House) -> None:
    _, inbox = await house.open(queue=QueueSettings("work", rate_count=1, rate_period_ms=1_000))
    await house.trigger(3)
    await house.quiet()
    assert len(inbox.take()) == 1
    house.clock.advance(1_000)
    await Timers(house.store).tick(house.clock.now_ms())
    await house.quiet()
    assert len(inbox.take()) == 1


async def test_a_retry_is_executed_again_when_it_is_due(house: House) -> None:
    session, inbox = await house.open()
    await house.trigger()
    await house.quiet()
    [run] = inbox.take()
    await house.end(session, run, Failed(ERROR, retry_in_ms=500))
    assert inbox.take() == []
    house.clock.advance(500)
    await Timers(house.store).tick(house.clock.now_ms())
    await house.quiet()
    [again] = inbox.take()
    assert (again.run_id, again.attempt) == (run.run_id, 2)


async def test_rescue_takes_back_what_the_dead_held_and_leaves_the_living_alone(house: House) -> None:
    _, dead_inbox = await house.open("w1", room=1)
    await house.trigger(2)
    await house.quiet()
    left: list[str] = []
    rescue = Rescue(house.store, every_ms=5_000, leave=left.append, is_gone=lambda pid, host: False)
    house.clock.advance(LEASE_MS)
    assert await rescue.tick(house.clock.now_ms()) == house.clock.now_ms() + 5_000
    assert left == []
    living, inbox = await house.open("w2")
    house.clock.advance(1)
    await rescue.tick(house.clock.now_ms())
    await house.quiet()
    assert left == ["w1"]
    [lost] = dead_inbox.take()
    assert lost.run_id in {run.run_id for run in inbox.take()}
    await living.renew()


class Defect:
    """A fault before each commit, while it is `there`: nothing that the store foresees."""

    there = False

    def before_commit(self) -> None:
        if self.there:
            raise ZeroDivisionError("a defect")

    def after_commit(self) -> None: ...


@pytest.mark.parametrize("end", ["lost", "close"])
async def test_a_session_that_a_defect_kept_from_ending_is_taken_back_by_a_tick(tmp_path: Path, end: str) -> None:
    defect = Defect()
    house = House(str(tmp_path / "runcast.db"), faults=defect)
    session, inbox = await house.open("w1", embedded=True)
    [run_id] = await house.trigger()
    await house.quiet()
    assert len(inbox.take()) == 1
    defect.there = True
    with pytest.raises(ZeroDivisionError):
        await getattr(session, end)()
    with pytest.raises(ZeroDivisionError):
        await house.engine._rescue.tick(house.clock.now_ms())
    assert await house.status(run_id) == "EXECUTING"
    defect.there = False
    await house.engine._rescue.tick(house.clock.now_ms())
    assert await house.status(run_id) == "QUEUED"
    assert inbox.take() == []
    house.store.close()


async def test_a_worker_that_cannot_be_taken_back_does_not_keep_the_others_waiting(house: House) -> None:
    assert isinstance(house.store._session, SqliteSession)
    connection = house.store._session.connection
    sessions = [(await house.open(worker_id, room=1, embedded=True))[0] for worker_id in ("w1", "w2")]
    await house.trigger(2)
    await house.quiet()
    held = {run.worker_id: run.id for run in (await house.engine.list_runs(RunFilter())).runs}
    connection.execute("create trigger defect before update on workers begin select raise(abort, 'a defect'); end")
    for session in sessions:
        with pytest.raises(Conflict):
            await session.lost()
    connection.execute("drop trigger defect")
    connection.execute(
        "create trigger defect before update on workers when new.id = 'w1' begin select raise(abort, 'a defect'); end"
    )
    with pytest.raises(Conflict):
        await house.engine._rescue.tick(house.clock.now_ms())
    assert await house.status(held["w1"]) == "EXECUTING"
    assert await house.status(held["w2"]) == "QUEUED"
    connection.execute("drop trigger defect")
    await house.engine._rescue.tick(house.clock.now_ms())
    assert await house.status(held["w1"]) == "QUEUED"


async def test_at_boot_the_embedded_worker_of_an_earlier_process_is_dead(house: House) -> None:
    _, inbox = await house.open("w1", embedded=True)
    [run_id] = await house.trigger()
    await house.quiet()
    assert len(inbox.take()) == 1
    await house.engine.start()
    assert await house.status(run_id) == "QUEUED"


async def test_a_process_of_its_own_outlives_the_boot_of_the_engine(house: House) -> None:
    await house.open("w1")
    [run_id] = await house.trigger()
    await house.quiet()
    await house.engine.start()
    assert await house.status(run_id) == "EXECUTING"


async def test_at_boot_processes_that_are_gone_are_dead_before_their_lease_ran_out(house: House) -> None:
    await house.open("gone", room=1, pid=41)
    await house.open("there", room=1, pid=42)
    ids = await house.trigger(2)
    await house.quiet()
    rescue = Rescue(house.store, every_ms=5_000, leave=lambda worker_id: None, is_gone=lambda pid, host: pid == 41)
    before = {run_id: await house.engine.find_run(run_id) for run_id in ids}
    await rescue.boot(house.clock.now_ms())
    for run_id, run in before.items():
        assert run is not None
        assert await house.status(run_id) == ("QUEUED" if run.worker_id == "gone" else "EXECUTING")


async def test_prune_comes_back_soon_while_there_is_something_to_remove(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    await house.quiet()
    await house.end(session, inbox.take()[0], Succeeded("1"))
    prune = Prune(house.store, retention=Retention(keep_ms=1_000))
    now = house.clock.now_ms()
    assert await prune.tick(now) == now + 3_600_000
    assert await house.engine.find_run(run_id) is not None
    house.clock.advance(1_001)
    now = house.clock.now_ms()
    assert await prune.tick(now) == now + 50
    assert await house.engine.find_run(run_id) is None
    assert await prune.tick(now) == now + 3_600_000


class Ticker:
    """Ends as its script says: an answer, or an error."""

    name = "ticker"

    def __init__(self, *ends: int | Exception | None) -> None:
        self._ends = list(ends)
        self.ticks: list[int] = []
        self.rung = asyncio.Event()

    async def tick(self, now: int) -> int | None:
        self.ticks.append(now)
        self.rung.set()
        end = self._ends.pop(0) if self._ends else None
        if isinstance(end, Exception):
            raise end
        return end


async def _run(ticker: Ticker, clock: ManualClock, wakes: int) -> Service:
    """Run the service until it stands still, ringing it `wakes` times."""
    service = Service(ticker, clock)
    task = asyncio.get_running_loop().create_task(service.run())
    for number in range(wakes + 1):
        if number:
            service.wake_at(clock.now_ms())
        for _ in range(10):
            await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return service


async def test_a_service_ticks_at_once_and_again_while_it_is_due() -> None:
    clock = ManualClock(1_000)
    ticker = Ticker(1_000, 999, 5_000)
    await _run(ticker, clock, 0)
    assert len(ticker.ticks) == 3


async def test_a_doorbell_makes_a_service_tick() -> None:
    ticker = Ticker(None, None)
    await _run(ticker, ManualClock(), 1)
    assert len(ticker.ticks) == 2


@pytest.mark.parametrize("error", [Unavailable("gone for now"), ValueError("a bug")])
async def test_a_service_survives_its_errors(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    ticker = Ticker(error, None)
    await _run(ticker, ManualClock(), 1)
    assert len(ticker.ticks) == 2
    assert "ticker" in caplog.text


async def test_a_lasting_fault_is_said_once_and_a_new_one_again(caplog: pytest.LogCaptureFixture) -> None:
    full = Unavailable("no space left")
    ticker = Ticker(full, full, full, None, full)
    await _run(ticker, ManualClock(), 4)
    assert len(ticker.ticks) == 5
    assert caplog.text.count("no space left") == 2


async def test_a_defect_that_lasts_is_tried_less_and_less_often_until_it_is_gone() -> None:
    clock = ManualClock(0)
    ticker = Ticker(*[ValueError("a bug")] * 9, None)
    service = Service(ticker, clock)
    pauses = []
    for _ in range(9):
        due = await _due_after_a_tick(service, clock)
        assert due is not None
        pauses.append(due - clock.now_ms())
        clock.advance(pauses[-1])
    assert pauses == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    assert await _due_after_a_tick(service, clock) is None


async def _due_after_a_tick(service: Service, clock: ManualClock) -> int | None:
    service._next_at = None
    await service._tick(clock.now_ms())
    return service._next_at


async def test_a_lasting_defect_shows_its_traceback_once(caplog: pytest.LogCaptureFixture) -> None:
    ticker = Ticker(*[ValueError("a bug")] * 3, None)
    await _run(ticker, ManualClock(), 4)
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None


async def test_limits_for_a_while_end_by_the_timers_and_survive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "runcast.db")
    house = House(path)
    await house.open("w1", queue=QueueSettings("work", concurrency=2))
    await house.engine.change_queue("work", QueueChange(concurrency=9, for_ms=3_600_000))
    house.store.close()

    again = House(path, clock=house.clock)
    again.clock.advance(3_599_999)
    assert await Timers(again.store).tick(again.clock.now_ms()) == again.clock.now_ms() + 1
    assert [queue.concurrency for queue in await again.engine.queues()] == [9]
    again.clock.advance(1)
    assert await Timers(again.store).tick(again.clock.now_ms()) is None
    assert [queue.concurrency for queue in await again.engine.queues()] == [2]
    again.store.close()
