"""Messages to a running run: kept, received once and in order, through evictions, retries and give-ups."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runcast import Continue, Inbox, Retry, WaitTimedOut, select, step, task, wait
from runcast.domain.errors import Conflict, InvalidInput, NotFound, ValueTooLarge
from runcast.domain.ids import RunId
from runcast.domain.message import Message, NewMessage
from runcast.domain.run import RunStatus
from runcast.sdk.registry import Registry
from runcast.store import doctor
from tests.worker.world import World

REGISTRY = Registry()
NUMBERS = Inbox("numbers", type=int)
EVICT_AFTER_MS = [0, 60_000]


async def send(world: World, run_id: str, value: Any, key: str | None = None, inbox: str = "numbers") -> Message:
    text = value if isinstance(value, str) else str(value)
    (sent,) = await world.engine.send([NewMessage(RunId(run_id), inbox, text, key or f"key {text}")])
    found: Message = sent
    return found


async def sound(world: World) -> bool:
    return await world.engine.store.read(doctor.examine) == []


@task(registry=REGISTRY)
async def collect(count: int) -> list[int]:
    return [await NUMBERS.receive() for _ in range(count)]


@task(registry=REGISTRY)
def collect_on_a_thread(count: int) -> list[int]:
    found: list[int] = []
    for number in NUMBERS:
        found.append(number)
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
@pytest.mark.parametrize("body", [collect, collect_on_a_thread])
async def test_a_body_receives_every_message_once_and_in_order(body: Any, evict_after_ms: int) -> None:
    async with World(REGISTRY, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(body, 3)
        for number in (7, 8, 9):
            await send(world, run_id, number)
        run = await world.result(run_id)
        assert run.output == "[7,8,9]"
        assert [message.received for message in await world.engine.messages(run_id)] == [True] * 3
        assert await sound(world)


async def test_a_message_wakes_the_run_that_waits_for_it_and_which_held_no_slot() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(collect, 1)
        waiting = await world.until(run_id, RunStatus.WAITING)
        assert waiting.status is RunStatus.WAITING
        assert sum(queue.executing for queue in await world.engine.queues()) == 0
        assert "for a message" in (await world.engine.why(run_id)).reason
        await send(world, run_id, 5)
        assert (await world.result(run_id)).output == "[5]"


async def test_a_message_sent_twice_under_one_key_is_one() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(collect, 2)
        first = await send(world, run_id, 1, key="same")
        again = await send(world, run_id, 1, key="same")
        assert again.seq == first.seq
        await send(world, run_id, 2)
        assert (await world.result(run_id)).output == "[1,2]"
        assert (await send(world, run_id, 1, key="same")).seq == first.seq


async def test_a_run_that_has_ended_takes_no_messages() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(collect, 0)
        await world.result(run_id)
        with pytest.raises(Conflict, match="has ended"):
            await send(world, run_id, 1)
        with pytest.raises(NotFound):
            await send(world, "run_000000000000000000000", 1)


async def test_a_message_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runcast.store.inbox.INBOX_MESSAGES_MAX", 2)
    async with World(REGISTRY) as world:
        run_id = await world.trigger(collect, 9, delay_ms=60_000)
        with pytest.raises(ValueTooLarge):
            await send(world, run_id, '"' + "x" * 1_100_000 + '"', key="large")
        with pytest.raises(InvalidInput):
            await send(world, run_id, 1, inbox="")
        await send(world, run_id, 1)
        await send(world, run_id, 2)
        with pytest.raises(Conflict, match="2 unread messages"):
            await send(world, run_id, 3)


async def test_a_large_message_arrives_whole() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(read_text)
        text = "x" * 300_000
        await send(world, run_id, f'"{text}"', key="large", inbox="texts")
        assert (await world.result(run_id)).output == str(len(text))


@task(registry=REGISTRY)
async def read_text() -> int:
    return len(await Inbox("texts", type=str).receive())


@task(registry=REGISTRY, retry=Retry(max_attempts=2, min_s=0.01))
async def impatient() -> str:
    try:
        return str(await NUMBERS.receive(timeout=0.01))
    except WaitTimedOut as error:
        return str(error)


async def test_without_a_message_a_receive_times_out() -> None:
    async with World(REGISTRY) as world:
        assert await world.output(impatient) == "no message came to inbox 'numbers' in time"


@task(registry=REGISTRY, retry=Retry(max_attempts=2, min_s=0.01))
async def fails_once(attempts: list[int]) -> list[int]:
    found = [await NUMBERS.receive(), await NUMBERS.receive()]
    await step(fail_first)(found)
    return [*found, await NUMBERS.receive()]


FAILED: set[str] = set()


async def fail_first(found: list[int]) -> None:
    if str(found) not in FAILED:
        FAILED.add(str(found))
        raise ValueError("the first time")


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
async def test_a_retry_receives_what_it_had_from_its_journal(evict_after_ms: int) -> None:
    FAILED.clear()
    async with World(REGISTRY, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(fails_once, [])
        for number in (1, 2, 3):
            await send(world, run_id, number)
        assert (await world.result(run_id)).output == "[1,2,3]"
        assert await sound(world)


@task(registry=REGISTRY, retry=Retry(max_attempts=2, min_s=0.01, fresh=True))
async def starts_over() -> list[int]:
    found = [await NUMBERS.receive(), await NUMBERS.receive()]
    await step(fail_first)(found)
    return found


async def test_a_fresh_attempt_receives_everything_again() -> None:
    FAILED.clear()
    async with World(REGISTRY) as world:
        run_id = await world.trigger(starts_over)
        await send(world, run_id, 4)
        await send(world, run_id, 5)
        assert (await world.result(run_id)).output == "[4,5]"


@task(registry=REGISTRY)
async def rounds(seen: list[int]) -> list[int]:
    seen = [*seen, await NUMBERS.receive()]
    if len(seen) < 3:
        raise Continue(seen)
    return seen


async def test_a_body_that_continues_goes_on_with_the_next_message() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(rounds, [])
        for number in (1, 2, 3):
            await send(world, run_id, number)
            await send(world, run_id, number)
        assert (await world.result(run_id)).output == "[1,2,3]"
        assert await sound(world)


@task(registry=REGISTRY)
async def gives_up(sleep_s: float) -> list[int]:
    lost = NUMBERS.receive()
    index, _ = await select(lost, wait.for_(sleep_s))
    assert index == 1
    lost.cancel()
    abandoned = asyncio.create_task(_receive())
    await wait.for_(sleep_s)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    return [await NUMBERS.receive(), await NUMBERS.receive()]


async def _receive() -> int:
    return await NUMBERS.receive()


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
async def test_what_the_body_gave_up_takes_no_message(evict_after_ms: int) -> None:
    async with World(REGISTRY, evict_after_ms=evict_after_ms) as world:
        run_id = await world.trigger(gives_up, 0.01)
        await world.until_journal(run_id, "sleep", 2)
        await world.until_journal(run_id, "message", 3)
        await send(world, run_id, 1)
        await send(world, run_id, 2)
        assert (await world.result(run_id)).output == "[1,2]"
        assert await sound(world)


@task(registry=REGISTRY)
async def gives_back() -> list[int]:
    lost = NUMBERS.receive()
    await wait.for_(0.01)
    lost.cancel()
    return [await NUMBERS.receive()]


async def test_a_message_that_came_for_a_call_given_up_unseen_goes_to_the_next() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(gives_back)
        await send(world, run_id, 1)
        assert (await world.result(run_id)).output == "[1]"
        assert await sound(world)


@task(registry=REGISTRY)
async def peeks() -> list[int | None]:
    empty = await NUMBERS.peek()
    await wait.for_token("waitpoint_go")
    return [empty, await NUMBERS.peek(), await NUMBERS.receive(), await NUMBERS.peek()]


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
async def test_peeking_takes_nothing(evict_after_ms: int) -> None:
    from runcast.domain.journal import NewWait

    async with World(REGISTRY, evict_after_ms=evict_after_ms) as world:
        await world.engine.create_wait(NewWait("waitpoint_go"))
        run_id = await world.trigger(peeks)
        await world.until_journal(run_id, "message", 1)
        await send(world, run_id, 6)
        await world.engine.complete_wait("waitpoint_go", "true")
        assert (await world.result(run_id)).output == "[null,6,6,null]"


@task(registry=REGISTRY)
async def reads_a_number() -> str:
    try:
        await NUMBERS.receive()
    except InvalidInput as error:
        return str(error)
    return "no error"


async def test_a_message_of_the_wrong_type_is_refused_where_it_is_received() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(reads_a_number)
        await send(world, run_id, '"many"', key="bad")
        assert "message in inbox 'numbers'" in ((await world.result(run_id)).output or "")
