"""Golden journals: what new code would ask for, and where it would stop, without executing anything."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runcast import Client, InvalidInput, RunStatus, metadata, now, select, step, task, uuid4, wait
from runcast.sdk.registry import Registry
from runcast.sdk.task import TaskDefinition
from runcast.testing import TestEngine
from runcast.testing.compatible import Verdict, check_journals
from runcast.testing.golden import Golden, read_golden, record_golden, write_golden

executed: list[str] = []


@step
async def fetch(url: str) -> str:
    executed.append(url)
    return f"<{url}>"


def put(text: str) -> str:
    executed.append(text)
    return text


def get(text: str) -> str:
    executed.append(text)
    return text


store = step(put, name="store")


OLD = Registry()


@task(registry=OLD)
async def part(n: int) -> int:
    return n * 10


@task(registry=OLD, name="report")
async def old_report(urls: list[str]) -> str:
    pages = await asyncio.gather(*(fetch(url) for url in urls))
    metadata.increment("pages", len(pages))
    order, at = uuid4(), now()
    parts = [result.unwrap() for result in await part.batch_trigger_and_wait([1, 2])]
    first, _ = await select(wait.for_("1d"), wait.for_("2d"))
    approval = await wait.create_token(bool)
    approved = await wait.for_token(approval).unwrap()
    return await store(f"{pages} {parts} {first} {approved} {at.year} {len(str(order))}")


@task(registry=OLD, name="blocking")
def old_blocking(n: int) -> int:
    store(f"{n}").result()
    wait.for_("1d").result()
    return n


async def golden_of(definition: TaskDefinition[..., Any], *args: Any, waits: bool = False) -> Golden:
    """A run of `definition` under the old code; `waits`: as it waits, not at its end."""
    async with TestEngine([*OLD]) as engine:
        run = await definition.trigger(*args)
        await engine.advance("3d")
        if not waits:
            for one in await engine.client.waits():
                await engine.client.complete_wait(one.id, True)
            await engine.finish(run)
        found = await engine.engine.find_run(run.id)
        assert found is not None
        assert found.status is (RunStatus.WAITING if waits else RunStatus.COMPLETED), found.error
        return await record_golden(engine.engine, found)


async def verdict_on(golden: Golden, *new: TaskDefinition[..., Any]) -> Verdict:
    registry = Registry()
    for definition in new:
        registry.add(definition)
    executed.clear()
    (verdict,) = await check_journals([golden], registry)
    assert executed == [], "a check executes no step"
    return verdict


@pytest.mark.parametrize("waits", [False, True], ids=["finished", "waiting"])
async def test_the_same_code_asks_for_the_same(waits: bool) -> None:
    golden = await golden_of(old_report, ["a", "b"], waits=waits)
    verdict = await verdict_on(golden, old_report, part)
    assert (verdict.verdict, verdict.new, verdict.unasked, verdict.notes) == ("same", (), (), ()), verdict
    assert verdict.asked[:2] == ("/step:fetch#1", "/step:fetch#2")


async def test_a_def_task_is_checked_on_a_thread() -> None:
    assert (await verdict_on(await golden_of(old_blocking, 3), old_blocking)).verdict == "same"


async def test_a_call_more_is_new_and_may_be_allowed() -> None:
    @task(registry=Registry(), name="blocking")
    async def more(n: int) -> int:
        await store(f"{n}")
        await wait.for_("1d")
        await fetch("more")
        return n

    verdict = await verdict_on(await golden_of(old_blocking, 3), more)
    assert (verdict.verdict, verdict.new) == ("new", ("/step:fetch#1",)), verdict
    assert not verdict.holds()
    assert verdict.holds(allow_new=True)


async def test_a_renamed_step_is_lost_work() -> None:
    @task(registry=Registry(), name="blocking")
    async def renamed(n: int) -> int:
        await step(put, name="save")(f"{n}")
        await wait.for_("1d")
        return n

    verdict = await verdict_on(await golden_of(old_blocking, 3), renamed)
    assert (verdict.verdict, sorted(verdict.unasked)) == ("lost", ["/sleep#1", "/step:store#1"]), verdict
    assert "waits for /step:save#1, which was not recorded" in verdict.reason
    assert not verdict.holds(allow_new=True)


async def test_other_arguments_under_the_same_code_park() -> None:
    @task(registry=Registry(), name="blocking")
    async def other(n: int) -> int:
        await store(f"{n + 1}")
        await wait.for_("1d")
        return n

    verdict = await verdict_on(await golden_of(old_blocking, 3), other)
    assert verdict.verdict == "parked"
    assert "the order of calls changed" in verdict.reason


async def test_another_task_under_a_key_parks() -> None:
    @task(registry=Registry(), name="keyed")
    async def keyed(n: int) -> str:
        return await step(put, key="one")(f"{n}")

    @task(registry=Registry(), name="keyed")
    async def rekeyed(n: int) -> str:
        return await step(get, key="one")(f"{n}")

    async with TestEngine([keyed]) as engine:
        run = await engine.finish(await keyed.trigger(1))
        golden = await record_golden(engine.engine, run.run)
    verdict = await verdict_on(golden, rekeyed)
    assert verdict.verdict == "parked"
    assert "'one'" in verdict.reason


async def test_a_task_or_payload_that_is_gone_fails() -> None:
    golden = await golden_of(old_blocking, 3)
    assert "has no task 'blocking'" in (await verdict_on(golden, old_report)).reason

    @task(registry=Registry(), name="blocking")
    async def retyped(text: str) -> str:
        return text

    assert "refuses the payload" in (await verdict_on(golden, retyped)).reason


async def test_code_that_raises_fails() -> None:
    @task(registry=Registry(), name="blocking")
    async def raising(n: int) -> int:
        await store(f"{n}")
        raise ValueError(f"no {n}")

    verdict = await verdict_on(await golden_of(old_blocking, 3), raising)
    assert (verdict.verdict, verdict.reason) == ("fails", "the new code raises ValueError: no 3")


async def test_journals_are_files(tmp_path: Path) -> None:
    golden = await golden_of(old_report, ["a"])
    file = write_golden(golden, tmp_path / "golden")
    assert read_golden([tmp_path / "golden"]) == [(file, golden)]
    file.write_text("{}")
    with pytest.raises(InvalidInput, match="is no journal"):
        read_golden([file])
    with pytest.raises(InvalidInput, match="no journals"):
        read_golden([tmp_path])


async def test_a_check_reaches_no_engine() -> None:
    @task(registry=Registry(), name="blocking")
    async def asking(n: int) -> int:
        await store(f"{n}")
        await wait.for_("1d")
        return len((await Client().list()).runs)

    verdict = await verdict_on(await golden_of(old_blocking, 3), asking)
    assert verdict.verdict == "fails"
    assert "has no engine" in verdict.reason
