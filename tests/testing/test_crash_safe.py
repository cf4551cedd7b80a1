"""`assert_crash_safe` finds what breaks in a crash, says why, and lets pass what does not."""

from __future__ import annotations

import asyncio
import random
import threading
from datetime import UTC, datetime

import pytest

from runcast import (
    Conflict,
    Continue,
    Retry,
    artifacts,
    logger,
    metadata,
    now,
    select,
    step,
    streams,
    tags,
    task,
    uuid4,
    wait,
)
from runcast.testing import CrashReport, Ledger, NotCrashSafe, assert_crash_safe

ledger = Ledger()


@step
async def double(n: int) -> int:
    ledger.note(("double", n))
    metadata.increment("doubled")
    streams.append("numbers", n)
    return 2 * n


@step
def triple(n: int) -> int:
    ledger.note(("triple", n))
    return 3 * n


@step(retry=Retry(max_attempts=3, min_s=60))
async def stumble(n: int) -> int:
    metadata.increment("tries")
    if n:
        raise ValueError("not yet")
    return n


@task
async def crash_child(n: int) -> int:
    metadata.parent.increment("children")
    logger.info(f"child {n}")
    return await double(n)


@task(retry=Retry(max_attempts=2))
async def crash_everything(items: list[int]) -> list[object]:
    tags.add("whole")
    results = await asyncio.gather(*(crash_child.trigger_and_wait(item) for item in items))
    await wait.for_("7d")
    approval = await wait.create_token(str, tags="approval", key="approve")
    answer = await wait.for_token(approval).unwrap()
    index, _ = await select(wait.for_("1d"), wait.for_("2d"))
    batch = await crash_child.batch_trigger_and_wait(items)
    await crash_child.trigger(99)
    try:
        await stumble(1)
    except ValueError:
        metadata.set("stumbled", True)
    artifacts.add("report.txt", "done")
    order, at = uuid4(), now()
    return [[r.output for r in [*results, *batch] if r.ok], answer, index, await triple(5), str(order), at.year]


@pytest.mark.slow
def test_a_careful_task_is_safe_at_every_commit() -> None:
    report = assert_crash_safe(crash_everything, [1, 2], complete={"approval": "yes"}, ledger=ledger)
    assert report.commits >= 15
    assert report.points == report.possible == 2 * report.commits
    assert str(report) == f"safe at all {report.points} crash points of {report.commits} commits"


@pytest.mark.parametrize("evict_after", [None, 0])
def test_a_thread_is_safe_too(evict_after: int | None) -> None:
    @task
    def crash_on_thread(n: int) -> int:
        total = triple(n).result() + double(n).result()
        wait.for_("1d").result()
        return total + triple(n + 1).result()

    threads = threading.active_count()
    assert_crash_safe(crash_on_thread, 1, ledger=ledger, evict_after=evict_after)
    assert threading.active_count() < threads + 20


def test_a_loop_that_continues_is_safe() -> None:
    @task
    async def crash_subscription(month: int, paid: int = 0) -> int:
        if month == 3:
            return paid
        paid += await double(month)
        await wait.for_("30d")
        raise Continue(month + 1, paid)

    assert_crash_safe(crash_subscription, {"month": 0}, ledger=ledger)


def test_chance_that_is_not_recorded_is_found_and_the_line_is_named() -> None:
    @task
    async def crash_by_chance(n: int) -> int:
        first = await double(n)
        return first + await triple(random.randint(1, 1_000_000_000))

    with pytest.raises(NotCrashSafe) as failure:
        assert_crash_safe(crash_by_chance, 1)
    text = str(failure.value)
    assert "two runs of it differ without any crash" in text
    assert "test_crash_safe.py" in text
    assert "RC002" in text


def test_another_branch_after_the_crash_is_found() -> None:
    calls = 0

    def forget() -> None:
        nonlocal calls
        calls = 0

    @task
    async def crash_by_memory(n: int) -> int:
        nonlocal calls
        calls += 1
        if calls > 1:
            return await triple(n)
        return await double(n)

    with pytest.raises(NotCrashSafe) as failure:
        assert_crash_safe(crash_by_memory, 1, fresh=forget)
    text = str(failure.value)
    assert "a crash after commit" in text or "a crash before commit" in text
    assert "Likely cause: executed again, the body asked for other calls" in text
    assert "-  " in text


def test_arguments_that_change_park_the_run_and_that_is_found() -> None:
    calls = 0

    def forget() -> None:
        nonlocal calls
        calls = 0

    @task
    async def crash_by_arguments(n: int) -> int:
        nonlocal calls
        calls += 1
        first = await double(calls)
        return first + await triple(n)

    said = set()
    for seed in range(12):  # one point each, so that not always the same is the first
        try:
            assert_crash_safe(crash_by_arguments, 1, fresh=forget, points=1, seed=seed)
        except NotCrashSafe as failure:
            said.add("was parked: the order of calls changed" in str(failure))
    assert True in said


def test_an_output_made_from_memory_is_found() -> None:
    seen: list[int] = []

    @task
    async def crash_by_output(n: int) -> int:
        seen.append(n)
        await double(n)
        return len(seen)

    with pytest.raises(NotCrashSafe, match="the same calls gave another output"):
        assert_crash_safe(crash_by_output, 1, fresh=seen.clear)


def test_what_is_done_outside_of_a_step_is_found_by_the_ledger() -> None:
    @task
    async def crash_by_mail(n: int) -> int:
        ledger.note(("mailed", n))
        return await double(n)

    with pytest.raises(NotCrashSafe) as failure:
        assert_crash_safe(crash_by_mail, 1, ledger=ledger)
    assert "Done again after the crash: ('mailed', 1)" in str(failure.value)
    assert "make it a step" in str(failure.value)


def test_a_part_of_an_output_may_be_another_each_time() -> None:
    @task
    async def crash_told(n: int) -> dict[str, object]:
        value = await double(n)
        return {"value": value, "at": datetime.now(UTC).timestamp()}

    with pytest.raises(NotCrashSafe):
        assert_crash_safe(crash_told, 1)
    assert_crash_safe(crash_told, 1, same=lambda output: output["value"])


def test_many_points_are_sampled_and_the_report_says_so() -> None:
    report = assert_crash_safe(crash_child, 1, points=3, seed=7)
    assert isinstance(report, CrashReport)
    assert report.points == 3 < report.possible
    assert "a sample drawn with seed=7" in str(report)


def test_a_wait_that_nobody_completes_is_explained() -> None:
    @task
    async def crash_unanswered() -> str:
        return await wait.for_token(await wait.create_token(str, tags="boss")).unwrap()

    with pytest.raises(NotCrashSafe, match=r"tags \['boss'\].*complete="):
        assert_crash_safe(crash_unanswered)
    assert_crash_safe(crash_unanswered, complete=lambda wait: "fine")


def test_a_task_that_fails_for_good_fails_the_same_way() -> None:
    @task(retry=Retry(max_attempts=2))
    async def crash_failing(n: int) -> int:
        await double(n)
        raise ValueError("for good")

    with pytest.raises(NotCrashSafe, match=r"ended FAILED .*ValueError: for good.*fails=True"):
        assert_crash_safe(crash_failing, 1)
    assert_crash_safe(crash_failing, 1, ledger=ledger, fails=True)


async def test_it_does_not_block_a_loop() -> None:
    with pytest.raises(Conflict, match=r"asyncio\.to_thread"):
        assert_crash_safe(crash_child, 1)
    await asyncio.to_thread(assert_crash_safe, crash_child, 1, points=2)


def test_no_code_of_a_crashed_body_runs_before_the_next_life_is_over() -> None:
    stopped: list[int] = []

    @task
    async def crash_stopped(n: int) -> int:
        try:
            await double(n)
            await wait.for_("1d")
            await triple(n)
        except BaseException:
            stopped.append(n)
            raise
        return len(stopped)

    assert_crash_safe(crash_stopped, 1, fresh=stopped.clear)


def test_what_a_crashed_body_gathers_when_it_is_closed_belongs_to_a_loop_that_is_closed_too() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    @task
    async def crash_gathering(n: int) -> None:
        try:
            await wait.for_("1d")
            await double(n)
        except GeneratorExit:
            loops.append(asyncio.gather(asyncio.sleep(0)).get_loop())
            raise

    assert_crash_safe(crash_gathering, 1)
    assert loops
    assert all(loop.is_closed() for loop in loops)


@pytest.mark.slow
def test_a_task_that_never_ends_is_told_so() -> None:
    @task
    async def crash_endless(name: str, month: int = 0) -> None:
        await wait.for_("30d")
        raise Continue(name, month + 1)

    with pytest.raises(NotCrashSafe, match="after 1,000 waits it goes on"):
        assert_crash_safe(crash_endless, "ada")
