"""Answers to reports that come late: after what the engine pushes (both in one read), or after the body went on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from runcast import Inbox, task, wait
from runcast.domain.ids import RunId
from runcast.domain.journal import EntryStatus, NewWait
from runcast.domain.message import NewMessage
from runcast.domain.run import RunStatus
from runcast.gateway import Assignment, Hello, News, Reply, Report, Stop
from runcast.sdk.registry import Registry
from runcast.store import doctor
from tests.worker.world import PATIENCE_S, World

REGISTRY = Registry()
NUMBERS = Inbox("numbers", type=int)


class Overtaken:
    """The engine for a worker that hears that a run waits only after it heard that the run goes on."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._inbox: Any = None
        self.woken = asyncio.Event()

    async def open(self, hello: Hello, inbox: Any) -> Any:
        self._inbox = inbox
        return _Session(await self._engine.open(hello, self), self.woken)

    def assign(self, assignments: Sequence[Assignment]) -> None:
        self._inbox.assign(assignments)
        if any(assignment.resume for assignment in assignments):
            self.woken.set()

    def news(self, news: Sequence[News]) -> None:
        self._inbox.news(news)

    def stop(self, stops: Sequence[Stop]) -> None:
        self._inbox.stop(stops)


class _Session:
    """A session whose answers that a run waits are late."""

    def __init__(self, session: Any, woken: asyncio.Event) -> None:
        self._session = session
        self._woken = woken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        replies: Sequence[Reply] = await self._session.report(reports)
        if any(reply.waiting for reply in replies):
            await self._woken.wait()
        return replies


class OvertakenWorld(World):
    """A world with one such worker."""

    @cached_property
    def gateway(self) -> Overtaken:
        return Overtaken(self.engine)


@task(registry=REGISTRY)
async def gives_back() -> list[int]:
    lost = NUMBERS.receive()
    await wait.for_token("waitpoint_go")
    lost.cancel()
    return [await NUMBERS.receive()]


async def test_a_message_that_overtook_the_answer_to_its_receive_can_still_be_given_back() -> None:
    async with OvertakenWorld(REGISTRY) as world:
        await world.engine.create_wait(NewWait("waitpoint_go"))
        run_id = await world.trigger(gives_back)
        await world.until(run_id, RunStatus.WAITING)
        await world.engine.send([NewMessage(RunId(run_id), "numbers", "1", "key")])
        await world.engine.complete_wait("waitpoint_go", "true")
        assert (await world.result(run_id)).output == "[1]"
        assert await world.engine.store.read(doctor.examine) == []


class Held:
    """The engine for a worker whose answer that a call was given up is late."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._session: Any = None
        self.given_up = asyncio.Event()
        self.answered = asyncio.Event()

    async def open(self, hello: Hello, inbox: Any) -> Any:
        self._session = await self._engine.open(hello, inbox)
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def report(self, reports: Sequence[Report]) -> Sequence[Reply]:
        replies: Sequence[Reply] = await self._session.report(reports)
        if any(new.entry.status is EntryStatus.FORGOTTEN for report in reports for new in report.entries):
            self.given_up.set()
            await self.answered.wait()
        return replies


class HeldWorld(World):
    """A world with one such worker."""

    @cached_property
    def gateway(self) -> Held:
        return Held(self.engine)


async def test_a_receive_that_is_asked_for_again_before_it_is_given_up_on_disk_waits_for_its_message() -> None:
    registry = Registry()
    slow, asked = asyncio.Event(), asyncio.Event()
    slow.set()

    async def receive() -> int:
        await slow.wait()
        call = NUMBERS.receive()
        asked.set()
        return await call

    async def tokens() -> None:
        await wait.for_token("waitpoint_first")
        await wait.for_token("waitpoint_second")

    @task(registry=registry)
    async def body() -> int:
        number, _ = await asyncio.gather(receive(), tokens())
        return number

    async with HeldWorld(registry) as world:
        for name in ("waitpoint_first", "waitpoint_second"):
            await world.engine.create_wait(NewWait(name))
        run_id = await world.trigger(body)
        await world.until(run_id, RunStatus.WAITING)
        await world.stop_worker()
        slow.clear()
        asked.clear()
        await world.start_worker()
        await world.engine.complete_wait("waitpoint_first", "true")
        await asyncio.wait_for(world.gateway.given_up.wait(), PATIENCE_S)
        slow.set()
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        world.gateway.answered.set()
        await world.engine.send([NewMessage(RunId(run_id), "numbers", "1", "key")])
        await world.engine.complete_wait("waitpoint_second", "true")
        run = await world.result(run_id)
        assert (run.output, run.error) == ("1", None)
        assert await world.engine.store.read(doctor.examine) == []
