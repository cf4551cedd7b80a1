"""Alerts: an event and the run that handles it, in the transaction in which something happened; each once."""

from __future__ import annotations

from functools import partial

import pytest

from runcast import Alert, AlertEvent, InvalidInput, Queue, Retry, channels, step, task
from runcast.domain.alert import AlertOn, fingerprint
from runcast.domain.errors import ErrorInfo
from runcast.domain.run import RunStatus
from runcast.gateway import RunFilter
from runcast.sdk.registry import Registry
from runcast.store import alerts as stored
from runcast.store import deliveries, doctor
from runcast.store.deliveries import DeliveryFilter
from tests.worker.world import World

HEARD: list[AlertEvent] = []


def project(**alerts: object) -> Registry:
    """Tasks that fail, and one that hears of it."""
    registry = Registry()

    @task(registry=registry)
    async def notify(event: AlertEvent) -> str:
        HEARD.append(event)
        return event.alert

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def fails(number: int) -> None:
        raise ValueError(f"row {number} is bad")

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def fails_else() -> None:
        raise KeyError("other")

    @task(registry=registry)
    async def works() -> int:
        return 1

    HEARD.clear()
    return registry


def find(registry: Registry, name: str):  # type: ignore[no-untyped-def]
    return registry.get(name)


async def handled(world: World, count: int) -> list[AlertEvent]:
    """The events, once their runs have ended."""
    events = list(await world.engine.alerts())
    assert len(events) == count, events
    for event in events:
        assert event.handled_by is not None
        run = await world.result(event.handled_by)
        assert run.tags == ("alert",)
    assert await world.engine.store.read(doctor.examine) == []
    return events


async def test_a_failed_run_raises_an_alert_in_the_same_commit() -> None:
    registry = project()
    Alert("failures", on="failed", run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        run = await world.run(find(registry, "fails"), 1)
        (event,) = await handled(world, 1)
        assert (event.alert, event.kind, event.subject, event.run_id) == ("failures", AlertOn.FAILED, "fails", run.id)
        assert event.message == "ValueError: row 1 is bad"
        assert [event] == HEARD


async def test_a_run_that_works_raises_none() -> None:
    registry = project()
    Alert("failures", on="failed", run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        await world.run(find(registry, "works"))
        await handled(world, 0)


async def test_what_looks_the_same_is_one_event_that_is_counted() -> None:
    registry = project()
    Alert("failures", on="failed", run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        for number in range(3):
            await world.run(find(registry, "fails"), number)
        await world.run(find(registry, "fails_else"))
        other, same = await handled(world, 2)
        assert (same.count, other.count) == (3, 1)
        assert len(HEARD) == 2


async def test_after_its_window_it_is_another_event_but_an_error_group_is_new_once() -> None:
    registry = project()
    notify = find(registry, "notify")
    Alert("failures", on="failed", run=notify, window=0.001, registry=registry)
    Alert("new", on="new_error", run=notify, window=0.001, registry=registry)
    async with World(registry) as world:
        await world.run(find(registry, "fails"), 1)
        first = world.engine.clock.now_ms()
        while world.engine.clock.now_ms() <= first + 1:
            await world.run(find(registry, "works"))
        await world.run(find(registry, "fails"), 2)
        events = await handled(world, 3)
        assert [event.alert for event in events].count("failures") == 2
        assert [event.count for event in events if event.alert == "new"] == [2]


async def test_an_alert_can_be_of_some_tasks_only() -> None:
    registry = project()
    Alert("failures", on="failed", tasks=["fails_else"], run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        await world.run(find(registry, "fails"), 1)
        await handled(world, 0)
        await world.run(find(registry, "fails_else"))
        await handled(world, 1)


async def test_the_task_of_an_alert_raises_none_when_it_fails() -> None:
    registry = project()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def broken(event: AlertEvent) -> None:
        raise ValueError("the pager is down")

    Alert("failures", on="failed", run=broken, registry=registry)
    async with World(registry) as world:
        await world.run(find(registry, "fails"), 1)
        (event,) = await handled(world, 1)
        assert event.subject == "fails"


async def test_a_parked_run_raises_an_alert() -> None:
    registry = project()
    seen: list[int] = []

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.001))
    async def drifts() -> None:
        seen.append(len(seen))
        await step(_echo)(len(seen))
        raise ValueError("again")

    Alert("parked", on="parked", run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        run_id = await world.trigger(drifts)
        while (await world.until(run_id, RunStatus.WAITING)).parked_reason is None:
            pass
        (event,) = await handled(world, 1)
        assert event.kind is AlertOn.PARKED
        assert "the order of calls changed" in event.message


async def _echo(number: int) -> int:
    return number


async def test_a_slow_run_and_a_long_queue_are_seen_once() -> None:
    registry = project()
    notify = find(registry, "notify")
    narrow = Queue("narrow", concurrency=1)

    @task(registry=registry, queue=narrow)
    async def hangs() -> None:
        import asyncio

        await asyncio.Event().wait()

    Alert("slow", on="slow", over="1m", run=notify, registry=registry)
    Alert("backlog", on="backlog", over=1, queues=["narrow"], run=notify, registry=registry)
    async with World(registry) as world:
        first = await world.trigger(hangs)
        await world.until(first, RunStatus.EXECUTING)
        await world.trigger(hangs)
        store, now = world.engine.store, world.engine.clock.now_ms()
        assert await store.write(lambda: stored.look(now))
        await handled(world, 0)
        await world.trigger(hangs)
        for at in (now + 61_000, now + 62_000):
            await store.write(lambda at=at: stored.look(at))
        events = await handled(world, 2)
        assert {event.alert: (event.subject, event.run_id, event.count) for event in events} == {
            "slow": ("hangs", first, 1),
            "backlog": ("narrow", None, 2),
        }
        await world.engine.cancel([run.id for run in (await world.engine.list_runs(RunFilter())).runs])


@pytest.mark.parametrize(("queue", "count"), [("narrow", 1), ("wide", 0)])
async def test_an_alert_on_slow_runs_keeps_to_its_queues(queue: str, count: int) -> None:
    registry = project()

    @task(registry=registry, queue=Queue("narrow", concurrency=1))
    async def hangs() -> None:
        import asyncio

        await asyncio.Event().wait()

    Alert("slow", on="slow", over="1m", queues=[queue], run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        run = await world.trigger(hangs)
        await world.until(run, RunStatus.EXECUTING)
        at = world.engine.clock.now_ms() + 61_000
        await world.engine.store.write(lambda: stored.look(at))
        await handled(world, count)
        await world.engine.cancel([run])


async def test_an_alert_that_left_the_code_is_raised_no_more() -> None:
    registry = project()
    Alert("failures", on="failed", run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        await world.stop_worker()
        world._registry = project()
        await world.start_worker()
        await world.run(find(world._registry, "fails"), 1)
        await handled(world, 0)


def test_an_alert_says_what_it_needs() -> None:
    registry = project()
    notify = find(registry, "notify")
    of_a_task = {"on": "backlog", "over": 1, "tasks": ["works"]}
    for wrong in ({"on": "slow"}, {"on": "backlog"}, {"on": "failed", "over": 3}, {"on": "never"}, of_a_task):
        with pytest.raises(InvalidInput):
            Alert("wrong", run=notify, registry=registry, **wrong)
    assert registry.alert_rules() == ()


def test_errors_that_differ_in_numbers_and_ids_look_the_same() -> None:
    def of(message: str, task: str = "t") -> str:
        return fingerprint(task, ErrorInfo("builtins.ValueError", message))

    assert of("row 17 at 0x7f2a") == of("row 4 at 0x11")
    assert of("run run_01m7yyp617hazkxc877q9 is gone") == of("run run_01m7yyqhtdd9tkscwe17w is gone")
    assert of("row 1") != of("row 1", task="other")
    assert of("no such row") != of("no such column")


async def test_a_completed_run_raises_an_alert_each_time() -> None:
    registry = project()
    Alert("done", on="succeeded", tasks=["works"], run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        first = await world.run(find(registry, "works"))
        second = await world.run(find(registry, "works"))
        await world.run(find(registry, "fails"), 1)
        events = await handled(world, 2)
        assert [event.run_id for event in events] == [second.id, first.id]
        assert {event.kind for event in events} == {AlertOn.SUCCEEDED}


async def test_the_task_that_hears_of_every_completed_run_does_not_hear_of_itself() -> None:
    registry = project()
    Alert("done", on="succeeded", run=find(registry, "notify"), registry=registry)
    async with World(registry) as world:
        await world.run(find(registry, "works"))
        await handled(world, 1)
        await handled(world, 1)


async def test_an_engine_without_a_courier_tells_no_channels() -> None:
    """Those of `runcast.testing` have none: an app's own alerts must not wake anybody while it is tested."""
    registry = project()
    Alert("failures", on="failed", to=channels.slack("https://hooks.example.com/x"), registry=registry)
    both = channels.email("ops@example.com")
    Alert("both", on="failed", run=find(registry, "notify"), to=both, registry=registry)
    world = World(registry)
    await world.server.start()
    world.engine.courier = None
    await world.start_worker()
    try:
        await world.run(find(registry, "fails"), 1)
        (event,) = await handled(world, 1)
        assert event.alert == "both"
        filter = DeliveryFilter(environment="dev")
        assert await world.engine.store.read(partial(deliveries.list_deliveries, filter)) == ()
    finally:
        await world.stop_worker()
        await world.server.stop()


def test_an_alert_says_who_hears_of_it() -> None:
    registry = project()
    with pytest.raises(InvalidInput, match="run= a task or to= channels"):
        Alert("nobody", on="failed", registry=registry)
    Alert("ops", on="failed", to=channels.email("ops@example.com"), registry=registry)
    assert [rule.name for rule in registry.alert_rules()] == ["ops"]


def test_a_channel_has_one_secret() -> None:
    registry = project()
    url = "https://example.com/hooks"
    Alert("one", on="failed", to=channels.webhook(url, secret="a secret of 16 +"), registry=registry)
    with pytest.raises(InvalidInput, match=r"'two' and 'one'.*different secrets"):
        Alert("two", on="failed", to=channels.webhook(url, secret="another one of 16"), registry=registry)
    Alert("one", on="failed", to=channels.webhook(url, secret="a secret that is new"), registry=registry)
    assert len(registry.alert_rules()) == 1
