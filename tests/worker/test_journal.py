"""What the journal does for bodies: recorded once, replayed, forgotten when it failed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import datetime
from uuid import UUID

import pytest

from runcast.domain.errors import InvalidInput, NotDurableHere, TaskFailed
from runcast.domain.journal import EntryStatus
from runcast.domain.retry import Retry
from runcast.domain.run import RunStatus
from runcast.sdk import logger, metadata, streams, tags, wait
from runcast.sdk.info import current_run
from runcast.sdk.queues import Queue
from runcast.sdk.registry import Registry
from runcast.sdk.select import as_completed, select, timeout
from runcast.sdk.step import step
from runcast.sdk.task import task
from runcast.sdk.values import now, random, uuid4
from runcast.testing import TestEngine
from tests.worker.world import World

QUICK = Retry(max_attempts=4, min_s=0.001, max_s=0.002)
EVICTION = pytest.mark.parametrize("evict_after_ms", [0, 60_000])


@EVICTION
async def test_steps_children_waits_and_values_are_the_same_in_every_execution(evict_after_ms: int) -> None:
    registry = Registry()
    calls: list[int] = []
    seen: list[tuple[datetime, UUID, float]] = []

    @step
    async def double(n: int) -> int:
        calls.append(n)
        return 2 * n

    @task(registry=registry)
    async def child(n: int) -> int:
        return n + 100

    @task(registry=registry)
    async def parent() -> list[int]:
        seen.append((now(), uuid4(), random()))
        doubled = await asyncio.gather(double(1), double(2))
        await wait.for_(0.01)
        results = await asyncio.gather(child.trigger_and_wait(1), child.trigger_and_wait(2))
        batch = await child.batch_trigger_and_wait([3, 4])
        return [*doubled, *[result.unwrap() for result in (*results, *batch)]]

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        assert await world.output(parent) == [2, 4, 101, 102, 103, 104]
        assert sorted(calls) == [1, 2]
        assert len(set(seen)) == 1
        assert (len(seen) > 1) == (evict_after_ms == 0)


@EVICTION
async def test_a_retry_repeats_only_what_failed(evict_after_ms: int) -> None:
    registry = Registry()
    done: list[str] = []

    @step
    async def good() -> int:
        done.append("good")
        return 1

    @step
    async def bad() -> int:
        done.append("bad")
        if current_run().attempt < 3:
            raise ValueError("not yet")
        return 2

    @task(registry=registry, retry=QUICK)
    async def body() -> int:
        return await good() + await bad()

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        assert await world.output(body) == 3
        assert done == ["good", "bad", "bad", "bad"]


async def test_a_failure_that_the_body_caught_stays_recorded() -> None:
    registry = Registry()
    done: list[str] = []

    @step
    async def bad(name: str) -> int:
        done.append(name)
        if name == "a" or current_run().attempt == 1:
            raise ValueError(name)
        return 2

    @task(registry=registry, retry=QUICK)
    async def body() -> str:
        try:
            await bad("a")
        except ValueError as error:
            text = str(error)
        return f"{text}{await bad('b')}"

    async with World(registry) as world:
        assert await world.output(body) == "a2"
        assert done == ["a", "b", "b"]


async def test_a_failed_child_is_forgotten_and_the_new_one_keeps_what_it_did() -> None:
    registry = Registry()
    done: list[str] = []

    @step
    async def expensive() -> int:
        done.append("expensive")
        return 7

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def child() -> int:
        value = await expensive()
        done.append("child")
        if done.count("child") == 1:
            raise ValueError("first")
        return value

    @task(registry=registry, retry=QUICK)
    async def parent() -> int:
        return await child.trigger_and_wait().unwrap()

    async with World(registry) as world:
        run_id = await world.trigger(parent)
        run = await world.result(run_id)
        assert (run.status, run.output, run.attempt) == (RunStatus.COMPLETED, "7", 2)
        assert done == ["expensive", "child", "child"]
        (entry,) = (await world.journal(run_id)).values()
        assert (entry.status, entry.generation) == (EntryStatus.DONE, 1)


async def test_a_retry_of_a_batch_triggers_only_what_failed_of_it() -> None:
    registry = Registry()
    done: list[int] = []

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def child(n: int) -> int:
        done.append(n)
        if n == 2 and done.count(2) == 1:
            raise ValueError("first")
        return n

    @task(registry=registry, retry=QUICK)
    async def parent() -> list[int]:
        return [result.unwrap() for result in await child.batch_trigger_and_wait([1, 2, 3])]

    async with World(registry) as world:
        assert await world.output(parent) == [1, 2, 3]
        assert sorted(done) == [1, 2, 2, 3]


async def test_an_unwrapped_failure_is_a_task_failed_that_names_the_child() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def child() -> None:
        raise ValueError("no")

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def parent() -> str:
        result = await child.trigger_and_wait()
        assert not result.ok
        try:
            await child.trigger_and_wait().unwrap()
        except TaskFailed as failure:
            return f"{result.error.message} {failure.run_id == result.run_id} {failure.status}"
        return ""

    async with World(registry) as world:
        assert await world.output(parent) == "no False FAILED"


async def test_a_step_raises_its_own_exception_class_in_every_execution() -> None:
    registry = Registry()
    seen: list[str] = []

    @step
    async def look(key: str) -> int:
        raise KeyError(key)

    @task(registry=registry)
    async def body() -> str:
        try:
            await look("a")
        except KeyError as error:
            seen.append(repr(error))
        await wait.for_(0.005)
        return seen[-1]

    async with World(registry, evict_after_ms=0) as world:
        assert await world.output(body) == "KeyError('a')"
        assert seen == ["KeyError('a')"] * 2


async def test_a_step_tries_again_inside_the_body() -> None:
    registry = Registry()
    tries: list[int] = []

    @step(retry=Retry(max_attempts=3, min_s=0.001, max_s=0.001))
    async def flaky() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError("again")
        return len(tries)

    @task(registry=registry)
    async def body() -> int:
        return await flaky()

    async with World(registry) as world:
        run_id = await world.trigger(body)
        run = await world.result(run_id)
        assert (run.output, run.attempt) == ("3", 1)
        assert [entry.tries for entry in (await world.journal(run_id)).values()] == [3]


async def test_other_arguments_under_the_same_key_park_the_run() -> None:
    registry = Registry()
    executions: list[int] = []

    @step
    async def item(n: int) -> int:
        return n

    @task(registry=registry)
    async def unstable() -> int:
        executions.append(1)
        found = await item(len(executions))
        await wait.for_(0.005)
        return found

    async with World(registry, evict_after_ms=0) as world:
        run_id = await world.trigger(unstable)
        while (run := await world.until(run_id, RunStatus.WAITING)).parked_reason is None:
            pass
        assert "the order of calls changed" in run.parked_reason


async def test_a_key_given_by_the_caller_stands_for_whatever_arguments() -> None:
    registry = Registry()
    executions: list[int] = []

    async def item(n: int) -> int:
        return n

    @task(registry=registry)
    async def unstable() -> int:
        executions.append(1)
        found = await step(item, key="the item")(len(executions))
        await wait.for_(0.005)
        return found

    async with World(registry, evict_after_ms=0) as world:
        assert await world.output(unstable) == 1
        assert len(executions) == 2


async def test_a_step_made_of_a_step_has_the_options_that_were_given_and_keeps_the_others() -> None:
    registry = Registry()
    tries: list[int] = []

    @step(name="fetch", retry=Retry(max_attempts=2, min_s=0.001, max_s=0.001))
    async def fetch(n: int) -> int:
        tries.append(n)
        if tries.count(n) < 2:
            raise ValueError("again")
        return n

    @task(registry=registry)
    async def body() -> int:
        keyed, named = step(fetch, key="first"), step(fetch, name="get")
        return await keyed(1) + await named(2) + await fetch(3)

    async with World(registry) as world:
        run_id = await world.trigger(body)
        assert (await world.result(run_id)).output == "6"
        entries = (await world.journal(run_id)).values()
        assert [(entry.key.strip("/"), entry.name, entry.tries) for entry in entries] == [
            ("first", "fetch", 2),
            ("step:get#1", "get", 2),
            ("step:fetch#1", "fetch", 2),
        ]


@pytest.mark.parametrize("key", ["", "a\0b", "\ud800", "k" * 3_000], ids=["empty", "NUL", "surrogate", "long"])
async def test_a_key_that_no_journal_can_hold_is_refused_where_it_is_given(key: str) -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(1))
    async def give() -> int:
        return await step(_one, key=key)()

    async with World(registry) as world:
        run = await world.run(give)
        assert run.status is RunStatus.FAILED
        assert run.error is not None
        assert "a key has 1 to 2,048 characters, without NUL" in run.error.message


def _one() -> int:
    return 1


async def test_a_durable_call_inside_a_step_is_an_error() -> None:
    registry = Registry()

    @step
    async def inner() -> int:
        return 1

    @step
    async def outer() -> int:
        return await inner()

    @task(registry=registry)
    async def body() -> str:
        try:
            await outer()
        except NotDurableHere as error:
            return str(error)
        return ""

    async with World(registry) as world:
        assert "inside step '/step:" in await world.output(body)


async def test_a_durable_call_on_another_thread_is_an_error() -> None:
    registry = Registry()

    def threaded() -> str:
        try:
            wait.for_(1)
        except NotDurableHere:
            return "not here"
        return ""

    @task(registry=registry)
    async def body() -> str:
        return await asyncio.to_thread(threaded)

    async with World(registry) as world:
        assert await world.output(body) == "not here"


@EVICTION
async def test_select_keeps_its_decision(evict_after_ms: int) -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> int:
        index, _ = await select(wait.for_(60), wait.for_(0.01))
        await wait.for_(0.01)
        return index

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        assert await world.output(body) == 1


@EVICTION
async def test_as_completed_keeps_the_order_in_which_calls_were_done(evict_after_ms: int) -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> list[str]:
        tokens = [await wait.create_token(str, tags=name) for name in "abc"]
        order = []
        async for call in as_completed([wait.for_token(token) for token in tokens]):
            order.append((await call).unwrap())
        return order

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(body)
        for decisions, name in enumerate("cab"):
            await world.until_journal(run_id, "decision", decisions)
            await world.until_journal(run_id, "token", 3)
            (found,) = [one for one in await world.engine.list_waits() if one.tags == (name,)]
            await world.engine.complete_wait(found.id, f'"{name}"')
        assert (await world.result(run_id)).output == '["c","a","b"]'


@EVICTION
async def test_a_timeout_is_a_recorded_decision(evict_after_ms: int) -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> str:
        try:
            await timeout(wait.for_(60), 0.01)
        except Exception as error:  # noqa: BLE001
            late = type(error).__name__
        await timeout(wait.for_(0.001), 60)
        return late

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        assert await world.output(body) == "WaitTimedOut"


@EVICTION
async def test_a_token_is_completed_by_somebody_else(evict_after_ms: int) -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> bool:
        token = await wait.create_token(bool, timeout="1h")
        metadata.set("token", token.id)
        return await wait.for_token(token).unwrap()

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(body)
        await world.until(run_id, RunStatus.WAITING)
        (found,) = await world.engine.list_waits()
        await world.engine.complete_wait(found.id, "true")
        assert (await world.result(run_id)).output == "true"


async def test_a_token_that_nobody_completes_times_out() -> None:
    registry = Registry()

    @task(registry=registry, retry=Retry(max_attempts=1))
    async def body() -> bool:
        token = await wait.create_token(bool, timeout=0.01)
        return await wait.for_token(token).unwrap()

    async with World(registry) as world:
        run = await world.run(body)
        assert run.error is not None
        assert run.error.code == "wait_timed_out"


async def test_a_nul_in_what_is_only_logged_is_replaced_in_the_message_and_in_the_data() -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> None:
        logger.info("a\0b", field="\0\0", kept="\\u0000", **{"k\0": ["\\\0"]})
        with logger.trace("c\0d", field="e\0f"):
            pass

    async with World(registry) as world:
        run_id = await world.trigger(body)
        assert (await world.result(run_id)).status is RunStatus.COMPLETED
        line, span = await world.logs(run_id)
        assert line.message == "a\ufffdb"
        assert line.data is not None
        assert json.loads(line.data) == {"field": "\ufffd\ufffd", "kept": "\\u0000", "k\ufffd": ["\\\ufffd"]}
        assert span.message == "c\ufffdd"
        assert "e\ufffdf" in str(span.data)


@EVICTION
async def test_effects_of_a_body_count_once_however_often_it_executes(evict_after_ms: int) -> None:
    registry = Registry()

    @step
    async def inside() -> int:
        metadata.increment("in step")
        streams.append("parts", "in step")
        return 1

    @task(registry=registry, retry=QUICK)
    async def body() -> dict[str, int]:
        metadata.increment("count")
        tags.add("tagged")
        logger.info("hello", n=1)
        streams.append("parts", "in body")
        await inside()
        await wait.for_(0.005)
        metadata.increment("count")
        if current_run().attempt == 1:
            raise ValueError("once more")
        return metadata.current()

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(body)
        run = await world.result(run_id)
        assert run.status is RunStatus.COMPLETED
        assert run.metadata == '{"count":2,"in step":1}'
        assert run.tags == ("tagged",)
        assert [log.message for log in await world.logs(run_id)] == ["hello"]
        parts = await world.engine.parts(run_id, "parts")
        assert [part.value for part in parts if not part.superseded and part.kind == "data"] == [
            '"in body"',
            '"in step"',
        ]


async def test_a_new_try_of_a_step_supersedes_its_stream_parts() -> None:
    registry = Registry()
    tries: list[int] = []

    @step(retry=Retry(max_attempts=2, min_s=0.0, max_s=0.0))
    async def talk() -> int:
        tries.append(1)
        streams.append("words", f"try {len(tries)}")
        if len(tries) == 1:
            raise ValueError("again")
        return 1

    @task(registry=registry)
    async def body() -> int:
        return await talk()

    async with World(registry) as world:
        run_id = await world.trigger(body)
        assert (await world.result(run_id)).output == "1"
        parts = await world.engine.parts(run_id, "words")
        assert [part.value for part in parts if not part.superseded and part.kind == "data"] == ['"try 2"']


async def test_an_idempotency_key_names_the_same_child_for_two_calls() -> None:
    registry = Registry()

    @task(registry=registry)
    async def child(n: int) -> int:
        return n

    @task(registry=registry)
    async def parent() -> list[int]:
        same = child.options(idempotency_key="one")
        first = await same.trigger_and_wait(1).unwrap()
        second = await same.trigger_and_wait(2).unwrap()
        handles = await same.trigger(3), await same.trigger(4)
        return [first, second, len({handle.id for handle in handles})]

    async with World(registry) as world:
        assert await world.output(parent) == [1, 1, 1]


@pytest.mark.parametrize("evict_after", [None, 0], ids=["resident", "evicted"])
async def test_a_retry_of_the_parent_tries_a_failed_child_with_an_idempotency_key_again(
    evict_after: int | None,
) -> None:
    home, tries = Registry(), []

    @task(registry=home, retry=Retry(max_attempts=1))
    async def child() -> int:
        tries.append("child")
        if len(tries) == 1:
            raise ValueError("the first time")
        return 7

    @task(registry=home)
    async def parent() -> list[int]:
        same = child.options(idempotency_key="one")
        return [await same.trigger_and_wait().unwrap(), await same.trigger_and_wait().unwrap()]

    async with TestEngine(list(home), evict_after=evict_after) as engine:
        run = await parent.trigger()
        await engine.advance("1h")
        assert (await run.fetch()).output == [7, 7]
    assert len(tries) == 2, "the key names the new child from now on"


async def test_a_parent_and_its_child_share_a_queue_of_one() -> None:
    registry = Registry()
    narrow = Queue("narrow", concurrency=1)

    @task(registry=registry, queue=narrow)
    async def child() -> int:
        return 1

    @task(registry=registry, queue=narrow)
    async def parent() -> int:
        return await child.trigger_and_wait().unwrap()

    async with World(registry) as world:
        assert await world.output(parent) == 1


async def test_a_branch_that_goes_on_by_itself_wakes_the_run() -> None:
    registry = Registry()

    @step
    async def after() -> int:
        return 5

    @task(registry=registry)
    async def body() -> int:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await wait.for_(3600)
        return await after()

    async with World(registry) as world:
        assert await world.output(body) == 5


async def test_a_body_that_ends_while_its_run_waits_ends_the_run() -> None:
    registry = Registry()

    @task(registry=registry)
    async def body() -> int:
        metadata.set("before", 1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await wait.for_(3600)
        metadata.set("after", 1)
        return 5

    async with World(registry) as world:
        run = await world.run(body)
        assert (run.output, run.metadata) == ("5", '{"before":1,"after":1}')


@EVICTION
async def test_work_of_its_own_beside_a_wait_is_neither_lost_nor_waited_for(evict_after_ms: int) -> None:
    registry = Registry()

    @step
    async def tell() -> int:
        return 1

    async def io_then_step() -> int:
        await asyncio.sleep(0.03)
        return await tell()

    @task(registry=registry)
    async def body() -> int:
        token = await wait.create_token(int)
        answer, told = await asyncio.gather(wait.for_token(token).unwrap(), io_then_step())
        return answer + told

    async with World(registry, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(body)
        await world.until_journal(run_id, "step", 1)
        (found,) = await world.engine.list_waits()
        await world.engine.complete_wait(found.id, "41")
        assert (await world.result(run_id)).output == "42"


async def test_a_ticking_branch_does_not_keep_the_slot_that_a_child_needs() -> None:
    registry = Registry()
    narrow = Queue("narrow", concurrency=1)

    @task(registry=registry, queue=narrow)
    async def child() -> int:
        return 1

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.01)
            metadata.increment("ticks")

    @task(registry=registry, queue=narrow)
    async def parent() -> int:
        ticking = asyncio.create_task(tick())
        result = await child.trigger_and_wait().unwrap()
        ticking.cancel()
        return result

    async with World(registry, evict_after_ms=0) as world:
        run = await world.run(parent)
        assert run.output == "1"


async def test_a_fresh_retry_starts_over_where_an_ordinary_one_repeats_only_what_failed() -> None:
    registry = Registry()
    calls: list[str] = []

    @step
    async def count(name: str) -> None:
        calls.append(name)

    @task(registry=registry, retry=Retry(max_attempts=2, min_s=0.001, max_s=0.002, fresh=True))
    async def fresh() -> int:
        await count("fresh")
        if calls.count("fresh") < 2:
            raise ValueError("not yet")
        return current_run().attempt

    @task(registry=registry, retry=QUICK)
    async def kept() -> int:
        await count("kept")
        if current_run().attempt < 2:
            raise ValueError("not yet")
        return current_run().attempt

    async with World(registry) as world:
        assert await world.output(fresh) == 2
        assert await world.output(kept) == 2
        assert sorted(calls) == ["fresh", "fresh", "kept"]


def test_a_retry_that_is_no_policy_is_refused() -> None:
    with pytest.raises(InvalidInput, match='or "fresh"'):
        task(registry=Registry(), retry="often")(_nothing)  # type: ignore[call-overload]
    assert task(registry=Registry(), retry="fresh")(_nothing).retry.fresh


async def _nothing() -> None: ...
