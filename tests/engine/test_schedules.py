"""The service that ticks schedules, and what clients ask of them: in the process and through the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runcast.clock import ManualClock, SystemClock
from runcast.domain.errors import Conflict, InvalidInput, InvalidPayload, NotFound
from runcast.domain.ids import RunId, WorkerId, make_id
from runcast.domain.outcome import Succeeded
from runcast.domain.schedule import (
    NewSchedule,
    Overlap,
    ScheduleChanges,
    ScheduleFilter,
    ScheduleId,
    ScheduleSettings,
)
from runcast.engine.engine import Engine
from runcast.engine.schedule import Schedules
from runcast.gateway import ClientGateway, Hello, RunFilter, TaskInfo
from runcast.sdk.remote import RemoteClientGateway
from runcast.socket_server import SocketServer
from runcast.store.opening import open_store
from tests.engine.house import House, Received

pytestmark = pytest.mark.anyio

MINUTE_MS = 60_000


@pytest.fixture(params=["local", "socket"])
async def client(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> AsyncIterator[ClientGateway]:
    """The gateway as the engine's process has it, and as another has it."""
    house.clock.advance(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000) - house.clock.now_ms())
    if request.param == "local":
        yield house.engine
        return
    server = SocketServer(tmp_path / "engine.sock", house.engine, house.engine)
    await server.start()
    gateway = await RemoteClientGateway.connect(server.path)
    yield gateway
    await gateway.close()
    await server.close()


def new(cron: str = "* * * * *", *, task: str = "work", key: str | None = None, **settings: Any) -> NewSchedule:
    number = abs(hash((cron, task, key, str(settings)))) % 1000
    id = ScheduleId(make_id("sched", at_ms=number, chance=number))
    return NewSchedule(id, task, ScheduleSettings(cron, **settings), deduplication_key=key)


async def count_runs(client: ClientGateway) -> int:
    return len((await client.list_runs(RunFilter())).runs)


async def test_a_schedule_is_created_read_changed_paused_and_deleted(client: ClientGateway) -> None:
    made = await client.put_schedule(new(key="acme", external_id="1"))
    assert await client.find_schedule(made.id) == made
    changed = await client.update_schedule(made.id, ScheduleChanges(cron="@hourly", external_id=None))
    assert (changed.cron, changed.external_id, changed.deduplication_key) == ("@hourly", None, "acme")
    paused = await client.pause_schedule(made.id, paused=True)
    assert (paused.active, paused.next_at) == (False, None)
    assert (await client.list_schedules(ScheduleFilter(active=True))).count == 0
    assert (await client.list_schedules(ScheduleFilter())).schedules == (paused,)
    assert (await client.pause_schedule(made.id, paused=False)).active
    await client.delete_schedule(made.id)
    assert await client.find_schedule(made.id) is None


async def test_what_does_not_exist_is_said_so(client: ClientGateway) -> None:
    nobody = ScheduleId("sched_nobody")
    with pytest.raises(NotFound):
        await client.update_schedule(nobody, ScheduleChanges(cron="@hourly"))
    with pytest.raises(NotFound):
        await client.pause_schedule(nobody, paused=True)
    with pytest.raises(NotFound):
        await client.run_schedule(nobody, RunId("run_1"))
    with pytest.raises(NotFound):
        await client.delete_schedule(nobody)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cron": "61 * * * *"}, "minute is '61'"),
        ({"timezone": "Nowhere"}, "no time zone"),
        ({"payload": "{"}, "not JSON"),
        ({"task": ""}, "a task's name"),
        ({"key": "k" * 3000}, "idempotency key|characters"),
        ({"external_id": "k" * 3000}, "external id"),
    ],
)
async def test_what_is_wrong_is_refused_and_nothing_is_kept(
    client: ClientGateway, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        await client.put_schedule(new(**wrong))
    assert (await client.list_schedules(ScheduleFilter())).count == 0


async def test_a_schedule_by_hand_and_over_a_time_that_has_passed(client: ClientGateway, house: House) -> None:
    made = await client.put_schedule(new("0 * * * *"))
    now = house.clock.now_ms()
    started = await client.backfill_schedule(made.id, start_at=now - 3 * 60 * MINUTE_MS, end_at=now)
    assert len(started) == 4
    assert await client.backfill_schedule(made.id, start_at=now - 3 * 60 * MINUTE_MS, end_at=now) == []
    run_id = RunId(make_id("run", at_ms=now, chance=7))
    assert (await client.run_schedule(made.id, run_id)).id == run_id
    assert (await client.run_schedule(made.id, run_id)).id == run_id
    assert await count_runs(client) == 5
    assert len(await client.schedule_ticks(made.id)) == 5
    tick = await client.find_tick(run_id)
    assert tick is not None
    assert (tick.schedule_id, tick.manual) == (made.id, True)
    assert await client.find_tick(RunId("run_of_nobody")) is None
    for start_at, end_at in ((now, now + 1), (now, now - 1)):
        with pytest.raises(InvalidInput, match="has passed"):
            await client.backfill_schedule(made.id, start_at=start_at, end_at=end_at)
    await client.update_schedule(made.id, ScheduleChanges(cron="* * * * * *"))
    with pytest.raises(InvalidInput, match="fill it in pieces"):
        await client.backfill_schedule(made.id, start_at=now - 10**9, end_at=now)


async def test_a_payload_that_the_task_cannot_take_is_refused(client: ClientGateway, house: House) -> None:
    schema = (
        '{"type":"object","properties":{"days":{"type":"integer"}},"required":["days"],"additionalProperties":false}'
    )
    nothing = '{"type":"object","properties":{},"additionalProperties":false}'
    infos = (TaskInfo("report", "work", schema=schema), TaskInfo("sweep", "work", schema=nothing))
    await house.engine.open(Hello(WorkerId("w9"), infos), Received())
    with pytest.raises(InvalidPayload, match="give the schedule a payload"):
        await client.put_schedule(new(task="report"))
    with pytest.raises(InvalidPayload, match="integer"):
        await client.put_schedule(new(task="report", payload='{"days":"many"}'))
    assert (await client.put_schedule(new(task="report", payload='{"days":7}'))).payload == '{"days":7}'
    assert (await client.put_schedule(new(task="sweep"))).payload == "{}"
    assert (await client.put_schedule(new(task="nobody knows it"))).payload is None


async def test_a_declared_schedule_is_not_changed_by_clients(client: ClientGateway, house: House) -> None:
    info = TaskInfo("work", "work", schedule=ScheduleSettings("@daily"))
    await house.engine.open(Hello(WorkerId("w9"), (info,)), Received())
    [declared] = (await client.list_schedules(ScheduleFilter())).schedules
    with pytest.raises(Conflict):
        await client.update_schedule(declared.id, ScheduleChanges(cron="@hourly"))
    with pytest.raises(Conflict):
        await client.put_schedule(NewSchedule(declared.id, "work", ScheduleSettings("@hourly")))
    with pytest.raises(Conflict):
        await client.delete_schedule(declared.id)
    assert not (await client.pause_schedule(declared.id, paused=True)).active


# --- the service


async def test_the_service_says_when_the_next_tick_is_and_writes_nothing_before(house: House) -> None:
    service = Schedules(house.store)
    assert await service.tick(house.clock.now_ms()) is None
    made = await house.engine.put_schedule(new())
    before = house.store.read_now(_changes)
    assert await service.tick(house.clock.now_ms()) == made.next_at
    assert house.store.read_now(_changes) == before
    assert made.next_at is not None
    house.clock.advance(made.next_at - house.clock.now_ms())
    assert await service.tick(house.clock.now_ms()) == made.next_at + MINUTE_MS
    assert await count_runs(house.engine) == 1


def _changes() -> Any:
    from runcast.store.script import call

    found: int = yield call("newest_change")
    return found


async def test_a_run_of_a_tick_goes_to_a_worker_at_once(house: House) -> None:
    _, inbox = await house.open()
    await house.engine.put_schedule(new())
    house.clock.advance(MINUTE_MS)
    await Schedules(house.store).tick(house.clock.now_ms())
    await house.quiet()
    [run] = inbox.take()
    assert '"scheduleId"' in run.payload


async def test_a_kept_tick_starts_soon_after_its_predecessor_has_ended(house: House) -> None:
    session, inbox = await house.open()
    await house.engine.put_schedule(new(overlap=Overlap.QUEUE))
    service = Schedules(house.store)
    for _ in range(2):
        house.clock.advance(MINUTE_MS)
        again_at = await service.tick(house.clock.now_ms())
    await house.quiet()
    [first] = inbox.take()
    assert again_at is not None
    assert again_at - house.clock.now_ms() < 1_000
    await house.end(session, first, Succeeded("1"))
    house.clock.advance(again_at - house.clock.now_ms())
    assert await service.tick(house.clock.now_ms()) not in (None, again_at)
    await house.quiet()
    assert len(inbox.take()) == 1


async def test_one_piece_is_bounded_and_the_next_follows_at_once(house: House) -> None:
    for number in range(250):
        await house.engine.put_schedule(
            NewSchedule(ScheduleId(f"sched_{number}"), "work", ScheduleSettings("0 * * * *"))
        )
    house.clock.advance(60 * MINUTE_MS)
    service, now = Schedules(house.store), house.clock.now_ms()
    pieces = 0
    while (at := await service.tick(now)) is not None and at <= now:
        pieces += 1
    assert pieces == 2
    assert len((await house.engine.list_runs(RunFilter(), limit=1000)).runs) == 250


async def test_a_running_engine_ticks_by_itself_and_hears_of_new_schedules() -> None:
    store = open_store(":memory:", SystemClock())
    engine = Engine(store, store.clock)
    await engine.start()
    services = asyncio.create_task(engine.run())
    try:
        await asyncio.sleep(0)
        made = await engine.put_schedule(new("* * * * * *"))
        async with asyncio.timeout(10):
            while len(ticks := await engine.schedule_ticks(made.id)) < 2:
                await asyncio.sleep(0.05)
        assert all(tick.decided_at - tick.at < 1_000 for tick in ticks)
    finally:
        services.cancel()
        await asyncio.gather(services, return_exceptions=True)
        store.close()


async def test_a_clock_at_an_hour_that_does_not_exist_keeps_the_service_alive(tmp_path: Path) -> None:
    clock = ManualClock(int(datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp() * 1000))
    store = open_store(str(tmp_path / "r.db"), clock, threaded=False)
    engine = Engine(store, clock)
    await engine.start()
    made = await engine.put_schedule(new("30 2 * * *", timezone="Europe/Zurich"))
    service = Schedules(store)
    for _ in range(48):
        clock.advance(60 * MINUTE_MS)
        await service.tick(clock.now_ms())
    found = [tick.at for tick in await engine.schedule_ticks(made.id)]
    assert len(found) == 2
    store.close()


async def test_runs_start_by_the_schedule_s_own_share_of_its_window_after_their_ticks(house: House) -> None:
    house.clock.advance(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000) - house.clock.now_ms())
    made = await house.engine.put_schedule(new("0 * * * *", window="50%"))
    service = Schedules(house.engine.store)
    lags = []
    for _ in range(2):
        found = await house.engine.find_schedule(made.id)
        assert found is not None
        assert found.next_at is not None
        tick = found.next_at
        house.clock.advance(tick - house.clock.now_ms())
        await service.tick(house.clock.now_ms())
        newest = (await house.engine.schedule_ticks(made.id))[0]
        assert newest.run_id is not None
        run = await house.engine.find_run(newest.run_id)
        assert run is not None
        assert newest.at == tick
        assert run.available_at == found.start_at(tick)
        lags.append(run.available_at - tick)
    assert lags[0] == lags[1]
    assert 0 < lags[0] < 30 * MINUTE_MS


@pytest.mark.parametrize("window", ["soon", "25h", "101%", "30", "-1m"])
async def test_a_window_that_is_none_is_refused(house: House, window: str) -> None:
    with pytest.raises(InvalidInput, match="window"):
        await house.engine.put_schedule(new(window=window))
