"""What a client may ask of an engine, and what it hears when it asks for what cannot be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runcast.domain.errors import Conflict, InvalidInput, InvalidPayload, NotFound, ValueTooLarge
from runcast.domain.ids import RunId
from runcast.domain.journal import NewWait
from runcast.domain.limits import (
    BATCH_RUNS_MAX,
    KEY_CHARS_MAX,
    METADATA_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    PRIORITY_S_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
    TASK_NAME_CHARS_MAX,
)
from runcast.domain.outcome import Failed, ParkedRun, Succeeded
from runcast.domain.queue import QueueChange
from runcast.engine import results
from runcast.engine.enqueue import check_json
from runcast.gateway import RunFilter
from tests.engine.house import House
from tests.store.world import ERROR

pytestmark = pytest.mark.anyio

BAD: dict[str, tuple[dict[str, Any], type[InvalidInput]]] = {
    "no task name": ({"task": ""}, InvalidInput),
    "a long task name": ({"task": "x" * (TASK_NAME_CHARS_MAX + 1)}, InvalidInput),
    "a NUL in a key": ({"concurrency_key": "a\0b"}, InvalidInput),
    "a long key": ({"idempotency_key": "x" * (KEY_CHARS_MAX + 1)}, InvalidInput),
    "too many tags": ({"tags": tuple(str(number) for number in range(TAGS_MAX + 1))}, InvalidInput),
    "a long tag": ({"tags": ("x" * (TAG_CHARS_MAX + 1),)}, InvalidInput),
    "a NUL in a tag": ({"tags": ("a\0",)}, InvalidInput),
    "too much priority": ({"priority_ms": PRIORITY_S_MAX * 1000 + 1}, InvalidInput),
    "a negative priority": ({"priority_ms": -1}, InvalidInput),
    "no attempts": ({"max_attempts": 0}, InvalidInput),
    "a delay into the past": ({"delay_ms": -1}, InvalidInput),
    "a ttl in the past": ({"ttl_ms": -1}, InvalidInput),
    "a payload that is not JSON": ({"payload": "{"}, InvalidPayload),
    "a payload that looks like a reference": ({"payload": "blob:0"}, InvalidPayload),
    "a payload over the bound": ({"payload": '"' + "x" * PAYLOAD_BYTES_MAX + '"'}, ValueTooLarge),
    "metadata that is not JSON": ({"metadata": "{"}, InvalidPayload),
    "metadata that is a list": ({"metadata": "[]"}, InvalidPayload),
    "metadata over the bound": ({"metadata": '{"a":"' + "x" * METADATA_BYTES_MAX + '"}'}, ValueTooLarge),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_trigger_is_refused_with_all_that_came_with_it(house: House, name: str) -> None:
    options, error = BAD[name]
    with pytest.raises(error):
        await house.engine.trigger([house.new(), house.new(**options)])
    assert (await house.engine.list_runs(RunFilter())).runs == ()


def test_what_is_too_large_is_measured_in_bytes() -> None:
    check_json("value", '"éé"', 6)
    with pytest.raises(ValueTooLarge, match="has 6 bytes, the limit is 5"):
        check_json("value", '"éé"', 5)
    with pytest.raises(InvalidPayload, match="Unicode"):
        check_json("value", '"\ud800"', 10)


async def test_a_batch_has_a_greatest_size(house: House) -> None:
    with pytest.raises(InvalidInput, match="Send several batches"):
        await house.engine.trigger([house.new()] * (BATCH_RUNS_MAX + 1))


async def test_an_id_that_is_taken_is_a_conflict(house: House) -> None:
    new = house.new()
    await house.engine.trigger([new])
    with pytest.raises(Conflict, match="sent twice"):
        await house.engine.trigger([new])


async def test_a_result_arrives_with_the_end_of_its_run(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    await house.quiet()
    waiting = [asyncio.get_running_loop().create_task(house.engine.result(run_id)) for _ in range(2)]
    await house.quiet()
    assert not any(task.done() for task in waiting)
    await house.end(session, inbox.take()[0], Succeeded('"out"'))
    assert [(await task).output for task in waiting] == ['"out"', '"out"']
    assert (await house.engine.result(run_id)).output == '"out"'


async def test_an_end_arrives_whether_the_run_ended_before_or_after_it_was_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "YOUNG_MAX", 2)
    session, inbox = await house.open()
    ids = await house.trigger(4)
    await house.quiet()
    runs = {run.run_id: run for run in inbox.take()}
    # The first and third have ended; of the others one is remembered as young, and one is not any more.
    for run_id in (ids[0], ids[2]):
        await house.end(session, runs[run_id], Succeeded(f'"{run_id}"'))
    asked = asyncio.get_running_loop().create_task(house.engine.ends(ids))
    await house.quiet()
    assert not asked.done()
    for run_id in (ids[1], ids[3]):
        await house.end(session, runs[run_id], Succeeded(f'"{run_id}"'))
    assert [end.output for end in await asked] == [f'"{run_id}"' for run_id in ids]


async def test_the_end_of_a_young_run_that_nobody_executed_arrives(house: House) -> None:
    [run_id] = await house.trigger()
    asked = asyncio.get_running_loop().create_task(house.engine.ends([run_id]))
    await house.quiet()
    await house.engine.cancel([run_id])
    assert [end.status for end in await asked] == ["CANCELED"]


async def test_a_result_that_is_no_longer_wanted_is_forgotten(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await house.engine.result(run_id)
    await house.quiet()
    await house.end(session, inbox.take()[0], Succeeded("1"))
    assert (await house.engine.result(run_id)).status == "COMPLETED"


async def test_a_cancel_is_a_result_too(house: House) -> None:
    [run_id] = await house.trigger()
    task = asyncio.get_running_loop().create_task(house.engine.result(run_id))
    await house.quiet()
    await house.engine.cancel([run_id])
    assert (await task).status == "CANCELED"


async def test_what_does_not_exist_is_not_found(house: House) -> None:
    nobody = RunId("run_nobody")
    assert await house.engine.find_run(nobody) is None
    assert await house.engine.cancel([nobody]) == []
    for ask in (
        house.engine.result(nobody),
        house.engine.why(nobody),
        house.engine.replay(nobody, house.new().id),
        house.engine.resume(nobody, house.new().id),
        house.engine.complete_wait("waitpoint_nobody", "1"),
        house.engine.artifact("artifact_nobody"),
    ):
        with pytest.raises(NotFound):
            await ask


async def test_a_wait_is_created_listed_and_completed_once(house: House) -> None:
    wait = await house.engine.create_wait(NewWait("waitpoint_1", timeout_ms=1_000, tags=("t",)))
    assert (wait.status, wait.due_at, wait.tags) == ("WAITING", house.clock.now_ms() + 1_000, ("t",))
    assert [found.id for found in await house.engine.list_waits()] == ["waitpoint_1"]
    assert (await house.engine.complete_wait("waitpoint_1", "1")).value == "1"
    assert (await house.engine.complete_wait("waitpoint_1", "2")).value == "1"
    assert await house.engine.list_waits() == ()


async def test_a_value_that_the_waiting_run_could_not_read_is_refused_and_may_be_corrected(house: House) -> None:
    await house.engine.create_wait(NewWait("waitpoint_1", schema='{"type":"boolean"}'))
    with pytest.raises(InvalidPayload, match='a boolean is expected, got "maybe"'):
        await house.engine.complete_wait("waitpoint_1", '"maybe"')
    assert (await house.engine.complete_wait("waitpoint_1", "true")).value == "true"
    assert (await house.engine.complete_wait("waitpoint_1", '"late"')).value == "true"


async def test_a_wait_with_a_used_key_is_the_one_that_exists(house: House) -> None:
    first = await house.engine.create_wait(NewWait("waitpoint_1", idempotency_key="k"))
    second = await house.engine.create_wait(NewWait("waitpoint_2", idempotency_key="k"))
    assert second == first


async def test_a_key_stands_for_its_wait_for_as_long_as_it_was_given(house: House) -> None:
    first = await house.engine.create_wait(NewWait("waitpoint_1", idempotency_key="k", idempotency_ttl_ms=100))
    assert (first.idempotency_key, first.key_expires_at) == ("k", house.clock.now_ms() + 100)
    await house.engine.complete_wait(first.id, "1")
    house.clock.advance(99)
    assert (await house.engine.create_wait(NewWait("waitpoint_2", idempotency_key="k"))).id == first.id
    house.clock.advance(1)
    third = await house.engine.create_wait(NewWait("waitpoint_3", idempotency_key="k"))
    assert (third.id, third.key_expires_at) == ("waitpoint_3", None)
    before = await house.engine.find_wait(first.id)
    assert before is not None
    assert (before.status, before.idempotency_key) == ("COMPLETED", None)


@pytest.mark.parametrize(
    ("value", "error"),
    [("{", InvalidPayload), ('"' + "x" * PAYLOAD_BYTES_MAX + '"', ValueTooLarge)],
    ids=["text", "large"],
)
async def test_a_wait_is_completed_with_json_of_a_bounded_size(
    house: House, value: str, error: type[InvalidInput]
) -> None:
    await house.engine.create_wait(NewWait("waitpoint_1"))
    with pytest.raises(error):
        await house.engine.complete_wait("waitpoint_1", value)
    assert len(await house.engine.list_waits()) == 1


async def test_a_replay_starts_over_with_the_same_options(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger(payload='"p"', tags=("t",), concurrency_key="acme", max_attempts=7)
    await house.quiet()
    await house.end(session, inbox.take()[0], Succeeded("1"))
    again = await house.engine.replay(run_id, house.new().id)
    edited = await house.engine.replay(run_id, house.new().id, payload='"q"')
    runs = [await house.engine.find_run(answer.id) for answer in (again, edited)]
    assert [(run.payload, run.tags, run.concurrency_key, run.max_attempts) for run in runs if run] == [
        ('"p"', ("t",), "acme", 7),
        ('"q"', ("t",), "acme", 7),
    ]
    with pytest.raises(InvalidPayload):
        await house.engine.replay(run_id, house.new().id, payload="{")


async def test_a_failed_run_resumes_as_another_and_only_once(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    await house.quiet()
    await house.end(session, inbox.take()[0], Failed(ERROR))
    answer = await house.engine.resume(run_id, house.new().id)
    found = await house.engine.find_run(answer.id)
    assert found is not None
    assert found.resumed_from == run_id
    with pytest.raises(Conflict, match="resumed already"):
        await house.engine.resume(run_id, house.new().id)


async def test_a_parked_run_resumes_as_itself(house: House) -> None:
    session, inbox = await house.open()
    [run_id] = await house.trigger()
    await house.quiet()
    await house.end(session, inbox.take()[0], ParkedRun("drift"))
    assert (await house.engine.resume(run_id, house.new().id)).id == run_id
    await house.quiet()
    assert [run.run_id for run in inbox.take()] == [run_id]


async def test_limits_and_pauses_are_changed_live(house: House) -> None:
    _, inbox = await house.open()
    state = await house.engine.change_queue("work", QueueChange(concurrency=2, paused=True))
    assert (state.concurrency, state.paused) == (2, True)
    await house.trigger(3)
    await house.quiet()
    assert inbox.take() == []
    state = await house.engine.change_queue("work", QueueChange(paused=False))
    await house.quiet()
    assert len(inbox.take()) == 2
    assert [(queue.name, queue.executing, queue.queued) for queue in await house.engine.queues()] == [("work", 2, 1)]


async def test_tasks_are_known_after_their_worker_has_gone(house: House) -> None:
    session, _ = await house.open(tasks=["b", "a"])
    await session.close()
    assert [info.name for info in await house.engine.tasks()] == ["a", "b"]
