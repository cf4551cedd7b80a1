"""Schedules in the store: one run for each tick, whatever happens, and declarations that follow the code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from runcast.domain.errors import Conflict, InvalidInput, NotFound
from runcast.domain.ids import RunId
from runcast.domain.limits import CATCH_UP_RUNS_MAX
from runcast.domain.outcome import Succeeded
from runcast.domain.schedule import (
    CatchUp,
    NewSchedule,
    Overlap,
    ScheduleChanges,
    ScheduledRun,
    ScheduleFilter,
    ScheduleId,
    ScheduleSettings,
    ScheduleState,
    plan_ticks,
)
from runcast.gateway import TaskInfo
from runcast.store import prune, schedule_changes, schedules, workers
from runcast.store.schedules import Planned
from tests.store.world import World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
SKIP, QUEUE, ALLOW = Overlap.SKIP, Overlap.QUEUE, Overlap.ALLOW


@pytest.fixture(autouse=True)
def _at_midnight(db: World) -> None:
    db.now = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
    db.worker()


def put(
    db: World, cron: str = "* * * * *", *, key: str | None = None, task: str = "work", **settings: Any
) -> ScheduleState:
    new = NewSchedule(ScheduleId(db.new_id("sched")), task, ScheduleSettings(cron, **settings), deduplication_key=key)
    return db.run(lambda: schedule_changes.put(new, db.now))


def state(db: World, schedule: ScheduleState) -> ScheduleState:
    return db.read(lambda: schedules.get(schedule.id))


def planned(db: World) -> list[Planned]:
    found = db.read(lambda: schedules.due(db.now, 100))
    busy = {schedule.id for schedule in found.due}
    return [
        *(Planned(schedule, plan_ticks(schedule, db.now)) for schedule in found.due),
        *(Planned(schedule, None) for schedule in found.kept if schedule.id not in busy),
    ]


def tick(db: World, plans: list[Planned] | None = None) -> int:
    """Fire what is due; how many runs started."""
    due = planned(db) if plans is None else plans
    return db.run(lambda: schedules.fire(due, db.now))


def minutes(db: World, count: int) -> list[int]:
    """How many runs started in each of the next minutes."""
    started = []
    for _ in range(count):
        db.advance(MINUTE_MS)
        started.append(tick(db))
    return started


def outcomes(db: World, schedule: ScheduleState) -> list[tuple[int, str]]:
    """Minutes after midnight, and what was decided, oldest first."""
    found = db.read(lambda: schedules.ticks(schedule.id, 1000))
    return [(one.at // MINUTE_MS % 1440, one.outcome.value) for one in reversed(found)]


def finish_all(db: World) -> None:
    for run in db.claim():
        db.report(run, outcome=Succeeded("1"))


# --- a tick


def test_a_tick_starts_one_run_and_sets_the_next(db: World) -> None:
    schedule = put(db)
    assert schedule.next_at == db.now + MINUTE_MS
    assert tick(db) == 0
    db.advance(MINUTE_MS)
    assert tick(db) == 1
    assert tick(db) == 0
    after = state(db, schedule)
    assert (after.last_at, after.next_at) == (db.now, db.now + MINUTE_MS)
    assert outcomes(db, schedule) == [(1, "started")]


def test_a_run_gets_its_tick(db: World) -> None:
    put(db, "0 9 * * *", timezone="Europe/Zurich", external_id="acme")
    for _ in range(2):
        db.advance(24 * HOUR_MS)
        tick(db)
    *_, payload = (row[0] for row in db.sql("select payload from runs order by id"))
    run = msgspec.json.decode(payload, type=ScheduledRun)
    assert run.timestamp == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert run.last_timestamp == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert run.local_timestamp.hour == 9
    assert (run.external_id, run.timezone, run.type) == ("acme", "Europe/Zurich", "IMPERATIVE")
    assert [at.hour for at in run.upcoming] == [8] * 5
    assert set(msgspec.json.decode(payload)) == {
        "scheduleId", "type", "timestamp", "timezone", "lastTimestamp", "externalId", "upcoming",
    }  # fmt: skip


def test_a_payload_of_its_own_takes_the_place_of_the_tick(db: World) -> None:
    put(db, payload='{"days":7}')
    db.advance(MINUTE_MS)
    tick(db)
    assert db.one("select payload from runs") == '{"days":7}'


def test_what_was_rolled_back_fires_again_with_the_same_run(db: World) -> None:
    put(db)
    db.advance(MINUTE_MS)
    plans = planned(db)
    db.executor.begin(lazy=True)
    db.executor.run(schedules.fire(plans, db.now), [])
    lost = db.one("select id from runs")
    db.executor.rollback()
    db.hot.forget()
    assert tick(db) == 1
    assert db.one("select id from runs") == lost


def test_what_was_planned_twice_fires_once(db: World) -> None:
    put(db)
    db.advance(MINUTE_MS)
    plans = planned(db)
    assert tick(db, plans) == 1
    assert tick(db, plans) == 0


def test_what_was_planned_before_a_change_does_not_fire(db: World) -> None:
    schedule = put(db)
    db.advance(MINUTE_MS)
    plans = planned(db)
    db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=True))
    assert tick(db, plans) == 0
    assert tick(db) == 0


def test_a_clock_that_jumps_back_repeats_no_tick(db: World) -> None:
    put(db)
    for _ in range(5):
        db.advance(MINUTE_MS)
        tick(db)
    db.advance(-3 * MINUTE_MS)
    assert minutes(db, 5) == [0, 0, 0, 1, 1]


def test_a_schedule_that_starts_over_after_a_jump_back_repeats_no_tick(db: World) -> None:
    schedule = put(db)
    for _ in range(3):
        db.advance(MINUTE_MS)
        tick(db)
    db.advance(-2 * MINUTE_MS)
    db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=True))
    db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=False))
    assert minutes(db, 3) == [0, 0, 1]


def test_a_tick_of_a_task_that_no_worker_knows_is_not_lost(db: World) -> None:
    put(db, task="later")
    db.advance(MINUTE_MS)
    assert tick(db) == 1
    assert db.one("select status from runs") == "PENDING_VERSION"


# --- overlap


def test_by_default_runs_may_overlap(db: World) -> None:
    put(db)
    assert minutes(db, 3) == [1, 1, 1]


def test_skip_starts_none_while_one_is_live(db: World) -> None:
    schedule = put(db, overlap=SKIP)
    assert minutes(db, 3) == [1, 0, 0]
    finish_all(db)
    db.advance(MINUTE_MS)
    assert tick(db) == 1
    assert outcomes(db, schedule) == [(1, "started"), (2, "skipped"), (3, "skipped"), (4, "started")]


def test_skip_looks_at_runs_that_were_started_by_hand_too(db: World) -> None:
    schedule = put(db, overlap=SKIP)
    db.run(lambda: schedules.run_now(schedule.id, RunId(db.new_id()), db.now))
    db.advance(MINUTE_MS)
    assert tick(db) == 0


def test_queue_keeps_the_newest_tick_until_the_run_has_ended(db: World) -> None:
    schedule = put(db, overlap=QUEUE)
    assert minutes(db, 4) == [1, 0, 0, 0]
    assert tick(db) == 0
    finish_all(db)
    db.advance(1_000)
    assert tick(db) == 1
    assert outcomes(db, schedule) == [(1, "started"), (2, "skipped"), (3, "skipped"), (4, "started")]
    assert state(db, schedule).kept_at is None


def test_a_kept_tick_goes_first(db: World) -> None:
    schedule = put(db, overlap=QUEUE)
    for _ in range(2):
        db.advance(MINUTE_MS)
        tick(db)
    finish_all(db)
    db.advance(MINUTE_MS)
    assert tick(db) == 1
    assert outcomes(db, schedule) == [(1, "started"), (2, "started")]
    assert state(db, schedule).kept_at == db.now


def test_pausing_skips_the_tick_that_was_kept(db: World) -> None:
    schedule = put(db, overlap=QUEUE)
    for _ in range(2):
        db.advance(MINUTE_MS)
        tick(db)
    db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=True))
    finish_all(db)
    assert tick(db) == 0
    assert outcomes(db, schedule) == [(1, "started"), (2, "skipped")]


# --- downtime


def test_after_a_downtime_the_newest_missed_tick_runs(db: World) -> None:
    schedule = put(db, "0 * * * *")
    db.advance(5 * HOUR_MS + 10 * MINUTE_MS)
    assert tick(db) == 1
    assert outcomes(db, schedule) == [(300, "started")]
    assert state(db, schedule).next_at == db.now + 50 * MINUTE_MS


def test_none_catches_nothing_up_and_says_so(db: World) -> None:
    schedule = put(db, "0 * * * *", catch_up=CatchUp.NONE)
    db.advance(5 * HOUR_MS + 10 * MINUTE_MS)
    assert tick(db) == 0
    assert outcomes(db, schedule) == [(300, "missed")]
    db.advance(50 * MINUTE_MS)
    assert tick(db) == 1


def test_all_catches_everything_up(db: World) -> None:
    schedule = put(db, "0 * * * *", catch_up=CatchUp.ALL)
    db.advance(5 * HOUR_MS + 10 * MINUTE_MS)
    assert tick(db) == 5
    assert outcomes(db, schedule) == [(60 * hour, "started") for hour in range(1, 6)]


def test_all_is_bounded_to_the_newest(db: World) -> None:
    schedule = put(db, catch_up=CatchUp.ALL)
    db.advance(500 * MINUTE_MS)
    assert tick(db) == CATCH_UP_RUNS_MAX
    assert outcomes(db, schedule)[0] == (401, "started")
    assert tick(db) == 0


@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_a_tick_that_is_a_little_late_was_not_missed(db: World, catch_up: CatchUp) -> None:
    put(db, "*/10 * * * * *", catch_up=catch_up)
    db.advance(45_000)
    assert tick(db) == 4


def test_skip_and_all_start_one_and_skip_the_rest(db: World) -> None:
    schedule = put(db, "0 * * * *", catch_up=CatchUp.ALL, overlap=SKIP)
    db.advance(3 * HOUR_MS + 2 * MINUTE_MS)
    assert tick(db) == 1
    assert [outcome for _, outcome in outcomes(db, schedule)] == ["started", "skipped", "skipped"]


# --- create and change


def test_a_deduplication_key_names_one_schedule(db: World) -> None:
    first = put(db, key="acme")
    db.advance(30_000)
    second = put(db, key="acme", external_id="1")
    assert second.id == first.id
    assert second.next_at == first.next_at
    assert db.one("select count(*) from schedules") == 1


def test_creating_the_same_again_changes_nothing(db: World) -> None:
    first = put(db, key="acme")
    db.advance(2 * HOUR_MS)
    assert put(db, key="acme") == first
    assert tick(db) == 1  # the missed one


def test_another_rule_ticks_from_now_on(db: World) -> None:
    schedule = put(db)
    db.advance(2 * MINUTE_MS)
    changed = db.run(lambda: schedule_changes.update(schedule.id, ScheduleChanges(cron="@hourly"), db.now))
    assert changed.next_at == db.now + 58 * MINUTE_MS
    assert tick(db) == 0


def test_a_change_that_is_no_rule_changes_nothing(db: World) -> None:
    schedule = put(db)
    with pytest.raises(InvalidInput):
        db.run(lambda: schedule_changes.update(schedule.id, ScheduleChanges(cron="no"), db.now))
    assert state(db, schedule) == schedule


def test_a_paused_schedule_does_not_tick_and_catches_nothing_up(db: World) -> None:
    schedule = put(db)
    paused = db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=True))
    assert (paused.next_at, paused.active) == (None, False)
    db.advance(HOUR_MS)
    assert tick(db) == 0
    resumed = db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=False))
    assert resumed.next_at == db.now + MINUTE_MS
    assert tick(db) == 0


def test_a_deleted_schedule_leaves_its_runs(db: World) -> None:
    schedule = put(db)
    db.advance(MINUTE_MS)
    tick(db)
    db.run(lambda: schedule_changes.delete(schedule.id))
    assert db.one("select count(*) from runs") == 1
    assert db.one("select count(*) from schedule_ticks") == 0
    with pytest.raises(NotFound):
        db.run(lambda: schedule_changes.delete(schedule.id))


def test_schedules_are_listed_by_what_they_are(db: World) -> None:
    for number in range(5):
        put(db, key=f"k{number}", external_id="odd" if number % 2 else "even")
    page = db.read(lambda: schedules.page(ScheduleFilter(external_id="even", active=True, task=("work",)), 1, 1))
    assert (page.count, page.schedules[0].deduplication_key) == (3, "k2")
    assert db.read(lambda: schedules.page(ScheduleFilter(task=("other",)), 0, 10)).count == 0
    assert db.read(lambda: schedules.page(ScheduleFilter(active=False), 0, 10)).count == 0


# --- by hand


def test_run_now_starts_a_run_although_the_schedule_is_paused(db: World) -> None:
    schedule = put(db, overlap=SKIP)
    db.run(lambda: schedule_changes.set_paused(schedule.id, db.now, paused=True))
    for _ in range(2):
        db.run(lambda: schedules.run_now(schedule.id, RunId(db.new_id()), db.now))
    assert db.one("select count(*) from runs") == 2
    assert db.one("select count(distinct at) from schedule_ticks where manual = 1") == 2


def test_run_now_asked_twice_with_one_id_starts_one(db: World) -> None:
    schedule = put(db)
    run_id = RunId(db.new_id())
    answers = [db.run(lambda: schedules.run_now(schedule.id, run_id, db.now)).id for _ in range(2)]
    assert answers == [run_id, run_id]
    assert db.one("select count(*) from runs") == 1


def test_a_run_by_hand_at_the_time_of_a_tick_does_not_take_its_place(db: World) -> None:
    schedule = put(db)
    db.advance(MINUTE_MS)
    db.run(lambda: schedules.run_now(schedule.id, RunId(db.new_id()), db.now))
    assert tick(db) == 1
    assert db.one("select count(*) from runs") == 2


def test_a_back_fill_starts_what_had_no_run(db: World) -> None:
    schedule = put(db, "0 * * * *", catch_up=CatchUp.NONE)
    begin = db.now
    db.advance(HOUR_MS)
    tick(db)
    db.advance(3 * HOUR_MS + 30 * MINUTE_MS)
    tick(db)
    wanted = list(schedule.rule().ticks(begin - 2 * HOUR_MS - 1, db.now))
    started = db.run(lambda: schedules.backfill(schedule, wanted, db.now))
    assert len(started) == 6  # from two hours before it existed, without the one that ran
    assert not db.run(lambda: schedules.backfill(schedule, wanted, db.now))
    assert sorted(outcome for _, outcome in outcomes(db, schedule)) == ["started"] * 7
    firsts = [msgspec.json.decode(row[0], type=ScheduledRun) for row in db.sql("select payload from runs")]
    assert len({run.timestamp for run in firsts}) == 7
    assert all(len(run.upcoming) == 5 for run in firsts)


def test_what_was_filled_before_its_turn_does_not_run_again(db: World) -> None:
    schedule = put(db, catch_up=CatchUp.ALL)
    db.advance(3 * MINUTE_MS)
    wanted = list(schedule.rule().ticks(0 + db.now - 3 * MINUTE_MS, db.now))
    assert len(db.run(lambda: schedules.backfill(schedule, wanted, db.now))) == 3
    assert tick(db) == 0
    assert db.one("select count(*) from runs") == 3


def test_a_back_fill_of_a_schedule_that_changed_meanwhile_is_refused(db: World) -> None:
    schedule = put(db)
    db.run(lambda: schedule_changes.update(schedule.id, ScheduleChanges(cron="@hourly"), db.now))
    with pytest.raises(Conflict):
        db.run(lambda: schedules.backfill(schedule, [db.now], db.now))


# --- what code declares


def declared(cron: str | None, name: str = "nightly", **settings: Any) -> TaskInfo:
    return TaskInfo(name, "work", schedule=None if cron is None else ScheduleSettings(cron, **settings))


def only(db: World) -> ScheduleState:
    [found] = db.read(lambda: schedules.page(ScheduleFilter(), 0, 10)).schedules
    return found


def test_a_worker_brings_the_schedules_of_its_code(db: World) -> None:
    db.worker("w2", tasks=[declared("0 9 * * *")])
    found = only(db)
    assert (found.task, found.type.value, found.next_at) == ("nightly", "DECLARATIVE", db.now + 9 * HOUR_MS)


def test_the_same_code_again_changes_nothing_that_ticks(db: World) -> None:
    db.worker("w2", tasks=[declared("0 9 * * *")])
    before = only(db)
    db.advance(HOUR_MS)
    db.worker("w3", tasks=[declared("0 9 * * *")])
    assert only(db) == msgspec.structs.replace(before, declared_by="w3")


def test_changed_code_changes_its_schedule(db: World) -> None:
    db.worker("w2", tasks=[declared("0 9 * * *")])
    db.worker("w3", tasks=[declared("0 10 * * *", overlap=SKIP)])
    found = only(db)
    assert (found.next_at, found.overlap, found.revision) == (db.now + 10 * HOUR_MS, SKIP, 2)


def test_a_declaration_that_is_gone_stops_its_schedule(db: World) -> None:
    db.worker("w2", tasks=[declared("* * * * *")])
    db.worker("w3", tasks=[declared(None)])
    assert (only(db).removed, only(db).active) == (True, False)
    db.advance(MINUTE_MS)
    assert tick(db) == 0


def test_a_task_that_is_gone_stops_its_schedule_when_its_last_worker_is_gone(db: World) -> None:
    db.worker("w2", tasks=[declared("* * * * *")])
    db.worker("w3", tasks=["other"])
    assert not only(db).removed
    db.run(lambda: workers.rescue(["w2"], db.now, deaths=False))
    db.worker("w4", tasks=["other"])
    assert only(db).removed


def test_a_declaration_that_comes_back_goes_on_as_after_a_downtime(db: World) -> None:
    db.worker("w2", tasks=[declared("0 * * * *")])
    db.worker("w3", tasks=[declared(None)])
    db.advance(HOUR_MS + 30 * MINUTE_MS)
    db.worker("w4", tasks=[declared("0 * * * *")])
    assert tick(db) == 1
    assert only(db).active


def test_a_deploy_does_not_resume_what_a_person_paused(db: World) -> None:
    db.worker("w2", tasks=[declared("* * * * *")])
    db.run(lambda: schedule_changes.set_paused(only(db).id, db.now, paused=True))
    db.worker("w3", tasks=[declared("*/2 * * * *")])
    assert (only(db).paused, only(db).next_at, only(db).cron) == (True, None, "*/2 * * * *")


def test_a_declared_schedule_is_changed_in_its_code_only(db: World) -> None:
    db.worker("w2", tasks=[declared("* * * * *")])
    schedule_id = only(db).id
    with pytest.raises(Conflict, match="declared in the code"):
        db.run(lambda: schedule_changes.update(schedule_id, ScheduleChanges(cron="@daily"), db.now))
    with pytest.raises(Conflict):
        db.run(lambda: schedule_changes.delete(schedule_id))
    db.worker("w3", tasks=[declared(None)])
    db.run(lambda: schedule_changes.delete(schedule_id))
    assert db.one("select count(*) from schedules") == 0


def test_a_zone_that_only_the_worker_knows_stops_the_schedule_and_not_the_worker(db: World) -> None:
    db.worker("w2", tasks=[declared("* * * * *", timezone="Mars/Olympus")])
    found = only(db)
    assert found.problem is not None
    assert "Mars/Olympus" in found.problem
    assert not found.active
    db.worker("w3", tasks=[declared("* * * * *")])
    assert only(db).active


def test_a_zone_that_goes_stops_one_schedule_with_a_reason(db: World) -> None:
    schedule = put(db)
    db.run(lambda: schedule_changes.give_up(state(db, schedule), "no time zone", db.now))
    assert (state(db, schedule).problem, state(db, schedule).next_at) == ("no time zone", None)


# --- retention


def test_ticks_go_with_their_runs_and_those_without_by_themselves(db: World) -> None:
    schedule = put(db, overlap=SKIP)
    for _ in range(3):
        db.advance(MINUTE_MS)
        tick(db)
    finish_all(db)
    db.advance(HOUR_MS)
    while db.run(lambda: prune.prune(db.now)):
        pass
    assert db.one("select count(*) from schedule_ticks") == 0
    assert state(db, schedule).last_at is not None
