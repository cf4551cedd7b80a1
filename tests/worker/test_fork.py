"""A fork takes over what was done before a chosen entry, and does the rest itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runcast import Inbox, metadata, step, task, wait
from runcast.domain.errors import NotFound
from runcast.domain.ids import RunId, make_id
from runcast.domain.message import NewMessage
from runcast.domain.run import Run, RunStatus
from runcast.sdk.registry import Registry
from runcast.store import doctor
from tests.worker.world import World

REGISTRY = Registry()
DONE: list[str] = []
EVICT_AFTER_MS = [0, 60_000]


async def note(what: str, fails: bool = False) -> str:
    DONE.append(what)
    if fails:
        raise ValueError(what)
    return what.upper()


@task(registry=REGISTRY)
async def child(what: str) -> str:
    return await step(note)(what)


@task(registry=REGISTRY)
async def chain(word: str, last_fails: bool = False) -> str:
    metadata.increment("seen")
    first = await step(note, name="first")(f"a-{word}")
    metadata.increment("seen")
    second = await child.trigger_and_wait("b").unwrap()
    both = await asyncio.gather(step(note, name="left")("c"), step(note, name="right")("d"))
    last = await step(note, name="last")(f"e-{word}", last_fails)
    return " ".join([first, second, *both, last])


async def fork(world: World, run_id: str, from_key: str, payload: str | None = None) -> Run:
    new_id = RunId(make_id("run", at_ms=world.engine.clock.now_ms(), chance=len(DONE)))
    forked = await world.engine.fork(RunId(run_id), new_id, from_key=from_key, payload=payload)
    return await world.result(forked.id)


@pytest.mark.parametrize("evict_after_ms", EVICT_AFTER_MS)
async def test_a_fork_repeats_only_what_came_after(evict_after_ms: int) -> None:
    async with World(REGISTRY, evict_after_ms=evict_after_ms) as world:
        DONE.clear()
        first = await world.run(chain, "x")
        assert first.output == '"A-X B C D E-X"'
        DONE.clear()
        again = await fork(world, first.id, "right")
        assert again.output == first.output
        assert DONE == ["d", "e-x"]
        assert again.resumed_from == first.id
        origin = await world.engine.find_run(first.id)
        assert origin is not None
        assert origin.continued_by == again.id
        assert await world.engine.store.read(doctor.examine) == []


async def test_a_fork_builds_its_metadata_anew() -> None:
    async with World(REGISTRY) as world:
        first = await world.run(chain, "x")
        again = await fork(world, first.id, "last")
        assert (first.metadata, again.metadata) == ('{"seen":2}', '{"seen":2}')


async def test_a_fork_with_another_payload_keeps_what_was_recorded() -> None:
    async with World(REGISTRY) as world:
        DONE.clear()
        first = await world.run(chain, "x", True)
        assert first.status is RunStatus.FAILED
        DONE.clear()
        again = await fork(world, first.id, "/step:last#1", '{"word":"y"}')
        assert again.output == '"A-X B C D E-Y"'
        assert DONE == ["e-y"]


async def test_a_fork_from_the_first_entry_does_everything() -> None:
    async with World(REGISTRY) as world:
        first = await world.run(chain, "x")
        DONE.clear()
        await fork(world, first.id, "first")
        assert sorted(DONE) == ["a-x", "b", "c", "d", "e-x"]


async def test_a_fork_names_a_place_that_is_there() -> None:
    async with World(REGISTRY) as world:
        run = await world.run(twice)
        with pytest.raises(NotFound, match="no entry 'nowhere'"):
            await fork(world, run.id, "nowhere")
        with pytest.raises(NotFound, match="2 entries"):
            await fork(world, run.id, "note")
        with pytest.raises(NotFound, match="no run"):
            await fork(world, "run_000000000000000000000", "note")


@task(registry=REGISTRY)
async def twice() -> list[str]:
    return [await step(note)("a"), await step(note)("a")]


async def test_the_same_words_in_one_millisecond_are_told_apart_by_their_order() -> None:
    async with World(REGISTRY) as world:
        run = await world.run(twice)
        DONE.clear()
        await fork(world, run.id, "/step:note#2")
        assert DONE == ["a"]


@task(registry=REGISTRY)
async def converses() -> list[Any]:
    inbox = Inbox("words", type=str)
    first = await inbox.receive()
    await step(note)(first)
    return [first, await inbox.receive()]


async def test_a_fork_receives_again_what_came_after_its_place() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(converses)
        for word in ("one", "two"):
            await world.engine.send([NewMessage(run_id, "words", f'"{word}"', word)])
        first = await world.result(run_id)
        again = await fork(world, run_id, "note")
        assert again.output == first.output == '["one","two"]'
        assert await world.engine.store.read(doctor.examine) == []


@task(registry=REGISTRY)
async def waits_for_ever() -> str:
    await step(note)("before")
    await wait.for_("1h")
    return "late"


async def test_a_run_that_lives_can_be_forked_and_goes_on() -> None:
    async with World(REGISTRY) as world:
        run_id = await world.trigger(waits_for_ever)
        await world.until(run_id, RunStatus.WAITING)
        new_id = RunId(make_id("run", at_ms=world.engine.clock.now_ms(), chance=99))
        await world.engine.fork(run_id, new_id, from_key="/sleep#1")
        assert (await world.until(new_id, RunStatus.WAITING)).resumed_from == run_id
        origin = await world.engine.find_run(run_id)
        assert origin is not None
        assert (origin.status, origin.continued_by) == (RunStatus.WAITING, None)
        assert len(await world.engine.journal(new_id)) == 2
