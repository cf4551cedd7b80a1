"""Worlds of schedules alone: crashes around ticks, wall clocks that jump between two starts, clocks that change."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from runcast.domain.schedule import CatchUp, Overlap, ScheduleSettings
from tests.sim.programs import Program, Step
from tests.sim.run import FOREVER_MS, replay, run_setting
from tests.sim.schedules import CHANGES, HOUR_MS, SimSchedule, make_schedules
from tests.sim.world import Setting, Trouble

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::RuntimeWarning")

CRONS = ("*/10 * * * *", "30 2 * * *", "15,45 1-3 * * *", "0 * * * *", "*/30 2 * * *", "7 */1 * * *", "20 30 2 * * *")
QUICK = ("*/10 * * * * *", "*/15 * * * * *", "* * * * *")
ZONES = ("Europe/Zurich", "Europe/Zurich", "Australia/Lord_Howe", "UTC")
BLOCK = 20


def setting_of(seed: int) -> Setting:
    random = Random(seed)
    workers = random.choice([0, 1])
    kinds = ["crash before", "crash after", "crash after", "full", "broken"]
    troubles = tuple(
        Trouble(random.randint(1, random.choice([10, 30, 60])), random.choice(kinds), random.randint(1, 4))
        for _ in range(random.choice([0, 2, 4, 6]))
    )
    # Either hours around a change of the clocks, or minutes in which runs outlive the next ticks.
    slow = random.random() < 0.4
    jumps = [0, *(random.choice([0, -HOUR_MS // 2, -HOUR_MS, HOUR_MS, 5 * 60_000]) for _ in range(6))]
    return Setting(
        seed,
        (),
        troubles,
        workers,
        evict_after_ms=random.choice([0, FOREVER_MS]),
        deafness=random.choice([0.0, 0.5]),
        schedules=make_schedules(random, minutes=110 if slow else 4, crons=CRONS if slow else QUICK, zones=ZONES),
        start_ms=int(random.choice(CHANGES).timestamp() * 1000),
        jumps_ms=tuple(jumps) if random.random() < 0.5 else (),
    )


def test_each_tick_has_one_run_in_a_few_worlds() -> None:
    for seed in range(5):
        assert not (failures := run_setting(setting_of(seed))), replay(seed, 0, failures)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 300, BLOCK))
def test_each_tick_has_one_run_in_every_world(start: int) -> None:
    for seed in range(start, start + BLOCK):
        assert not (failures := run_setting(setting_of(seed))), f"{seed}: {failures}"


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("overlap", list(Overlap))
def test_a_crash_at_any_commit_around_a_tick_changes_nothing(side: str, overlap: Overlap) -> None:
    program = Program("s0 program", Step("s0 step", 1, takes_ms=15_000), "free")
    payload = msgspec.json.encode({"program": program}).decode()
    settings = ScheduleSettings("*/10 * * * * *", "UTC", overlap, CatchUp.ALL, payload=payload)
    schedule = SimSchedule("s0", settings, program, 1.0, 45.0)
    for commit in range(2, 22, 2):
        setting = Setting(
            commit, (), (Trouble(commit, f"crash {side}"),), workers=0, evict_after_ms=0, schedules=(schedule,)
        )
        assert not (failures := run_setting(setting)), f"{side} commit {commit}: {failures}"
