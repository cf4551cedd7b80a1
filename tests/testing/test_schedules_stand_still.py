"""A schedule of the same app does not disturb whoever tries one task."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runcast import task, wait
from runcast.sdk.registry import registry
from runcast.testing import assert_crash_safe, run_inline

TICKS: list[str] = []


@task
async def patient_month(n: int) -> int:
    await wait.for_("30d")
    return n + 1


@pytest.fixture(autouse=True)
def ticking() -> Iterator[None]:
    """A task of this process that is due every minute."""
    before = list(registry)

    @task(schedule="* * * * *")
    async def every_minute() -> None:
        TICKS.append("tick")

    yield
    registry.clear()
    for definition in before:
        registry.add(definition)


def test_run_inline_runs_one_task() -> None:
    assert run_inline(patient_month, 1) == 2
    assert TICKS == []


def test_a_crash_sweep_is_of_one_task() -> None:
    assert_crash_safe(patient_month, 1, points=3)
    assert TICKS == []
