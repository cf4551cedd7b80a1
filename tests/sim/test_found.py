"""The smallest programs of bugs that the simulation found, each in several orders of events."""

from __future__ import annotations

import pytest

from tests.sim.programs import (
    ALWAYS,
    Batch,
    Catch,
    Child,
    Crumble,
    Fire,
    Gather,
    Group,
    Mark,
    Node,
    Program,
    Seq,
    Sleep,
    Step,
    Token,
)
from tests.sim.run import EVICT_AFTER_MS, replay, run_setting
from tests.sim.world import Setting, Trouble


def _program(id: str, *items: Node, **options: object) -> Program:
    return Program(id, Seq(items), **options)  # type: ignore[arg-type]


_COUNTED = _program("counted", Mark("counts", "increment", "root"), Step("works", 1))
_FAILS_ONCE = _program("fails", Mark("tagged", "tag"), Step("done", 2), Crumble(1))

FOUND: dict[str, tuple[Program, ...]] = {
    "a wait is created anew after Continue": (_program("root", Token("token1"), rounds=2),),
    "a batch is triggered anew after Continue": (_program("root", Batch((_COUNTED,)), rounds=3),),
    "stream parts and artifacts of earlier rounds stay": (
        _program("root", Step("step", 1, 1, 2, marks=(Mark("part", "part"), Mark("file", "artifact"))), rounds=3),
    ),
    "a run that waits in a TaskGroup gives its slot to its child": (
        _program(
            "root",
            Group((Child(_program("child", Step("step", 1), queue="narrow")), Step("other", 2, takes_ms=5))),
            queue="narrow",
        ),
    ),
    "a body whose gather is about to fail does not wait": (
        _program("root", Catch(Gather((Step("broken", 0, ALWAYS, 2), Sleep(2_000)))), rounds=3),
    ),
    "one idempotency key is one run": (_program("root", Fire(_COUNTED, "key", times=2)),),
    "a successor has the tags of its predecessor": (
        _program("root", Child(_FAILS_ONCE, unwrap=True), max_attempts=2),
    ),
    "a successor takes over live children": (
        _program(
            "root",
            Child(_program("middle", Gather((Crumble(1), Child(_program("leaf", Sleep(5_000), Mark("once", "increment", "root")))))), unwrap=True),
            Crumble(2),
            max_attempts=3,
        ),
    ),
    "a rated queue does not spin": tuple(_program(f"root{number}", Step(f"s{number}", 1), queue="rated") for number in range(9)),
}  # fmt: skip


# A world ends in the middle of things; what its garbage says about that is no news.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::RuntimeWarning")


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_mended(name: str, evict_after_ms: int) -> None:
    for seed in range(6):
        setting = Setting(seed, FOUND[name], (), workers=seed % 3, evict_after_ms=evict_after_ms)
        assert not (failures := run_setting(setting)), f"{name}: {failures}"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_disk_that_stays_full_for_longer_than_a_lease_strands_nobody(workers: int) -> None:
    program = _program("root", Step("long", 1, takes_ms=4_000), Sleep(50), Step("short", 2))
    for commit in range(2, 12):
        setting = Setting(commit, (program,), (Trouble(commit, "drought", 3),), workers, evict_after_ms=0)
        assert not (failures := run_setting(setting)), replay(commit, 0, failures)
