"""Deliveries: stored with their event, claimed by one server at a time, tried until they arrive, forgotten with the event."""

from __future__ import annotations

from functools import partial

import pytest

from runcast.domain.alert import AlertOn, AlertRule
from runcast.domain.channel import ChannelKind, ChannelRef
from runcast.domain.delivery import ATTEMPTS_MAX, Answer, Delivery, DeliveryStatus
from runcast.domain.errors import Conflict, NotFound
from runcast.domain.ids import WorkerId
from runcast.domain.limits import CHANNELS_MAX, DELIVERIES_OF_A_CHANNEL, DELIVERY_LEASE_MS
from runcast.domain.outcome import Failed, Succeeded
from runcast.gateway import Hello, TaskInfo
from runcast.store import alerts, channels, deliveries, prune, workers
from runcast.store.deliveries import DeliveryFilter
from tests.store.world import ERROR, LEASE_MS, World

OPS = ChannelRef("channel_ops", ChannelKind.WEBHOOK, "https://example.com/…", "sealed")
CHAT = ChannelRef("channel_chat", ChannelKind.SLACK, "https://hooks.slack.com/…", "sealed too")
NO = Answer(status=500, error="HTTP 500", took_ms=7)
YES = Answer(status=200, took_ms=5)


def declare(db: World, *rules: AlertRule, environment: str = "dev", tasks: tuple[str, ...] = ("work",)) -> None:
    """A worker whose code has these alerts."""
    infos = tuple(TaskInfo(task, "work") for task in tasks)
    hello = Hello(WorkerId("w1"), infos, environment=environment, alerts=rules)
    db.run(lambda: workers.hello(hello, db.now, LEASE_MS))


def failures(*to: ChannelRef, name: str = "failures", **options: object) -> AlertRule:
    return AlertRule(name, AlertOn.FAILED, to=to, **options)  # type: ignore[arg-type]


def fail(db: World, count: int = 1) -> None:
    for _ in range(count):
        db.report(db.start(), outcome=Failed(ERROR))


def found(db: World, **filter: object) -> tuple[Delivery, ...]:
    chosen = DeliveryFilter(**{"environment": "dev", **filter})  # type: ignore[arg-type]
    return db.read(partial(deliveries.list_deliveries, chosen))


def claim(db: World, holder: str = "one") -> list[str]:
    return [one.id for one in db.run(partial(deliveries.claim, holder, db.now))]


def settle(db: World, id: str, number: int, answer: Answer) -> None:
    db.run(partial(deliveries.settle, id, number, answer, db.now))


def test_an_event_has_a_delivery_for_each_channel_in_its_commit(db: World) -> None:
    declare(db, failures(OPS, CHAT), failures(OPS, name="again"))
    fail(db)
    told = [(one.alert, one.channel_id, one.status, one.event) for one in found(db)]
    assert sorted(told) == [
        ("again", OPS.id, DeliveryStatus.PENDING, 1),
        ("failures", CHAT.id, DeliveryStatus.PENDING, 2),
        ("failures", OPS.id, DeliveryStatus.PENDING, 2),
    ]


def test_what_looks_the_same_is_delivered_once(db: World) -> None:
    declare(db, failures(OPS))
    fail(db, 3)
    assert len(found(db)) == 1


def test_a_run_that_completes_is_told_each_time_and_one_that_fails_is_not(db: World) -> None:
    declare(db, AlertRule("done", AlertOn.SUCCEEDED, to=(OPS,)))
    fail(db)
    assert found(db) == ()
    for _ in range(2):
        db.report(db.start(), outcome=Succeeded("1"))
    assert len(found(db)) == 2


def test_the_task_that_hears_of_completed_runs_raises_nothing_itself(db: World) -> None:
    """Two alerts that hear of each other's task would go on for ever."""
    declare(
        db,
        AlertRule("a", AlertOn.SUCCEEDED, "work"),
        AlertRule("b", AlertOn.SUCCEEDED, "other"),
        tasks=("other", "work"),
    )
    db.report(db.start("work"), outcome=Succeeded("1"))
    assert db.one("select count(*) from alert_events") == 0


def test_a_claimed_delivery_is_not_claimed_again_until_its_lease_ends(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    (id,) = claim(db, "one")
    assert claim(db, "two") == []
    db.advance(DELIVERY_LEASE_MS)
    assert claim(db, "two") == [id]
    (delivery,) = found(db)
    assert [(one.number, one.took_ms) for one in delivery.attempts] == [(1, None), (2, None)]


def test_an_engine_that_owns_the_database_releases_what_the_one_before_it_held(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    (id,) = claim(db)
    db.run(partial(deliveries.release, db.now))
    assert claim(db, "two") == [id]


def test_one_that_arrived_is_done(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    (id,) = claim(db)
    db.advance(5)
    settle(db, id, 1, YES)
    (delivery,) = found(db, status=DeliveryStatus.DELIVERED)
    assert (delivery.finished_at, delivery.next_at) == (db.now, None)
    assert [(one.number, one.status, one.error, one.took_ms) for one in delivery.attempts] == [(1, 200, None, 5)]
    assert db.read(deliveries.next_due) is None


def test_one_that_does_not_arrive_is_tried_ever_more_rarely_and_then_has_failed(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    pauses = []
    for number in range(1, ATTEMPTS_MAX + 1):
        due = db.read(deliveries.next_due)
        assert due is not None
        pauses.append(due - db.now)
        db.now = due
        (id,) = claim(db)
        settle(db, id, number, NO)
    assert pauses == sorted(pauses)
    assert pauses[-1] > 8 * 3_600_000
    (delivery,) = found(db, status=DeliveryStatus.FAILED)
    assert len(delivery.attempts) == ATTEMPTS_MAX
    assert db.read(deliveries.next_due) is None


def test_what_would_be_the_same_next_time_fails_at_once(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    (id,) = claim(db)
    settle(db, id, 1, Answer(error="refused", is_final=True))
    assert [one.status for one in found(db)] == [DeliveryStatus.FAILED]


def test_an_old_try_that_comes_back_late_changes_no_newer_one(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    (id,) = claim(db, "one")
    db.advance(DELIVERY_LEASE_MS)
    claim(db, "two")
    settle(db, id, 1, Answer(error="refused", is_final=True))
    (delivery,) = found(db)
    assert (delivery.status, delivery.next_at) == (DeliveryStatus.PENDING, db.now + DELIVERY_LEASE_MS)
    settle(db, id, 1, YES)
    settle(db, id, 2, NO)
    assert [one.status for one in found(db)] == [DeliveryStatus.DELIVERED]


def test_a_channel_that_does_not_answer_holds_up_no_other(db: World) -> None:
    declare(
        db,
        *(failures(OPS, name=f"f{number}") for number in range(DELIVERIES_OF_A_CHANNEL + 3)),
        failures(CHAT, name="z"),
    )
    fail(db)
    ids = claim(db)
    told = {one.id: one.channel_id for one in found(db)}
    assert sorted(told[id] for id in ids) == [CHAT.id] + [OPS.id] * DELIVERIES_OF_A_CHANNEL
    assert len(claim(db)) == 3


def test_a_failed_delivery_is_tried_once_more_when_somebody_asks(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    (id,) = claim(db)
    with pytest.raises(Conflict):
        db.run(partial(deliveries.revive, "dev", id, db.now))
    settle(db, id, 1, Answer(error="refused", is_final=True))
    with pytest.raises(NotFound):
        db.run(partial(deliveries.revive, "prod", id, db.now))
    db.run(partial(deliveries.revive, "dev", id, db.now))
    assert claim(db) == [id]
    settle(db, id, 2, YES)
    assert [one.status for one in found(db)] == [DeliveryStatus.DELIVERED]


def test_channels_that_left_the_code_go_and_what_was_on_its_way_has_none(db: World) -> None:
    declare(db, failures(OPS, CHAT), failures(CHAT, name="other"))
    fail(db)
    declare(db, failures(CHAT, name="other"))
    assert [state.channel.id for state in db.read(partial(channels.list_channels, "dev"))] == [CHAT.id]
    claimed = db.run(partial(deliveries.claim, "one", db.now))
    assert sorted((one.kind, one.sealed) for one in claimed) == [
        (ChannelKind.SLACK, "sealed too"), (ChannelKind.SLACK, "sealed too"), (ChannelKind.WEBHOOK, None),
    ]  # fmt: skip


def test_an_alert_with_channels_only_is_dropped_by_code_without_it(db: World) -> None:
    declare(db, failures(OPS))
    declare(db)
    fail(db)
    assert found(db) == ()


def test_a_worker_of_other_tasks_leaves_it_alone(db: World) -> None:
    declare(db, failures(OPS))
    declare(db, tasks=("other",))
    fail(db)
    assert len(found(db)) == 1


def make(db: World, name: str, channel: ChannelRef, *rules: AlertRule, environment: str = "dev") -> None:
    db.run(partial(channels.create, environment, name, channel, rules, db.now))


def test_a_channel_made_at_run_time_outlives_the_code(db: World) -> None:
    db.worker()
    make(db, "ops", OPS, failures(OPS, name="ops"))
    declare(db, failures(CHAT))
    declare(db)
    fail(db)
    assert [(one.alert, one.channel_id) for one in found(db)] == [("ops", OPS.id)]
    (state,) = db.read(partial(channels.list_channels, "dev"))
    assert (state.channel.name, state.channel.origin, [rule.name for rule in state.rules]) == ("ops", "api", ["ops"])


def test_a_deleted_channel_tells_no_more(db: World) -> None:
    db.worker()
    make(db, "ops", OPS, failures(OPS, name="ops"))
    db.run(partial(channels.remove, "dev", OPS.id))
    fail(db)
    assert (found(db), db.read(partial(channels.list_channels, "dev"))) == ((), ())
    with pytest.raises(NotFound):
        db.run(partial(channels.remove, "dev", OPS.id))


def test_a_channel_of_code_is_not_deleted(db: World) -> None:
    declare(db, failures(OPS))
    with pytest.raises(Conflict, match="declared in code"):
        db.run(partial(channels.remove, "dev", OPS.id))
    with pytest.raises(NotFound):
        db.run(partial(channels.remove, "prod", OPS.id))


def test_names_of_alerts_are_taken_once_and_channels_are_bounded(db: World) -> None:
    make(db, "ops", OPS, failures(OPS, name="ops"))
    with pytest.raises(Conflict, match="choose another name"):
        make(db, "ops", CHAT, failures(CHAT, name="ops"))
    make(db, "ops", CHAT, failures(CHAT, name="ops"), environment="prod")
    for number in range(CHANNELS_MAX - 1):
        one = ChannelRef(f"channel_{number}", ChannelKind.EMAIL)
        make(db, str(number), one, failures(one, name=str(number)))
    with pytest.raises(Conflict, match="delete one first"):
        make(db, "more", CHAT, failures(CHAT, name="more"))


def test_environments_know_nothing_of_each_other(db: World) -> None:
    declare(db, failures(OPS))
    make(db, "ops", CHAT, failures(CHAT), environment="prod")
    fail(db)
    assert [one.channel_id for one in found(db)] == [OPS.id]
    assert found(db, environment="prod") == ()


def test_the_channel_of_an_alert_is_kept_without_its_secret(db: World) -> None:
    declare(db, failures(OPS))
    assert "sealed" not in db.one("select rule from alerts")


def test_deliveries_are_forgotten_with_their_event_and_tests_after_their_time(db: World) -> None:
    declare(db, failures(OPS))
    fail(db)
    db.run(partial(deliveries.add_test, "dev", OPS, "test", "1", db.now))
    for one in found(db):
        claim(db)
        settle(db, one.id, 1, YES)
    db.advance(1_000)
    fail(db)  # it looks the same, so the event is younger than its delivery
    db.run(lambda: prune.tidy(db.now - 500))
    assert [(one.event, len(one.attempts)) for one in found(db)] == [(1, 1)]
    db.run(lambda: prune.tidy(db.now + 1))
    assert found(db) == ()
    assert db.one("select count(*) from alert_attempts") == 0


def test_pages_of_deliveries_go_from_new_to_old(db: World) -> None:
    ids = []
    for number in range(5):
        db.advance(1)
        ids.append(db.run(partial(deliveries.add_test, "dev", OPS, "test", str(number), db.now)))
    filter = DeliveryFilter(environment="dev", channel_id=OPS.id)
    first = db.read(partial(deliveries.list_deliveries, filter, None, 3))
    second = db.read(partial(deliveries.list_deliveries, filter, first[-1].id, 3))
    assert [one.id for one in (*first, *second)] == ids[::-1]
    assert found(db, channel_id=CHAT.id) == ()


def test_looking_for_slow_runs_tells_channels_too(db: World) -> None:
    declare(db, AlertRule("slow", AlertOn.SLOW, over=60_000, to=(OPS,)))
    db.start()
    db.advance(61_000)
    db.run(partial(alerts.look, db.now))
    assert [one.alert for one in found(db)] == ["slow"]
